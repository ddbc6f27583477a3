//! The inputs of an application: by id, and found quickly by age and by address.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize, Serializer};

use crate::state::input::Input;

/// All inputs of an application. Saved as the map by id; the rest follows from it.
#[derive(Debug, Default, Deserialize)]
#[serde(from = "BTreeMap<String, Input>")]
pub(crate) struct Inputs {
    by_id: BTreeMap<String, Input>,
    by_age: BTreeSet<(u64, String)>,
    by_url: BTreeMap<String, BTreeSet<String>>,
    /// When the first of those that are deleted is gone.
    due: Option<Duration>,
}

impl Inputs {
    pub(crate) fn get(&self, id: &str) -> Option<&Input> {
        self.by_id.get(id)
    }

    pub(crate) fn contains(&self, id: &str) -> bool {
        self.by_id.contains_key(id)
    }

    /// In the order of their ids.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Input> {
        self.by_id.values()
    }

    /// The newest first.
    pub(crate) fn newest(&self) -> impl Iterator<Item = &Input> {
        self.newest_ids().filter_map(|id| self.by_id.get(id))
    }

    /// Their ids, those of the newest first.
    pub(crate) fn newest_ids(&self) -> impl Iterator<Item = &str> {
        self.by_age.iter().rev().map(|(_, id)| id.as_str())
    }

    /// Those with this address, in the order of their ids.
    pub(crate) fn with_url(&self, url: &str) -> impl Iterator<Item = &Input> {
        self.by_url.get(url).into_iter().flatten().filter_map(|id| self.by_id.get(id))
    }

    /// Adds an input, or puts it into the place of the one with its id.
    pub(crate) fn insert(&mut self, input: Input) {
        if let Some(old) = self.by_id.remove(&input.id) {
            self.forget(&old);
        }
        self.by_age.insert((input.serial, input.id.clone()));
        if let Some(url) = input.url() {
            self.by_url.entry(url.to_owned()).or_default().insert(input.id.clone());
        }
        self.due = [self.due, input.gone].into_iter().flatten().min();
        self.by_id.insert(input.id.clone(), input);
    }

    /// Lets an input be gone from `gone` on. Answers whether it is there and was not deleted already.
    pub(crate) fn delete(&mut self, id: &str, gone: Duration) -> bool {
        let Some(input) = self.by_id.get_mut(id).filter(|input| input.gone.is_none()) else { return false };
        input.gone = Some(gone);
        self.due = Some(self.due.map_or(gone, |due| due.min(gone)));
        true
    }

    /// Lets go of what is deleted by now.
    pub(crate) fn settle(&mut self, now: Duration) {
        if self.due.is_none_or(|due| due > now) {
            return;
        }
        let is_gone = |input: &Input| input.gone.is_some_and(|gone| gone <= now);
        let gone: Vec<_> = self.iter().filter(|input| is_gone(input)).map(|input| input.id.clone()).collect();
        for id in gone {
            if let Some(input) = self.by_id.remove(&id) {
                self.forget(&input);
            }
        }
        self.due = self.iter().filter_map(|input| input.gone).min();
    }

    /// Does something to each that touches neither its id, its age, its address nor its end.
    pub(crate) fn for_each_mut(&mut self, touch: impl FnMut(&mut Input)) {
        self.by_id.values_mut().for_each(touch);
    }

    fn forget(&mut self, old: &Input) {
        self.by_age.remove(&(old.serial, old.id.clone()));
        let Some(url) = old.url() else { return };
        if let Some(ids) = self.by_url.get_mut(url) {
            ids.remove(&old.id);
            if ids.is_empty() {
                self.by_url.remove(url);
            }
        }
    }
}

impl From<BTreeMap<String, Input>> for Inputs {
    fn from(by_id: BTreeMap<String, Input>) -> Self {
        let mut inputs = Self::default();
        for input in by_id.into_values() {
            inputs.insert(input);
        }
        inputs
    }
}

impl Serialize for Inputs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.by_id.serialize(serializer)
    }
}
