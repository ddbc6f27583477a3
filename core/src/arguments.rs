//! Checks of arguments that several operations share.

use serde_json::json;

use crate::body::Body;
use crate::error::InvalidArgument;
use crate::target::check_id;

/// The maximum number of inputs, concepts or IDs in one call.
pub const MAX_INPUTS: usize = 128;

/// Accepts as many items as one call takes: 1 to 128.
pub(crate) fn check_count(argument: &'static str, count: usize) -> Result<(), InvalidArgument> {
    match count {
        0 => Err(InvalidArgument::new(argument, "must not be empty")),
        1..=MAX_INPUTS => Ok(()),
        _ => Err(InvalidArgument::new(argument, format!("are {count}, a call takes at most {MAX_INPUTS}"))),
    }
}

/// Maximum length of the id of an input or a dataset, in characters. The service refuses longer ones.
pub const MAX_INPUT_ID_CHARS: usize = 48;

/// Checks an id that the service stores an input or an annotation under: 1 to 48 characters.
pub(crate) fn check_stored_id(argument: &'static str, id: &str) -> Result<(), InvalidArgument> {
    check_id(argument, id)?;
    match id.chars().count() {
        0..=MAX_INPUT_ID_CHARS => Ok(()),
        count => Err(InvalidArgument::new(
            argument,
            format!("has {count} characters, at most {MAX_INPUT_ID_CHARS} are accepted"),
        )),
    }
}

/// Checks an id that can be one of a dataset: 1 to 48 letters, digits, `-`, `_` and `.`.
pub(crate) fn check_dataset_id(argument: &'static str, id: &str) -> Result<(), InvalidArgument> {
    check_stored_id(argument, id)?;
    match id.chars().find(|character| !character.is_alphanumeric() && !matches!(character, '-' | '_' | '.')) {
        None => Ok(()),
        Some(character) => Err(InvalidArgument::new(
            argument,
            format!("contains {character:?}; letters, digits, `-`, `_` and `.` are accepted"),
        )),
    }
}

/// Checks a list of ids to send in a body: 1 to 128 ids.
pub(crate) fn check_ids(list: &'static str, ids: &[String]) -> Result<(), InvalidArgument> {
    check_count(list, ids.len())?;
    ids.iter().enumerate().try_for_each(|(index, id)| check_id("id", id).map_err(|invalid| invalid.at(list, index)))
}

/// Which things a call deletes.
#[derive(Clone, Debug)]
pub(crate) enum Which {
    Ids(Vec<String>),
    All,
}

impl Which {
    pub(crate) fn ids(ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::Ids(ids.into_iter().map(Into::into).collect())
    }

    /// Returns the body of the call. Rejects an empty list, whose meaning to the service is unknown, too many ids, and
    /// invalid ids.
    pub(crate) fn body(&self) -> Result<Body, InvalidArgument> {
        let Self::Ids(ids) = self else { return Body::json(&json!({"delete_all": true})) };
        check_count("ids", ids.len())?;
        for (index, id) in ids.iter().enumerate() {
            check_id("id", id).map_err(|invalid| invalid.at("ids", index))?;
        }
        Body::json(&json!({"ids": ids}))
    }
}
