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
    /// Serial and id, the oldest first. In one run, so that a page far down is found at once.
    by_age: Vec<(u64, String)>,
    by_url: BTreeMap<String, BTreeSet<String>>,
    /// When the first of those that are deleted is gone, or before.
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
        self.newest_ids().filter_map(|(_, id)| self.by_id.get(id))
    }

    /// Serial and id, those of the newest first. Skipping costs nothing.
    pub(crate) fn newest_ids(&self) -> std::iter::Rev<std::slice::Iter<'_, (u64, String)>> {
        self.by_age.iter().rev()
    }

    /// Those with this address, in the order of their ids.
    pub(crate) fn with_url(&self, url: &str) -> impl Iterator<Item = &Input> {
        self.by_url.get(url).into_iter().flatten().filter_map(|id| self.by_id.get(id))
    }

    /// Adds an input, or puts it into the place of the one with its id.
    pub(crate) fn insert(&mut self, input: Input) {
        if let Some(old) = self.by_id.remove(&input.id) {
            self.forget_url(&old);
            if let Ok(place) = self.by_age.binary_search(&(old.serial, old.id)) {
                self.by_age.remove(place);
            }
        }
        let age = (input.serial, input.id.clone());
        if let Err(place) = self.by_age.binary_search(&age) {
            self.by_age.insert(place, age);
        }
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
                self.forget_url(&input);
            }
        }
        self.by_age.retain(|(_, id)| self.by_id.contains_key(id));
        self.due = self.iter().filter_map(|input| input.gone).min();
    }

    /// Does something to each that touches neither its id, its age, its address nor its end.
    pub(crate) fn for_each_mut(&mut self, touch: impl FnMut(&mut Input)) {
        self.by_id.values_mut().for_each(touch);
    }

    fn forget_url(&mut self, old: &Input) {
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
        let mut all: Vec<_> = by_id.into_values().collect();
        all.sort_by_key(|input| input.serial);
        for input in all {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn input(serial: u64, id: u64, url: u64) -> Input {
        let saved = json!({"id": format!("{id}"), "serial": serial, "data": {"image": {"url": format!("https://h/{url}")}},
            "concepts": [], "corrections": {}, "created": Duration::ZERO, "modified": Duration::ZERO,
            "ready": Duration::ZERO, "failure": null, "gone": null, "bytes": ""});
        serde_json::from_value(saved).expect("an input")
    }

    /// Whatever is added, put into another's place and deleted: what is found is what looking at all finds.
    #[test]
    fn what_is_found_is_what_looking_at_all_finds() {
        let mut inputs = Inputs::default();
        let mut random = 1_u64;
        let mut next = |end| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (random >> 33) % end
        };
        for time in 0..2000 {
            let now = Duration::from_secs(time);
            match next(3) {
                0 => drop(inputs.delete(&next(20).to_string(), now + Duration::from_secs(next(9)))),
                _ => inputs.insert(input(time, next(20), next(5))),
            }
            inputs.settle(now);
            assert!(inputs.iter().all(|input| input.gone.is_none_or(|gone| gone > now)), "nothing stays too long");
            let mut sorted: Vec<_> = inputs.iter().collect();
            sorted.sort_by_key(|input| std::cmp::Reverse(input.serial));
            let ids = |inputs: &[&Input]| inputs.iter().map(|input| input.id.clone()).collect::<Vec<_>>();
            assert_eq!(ids(&inputs.newest().collect::<Vec<_>>()), ids(&sorted));
            for url in (0..5).map(|url| format!("https://h/{url}")) {
                let found: Vec<_> = inputs.with_url(&url).collect();
                let all: Vec<_> = inputs.iter().filter(|input| input.url() == Some(&url)).collect();
                assert_eq!(ids(&found), ids(&all));
            }
            let saved = serde_json::to_value(&inputs).expect("JSON");
            let again: Inputs = serde_json::from_value(saved).expect("inputs");
            // An input that took the place of one that was to go leaves the date: it is looked for once in vain.
            assert!(again.due.is_none_or(|due| inputs.due.is_some_and(|known| known <= due)));
        }
    }
}
