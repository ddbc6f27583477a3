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
