//! Operations on a list of items, each with its own outcome.

use super::Operation;
use crate::batch::{Batch, Item};
use crate::error::InvalidArgument;

/// An operation on a list of items, each with its own outcome, of which one request takes at most 128.
///
/// [`SendMany`](crate::bulk::SendMany) runs such an operation for any number of items.
pub trait Batched: Operation<Output = Batch<Self::Response>> + Clone {
    /// Type of the items to send.
    type Item: Clone;

    /// Type of the items in the response.
    type Response: Item;

    /// Returns the same operation for other items.
    fn with_items(&self, items: Vec<Self::Item>) -> Self;

    /// Checks that an item can be sent.
    ///
    /// # Errors
    ///
    /// Names the argument that cannot be sent.
    fn check(&self, item: &Self::Item) -> Result<(), InvalidArgument>;

    /// Returns the id that identifies an item in the report, if it has one.
    fn item_id(item: &Self::Item) -> Option<&str>;
}
