//! [`StreamOperation`]: API calls whose response arrives item by item.

use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Replay, Spec, Target};
use crate::stream::Element;

/// An API call whose response can arrive item by item: how to ask for that, and how to decode an item.
///
/// The same operation value serves both: `client.call(operation)` returns the whole response,
/// `client.stream(operation)` returns its items as they arrive.
pub trait StreamOperation: Operation {
    /// Type of an item.
    type Item;

    /// Appends the path segments and the query of the request for a stream. Default: as for the whole response.
    fn stream_target(&self, target: &mut Target) {
        self.target(target);
    }

    /// Returns the body of the request for a stream. Default: as for the whole response.
    ///
    /// # Errors
    ///
    /// Names the argument that cannot be sent.
    fn stream_body(&self) -> Result<Body, InvalidArgument> {
        self.body()
    }

    /// Returns the part of an element that contains the item or the error. Default: all of it.
    fn payload<'a>(&self, json: &'a [u8]) -> &'a [u8] {
        json
    }

    /// Decodes an item. `None` if the element is not an item: then it is an error of the service, or invalid.
    ///
    /// # Errors
    ///
    /// Names the place in the element that cannot be decoded.
    fn item(&self, element: &Element<'_>) -> Result<Option<Self::Item>, DecodeError>;

    /// Returns whether the stream may end after this item without the event `[DONE]`. Default: no.
    fn is_last(&self, item: &Self::Item) -> bool {
        let _ = item;
        false
    }
}

/// The operation that opens a stream: it succeeds when the first item has arrived.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Open<O>(pub(crate) O);

impl<O: StreamOperation> Operation for Open<O> {
    type Output = ();
    const SPEC: Spec = O::SPEC;

    fn replay(&self) -> Replay {
        self.0.replay()
    }

    fn target(&self, target: &mut Target) {
        self.0.stream_target(target);
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        self.0.stream_body()
    }

    /// Accepts the empty body that stands for a first item. Anything else is an element that is not an item.
    fn decode(&self, response: &Envelope) -> Result<(), DecodeError> {
        if response.body().is_empty() {
            return Ok(());
        }
        self.0.item(&Element::new(response.body()))?;
        Err(DecodeError::new("", "it is not an element of this stream"))
    }
}
