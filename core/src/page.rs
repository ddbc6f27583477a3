//! The page of a list to fetch.

use serde::Serialize;

use crate::error::InvalidArgument;

/// Maximum number of items per page.
pub const MAX_PER_PAGE: u32 = 1000;

/// The page of a list to fetch: its number, counted from 1, and the number of items per page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Page {
    /// Number of the page, counted from 1. Default: 1.
    #[serde(rename = "page")]
    pub number: u32,
    /// Number of items per page, 1 to [`MAX_PER_PAGE`]. Default: 20.
    #[serde(rename = "per_page")]
    pub size: u32,
}

impl Page {
    /// Creates a page from its number and size. Both are checked when a request is built.
    pub const fn new(number: u32, size: u32) -> Self {
        Self { number, size }
    }

    /// Checks the number and the size.
    pub(crate) fn check(self) -> Result<(), InvalidArgument> {
        if self.number == 0 {
            return Err(InvalidArgument::new("page", "is 0, pages are counted from 1"));
        }
        if !(1..=MAX_PER_PAGE).contains(&self.size) {
            return Err(InvalidArgument::new(
                "page size",
                format!("is {}, 1 to {MAX_PER_PAGE} are accepted", self.size),
            ));
        }
        Ok(())
    }
}

impl Default for Page {
    fn default() -> Self {
        Self { number: 1, size: 20 }
    }
}
