//! Calls that were handed out and have not come back.

use std::collections::BTreeMap;

use super::plan::Planned;

/// The place of an input among all, and its id.
type Named = (u64, Option<String>);

/// The calls of one piece of work that are under way, by their numbers, and the inputs of each.
#[derive(Debug, Default)]
pub(super) struct UnderWay {
    calls: BTreeMap<u64, Vec<Named>>,
    begun: u64,
}

impl UnderWay {
    /// Notes a call with these inputs and gives its number.
    pub(super) fn begin(&mut self, inputs: &[Planned]) -> u64 {
        self.begun += 1;
        let named = inputs.iter().map(|planned| (planned.index, planned.input.id().map(str::to_owned)));
        self.calls.insert(self.begun, named.collect());
        self.begun
    }

    /// Strikes a call off. `false` where it is none of these, but of other work or recorded before.
    pub(super) fn end(&mut self, number: u64, indexes: impl Iterator<Item = u64>) -> bool {
        let is_ours = self.calls.get(&number).is_some_and(|inputs| inputs.iter().map(|(index, _)| *index).eq(indexes));
        is_ours && self.calls.remove(&number).is_some()
    }

    /// How many inputs are under way.
    pub(super) fn inputs(&self) -> u64 {
        self.calls.values().map(|inputs| inputs.len() as u64).sum()
    }

    /// How many calls were begun.
    pub(super) fn begun(&self) -> u64 {
        self.begun
    }

    /// The inputs that never came back.
    pub(super) fn take(&mut self) -> impl Iterator<Item = Named> + use<> {
        std::mem::take(&mut self.calls).into_values().flatten()
    }
}
