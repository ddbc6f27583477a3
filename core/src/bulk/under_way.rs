//! Tasks that were started and whose results are not recorded yet.

use std::collections::BTreeMap;

use super::plan::Planned;

/// Index and id of an input.
pub(super) type Named = (u64, Option<String>);

/// The tasks of one bulk work that are in flight, by their numbers, with the inputs of each.
#[derive(Debug, Default)]
pub(super) struct UnderWay {
    calls: BTreeMap<u64, Vec<Named>>,
    begun: u64,
}

impl UnderWay {
    /// Adds a task with these inputs and returns its number.
    pub(super) fn begin(&mut self, inputs: &[Planned]) -> u64 {
        let named = inputs.iter().map(|planned| (planned.index, planned.input.get_id().map(str::to_owned)));
        self.begin_named(named.collect())
    }

    /// Adds a task with these items and returns its number.
    pub(super) fn begin_named(&mut self, items: Vec<Named>) -> u64 {
        self.begun += 1;
        self.calls.insert(self.begun, items);
        self.begun
    }

    /// Removes a task. Returns `false` if it belongs to other bulk work or was recorded before.
    pub(super) fn end(&mut self, number: u64, indexes: impl Iterator<Item = u64>) -> bool {
        // Tasks of other bulk work can have the same number, so the inputs must match too.
        let is_ours = self.calls.get(&number).is_some_and(|inputs| inputs.iter().map(|(index, _)| *index).eq(indexes));
        is_ours && self.calls.remove(&number).is_some()
    }

    /// Returns the number of inputs in flight.
    pub(super) fn inputs(&self) -> u64 {
        self.calls.values().map(|inputs| inputs.len() as u64).sum()
    }

    /// Returns the number of tasks started so far.
    pub(super) fn begun(&self) -> u64 {
        self.begun
    }

    /// Removes all tasks and returns their inputs.
    pub(super) fn take(&mut self) -> impl Iterator<Item = Named> + use<> {
        std::mem::take(&mut self.calls).into_values().flatten()
    }
}
