//! Items that failed in a call that succeeded.

use std::fmt;

use super::text::{EXCERPT_BYTES, StatusText, clean};
use crate::types::Status;

/// The items of a call that failed. The other items succeeded.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ItemFailures {
    /// Failed items, in the order of the request.
    pub failures: Vec<ItemFailure>,
    /// Number of items in the call, failed or not.
    pub total: usize,
    /// The service's id of the request.
    pub request_id: Option<String>,
}

/// An item that failed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ItemFailure {
    /// Position in the request, counted from 0.
    pub index: usize,
    /// Id of the item. Empty if it has none.
    pub id: String,
    /// Status of the item, which contains the reason.
    pub status: Box<Status>,
}

impl fmt::Display for ItemFailures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 3;
        write!(f, "{} of {} items failed", self.failures.len(), self.total)?;
        for (place, failure) in self.failures.iter().take(SHOWN).enumerate() {
            write!(f, "{} {failure}", if place == 0 { ":" } else { "," })?;
        }
        if self.failures.len() > SHOWN {
            write!(f, ", and {} more", self.failures.len() - SHOWN)?;
        }
        Ok(())
    }
}

impl std::error::Error for ItemFailures {}

impl fmt::Display for ItemFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "item {} ", self.index)?;
        if !self.id.is_empty() {
            write!(f, "`{}` ", clean(&self.id, 64))?;
        }
        write!(f, "{}", StatusText(&self.status, EXCERPT_BYTES / 2))
    }
}
