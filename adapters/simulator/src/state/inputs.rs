//! The inputs of an application, indexed by id, age and URL.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize, Serializer};

use crate::state::input::Input;

/// All inputs of an application. Saved as the map by id; the other indexes are rebuilt from it.
#[derive(Debug, Default, Deserialize)]
#[serde(from = "BTreeMap<String, Input>")]
pub(crate) struct Inputs {
    by_id: BTreeMap<String, Input>,
    /// Serial and id, oldest first. A vector, because skipping to a late page takes constant time in it.
    by_age: Vec<(u64, String)>,
    by_url: BTreeMap<String, BTreeSet<String>>,
    /// Lower bound of the time at which the next deleted input disappears; `None` if nothing is deleted.
    due: Option<Duration>,
}

impl Inputs {
    pub(crate) fn get(&self, id: &str) -> Option<&Input> {
        self.by_id.get(id)
    }

    pub(crate) fn contains(&self, id: &str) -> bool {
        self.by_id.contains_key(id)
    }

    /// Returns the inputs in the order of their ids.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Input> {
        self.by_id.values()
    }

    /// Returns the inputs, newest first.
    pub(crate) fn newest(&self) -> impl Iterator<Item = &Input> {
        self.newest_ids().filter_map(|(_, id)| self.by_id.get(id))
    }

    /// Returns serials and ids, newest first. Skipping takes constant time.
    pub(crate) fn newest_ids(&self) -> std::iter::Rev<std::slice::Iter<'_, (u64, String)>> {
        self.by_age.iter().rev()
    }

    /// Returns the inputs with this URL, in the order of their ids.
    pub(crate) fn with_url(&self, url: &str) -> impl Iterator<Item = &Input> {
        self.by_url.get(url).into_iter().flatten().filter_map(|id| self.by_id.get(id))
    }

    /// Adds an input, or replaces the one with its id.
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

    /// Deletes an input; it disappears at `gone`. Returns whether it exists and was not deleted before.
    pub(crate) fn delete(&mut self, id: &str, gone: Duration) -> bool {
        let Some(input) = self.by_id.get_mut(id).filter(|input| input.gone.is_none()) else { return false };
        input.gone = Some(gone);
        self.due = Some(self.due.map_or(gone, |due| due.min(gone)));
        true
    }

    /// Removes the inputs whose deletion is due. Returns whether some may have been removed.
    pub(crate) fn remove_expired(&mut self, now: Duration) -> bool {
        if self.due.is_none_or(|due| due > now) {
            return false;
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
        true
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
        let data = json!({"image": {"url": format!("https://h/{url}")}});
        let saved = json!({"id": format!("{id}"), "serial": serial, "data": data,
            "concepts": [], "corrections": {}, "created": Duration::ZERO, "modified": Duration::ZERO,
            "ready": Duration::ZERO, "failure": null, "gone": null, "bytes": ""});
        serde_json::from_value(saved).expect("an input")
    }

    /// After random insertions, replacements and deletions, each index finds what a full scan finds.
    #[test]
    fn indexes_agree_with_a_full_scan() {
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
            inputs.remove_expired(now);
            assert!(
                inputs.iter().all(|input| input.gone.is_none_or(|gone| gone > now)),
                "deleted inputs disappear in time"
            );
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
            let restored: Inputs = serde_json::from_value(saved).expect("inputs");
            // Replacing a deleted input keeps the old time in `due`: it is a lower bound, and one scan finds nothing.
            assert!(restored.due.is_none_or(|due| inputs.due.is_some_and(|known| known <= due)));
        }
    }
}
