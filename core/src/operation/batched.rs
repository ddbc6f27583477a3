//! Operations on a list of items, each with its own outcome.

use super::Operation;
use crate::batch::{Batch, Item};
use crate::error::{Error, InvalidArgument};

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

    /// Checks that an item can be sent, and returns its size.
    ///
    /// # Errors
    ///
    /// Names the argument that cannot be sent.
    fn measure(&self, item: &Self::Item) -> Result<ItemSize, InvalidArgument>;

    /// Returns the id that identifies an item in the report, if it has one.
    fn item_id(item: &Self::Item) -> Option<&str>;

    /// Returns whether a request with other items fails with the same error, for example because the model does not
    /// exist. Errors that end any work, such as rejected credentials, need not be listed. Default: `false`.
    fn fails_all(&self, error: &Error) -> bool {
        let _ = error;
        false
    }
}

/// The size of an item of a [`Batched`] operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ItemSize {
    /// Size in the request body, in bytes.
    pub bytes: u64,
    /// Size of the image before base64 encoding, in bytes; 0 unless the item is an image with bytes.
    pub image_bytes: u64,
    /// Whether the item must be sent without others, as a video must.
    pub is_alone: bool,
}

impl ItemSize {
    /// Creates the size of an item that takes this number of bytes in the request body.
    pub fn new(bytes: u64) -> Self {
        Self { bytes, ..Self::default() }
    }
}
