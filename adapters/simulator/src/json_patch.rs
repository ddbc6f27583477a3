//! The actions of patches, and what they do to JSON.

use serde_json::Value;

use crate::response::Refusal;

/// How a patch combines the given values with the stored ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Merge,
    Overwrite,
    Remove,
}

impl Action {
    /// Reads the member `action` of a body. `invalid` makes the error for an unknown one.
    pub(crate) fn read(body: &Value, invalid: impl Fn(String) -> Refusal) -> Result<Self, Refusal> {
        match body["action"].as_str() {
            None | Some("merge") => Ok(Self::Merge),
            Some("overwrite") => Ok(Self::Overwrite),
            Some("remove") => Ok(Self::Remove),
            Some(other) => Err(invalid(format!("'{other}' is not a valid action."))),
        }
    }
}

/// Merges objects member by member and lists item by item: an item whose `id` is in the list is merged with it, any
/// other is appended. Replaces all other values.
pub(crate) fn merge(kept: &mut Value, new: &Value) {
    match (kept, new) {
        (Value::Object(kept), Value::Object(new)) => {
            for (key, new) in new {
                merge(kept.entry(key).or_insert(Value::Null), new);
            }
        }
        (Value::Array(kept), Value::Array(new)) => {
            for item in new {
                let same = |other: &&mut Value| item.get("id").is_some_and(|id| other.get("id") == Some(id));
                match kept.iter_mut().find(same) {
                    Some(known) => merge(known, item),
                    None => kept.push(item.clone()),
                }
            }
        }
        (kept, new) => *kept = new.clone(),
    }
}

/// Removes the named members of objects, and the items of lists that have the same id or, without an id, are equal.
pub(crate) fn remove(kept: &mut Value, named: &Value) {
    match (kept, named) {
        (Value::Object(kept), Value::Object(named)) => {
            for (key, named) in named {
                match kept.get_mut(key) {
                    Some(inner) if inner.is_object() && named.as_object().is_some_and(|named| !named.is_empty()) => {
                        remove(inner, named);
                    }
                    _ => {
                        kept.remove(key);
                    }
                }
            }
        }
        (Value::Array(kept), Value::Array(named)) => kept.retain(|item| {
            let same = |other: &Value| match other.get("id") {
                Some(id) => item.get("id") == Some(id),
                None => item == other,
            };
            !named.iter().any(same)
        }),
        _ => {}
    }
}
