//! Lists that were not read completely.

use thiserror::Error as ThisError;

/// A list that was read page by page and may be incomplete. The items that were read were returned before this error.
#[derive(Clone, Debug, ThisError)]
#[error("the list {problem} (page {page}, {read} items read)")]
#[non_exhaustive]
pub struct IncompleteList {
    /// The problem that was detected.
    pub problem: ListProblem,
    /// Number of distinct items that were read.
    pub read: u64,
    /// Number of the page where reading ended.
    pub page: u32,
}

/// A problem that was detected while a list was being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ThisError)]
#[non_exhaustive]
pub enum ListProblem {
    /// Items appeared again on a later page: other items were inserted before them while the list was being read.
    #[error(
        "changed while it was being read: {repeated} items appeared twice and were skipped, so others may be missing"
    )]
    Changed {
        /// Number of items that appeared again.
        repeated: u64,
    },
    /// The list ended before the expected number of items.
    #[error("ended early: {expected} items were expected")]
    Short {
        /// Expected number of items.
        expected: u64,
    },
    /// The service refuses pages that are this deep in the list. Narrow the search, or for inputs read the list of
    /// [`StreamInputs`](crate::inputs::StreamInputs), which has no limit.
    #[error("has more pages than the service returns")]
    Ceiling,
    /// Several pages in a row contained no new item.
    #[error("repeats itself: the service returns the same items for different pages")]
    Looping,
}
