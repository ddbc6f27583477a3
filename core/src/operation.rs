//! API calls as plain values, and the rules for retrying them.

use crate::body::Body;
pub use crate::envelope::{DecodeError, Envelope, RawResponse};
use crate::error::InvalidArgument;
pub use crate::spec::{AuthScheme, Replay, Spec};
pub use crate::target::Target;

mod paged;
mod plain;

pub use paged::Paged;
pub(crate) use paged::{in_app, paged};
pub(crate) use plain::plain_operation;

/// An API call as a plain value: how to build its request, and how to decode its response.
///
/// An operation is independent of hosts, credentials, sockets and retries; [`Exchange`](crate::Exchange) and
/// [`Call`](crate::machine::Call) add those. To add an operation, copy the file of a similar one: see CONTRIBUTING.md.
pub trait Operation {
    /// Type of the decoded response.
    type Output;

    /// The constant facts of the call: its name, HTTP method and so on.
    const SPEC: Spec;

    /// Returns whether the call may be repeated when it is uncertain whether it took effect. Default:
    /// [`Spec::replay`](struct@Spec).
    ///
    /// This is a method because it can depend on the arguments: creating inputs is safe to repeat if the caller chose
    /// their ids, and creates duplicates otherwise.
    fn replay(&self) -> Replay {
        Self::SPEC.replay
    }

    /// Appends the path segments and the query of the request.
    fn target(&self, target: &mut Target);

    /// Returns the request body. Default: empty.
    ///
    /// # Errors
    ///
    /// Names the argument that cannot be sent.
    fn body(&self) -> Result<Body, InvalidArgument> {
        Ok(Body::empty())
    }

    /// Decodes the response. Called only for responses that the service reports as a success or, if the spec is
    /// [`partial`](Spec::partial), as "mixed" or "failure".
    ///
    /// # Errors
    ///
    /// Names the place in the response that cannot be decoded.
    fn decode(&self, answer: &Envelope) -> Result<Self::Output, DecodeError>;

    /// Converts the operation into one that sends the same request and returns the raw JSON of the response.
    fn raw(self) -> Raw<Self>
    where
        Self: Sized,
    {
        Raw(self)
    }
}

/// Forwards the request of an operation to another one: `SPEC`, `target`, `body`, and the methods named after the
/// semicolon.
///
/// For operations that wrap another one and change what is decoded, or how often it may be repeated. All of them use
/// this macro, so that none of them forgets a part of the trait.
///
/// ```
/// use clarifai_core::operation::{DecodeError, Envelope};
/// use clarifai_core::{Operation, forward_operation};
///
/// /// The HTTP status of an operation's response.
/// struct StatusOf<O>(O);
///
/// impl<O: Operation> Operation for StatusOf<O> {
///     type Output = u16;
///
///     forward_operation!(O, |this| &this.0; replay);
///
///     fn decode(&self, response: &Envelope) -> Result<u16, DecodeError> {
///         Ok(response.http_status())
///     }
/// }
/// ```
#[macro_export]
macro_rules! forward_operation {
    ($inner:ty, |$this:ident| $to:expr; $($method:ident),*) => {
        const SPEC: $crate::operation::Spec = <$inner as $crate::Operation>::SPEC;

        $crate::forward_operation!(@target $inner, $this, $to);
        $crate::forward_operation!(@body $inner, $this, $to);
        $($crate::forward_operation!(@$method $inner, $this, $to);)*
    };
    (@replay $inner:ty, $this:ident, $to:expr) => {
        fn replay(&self) -> $crate::operation::Replay {
            let $this = self;
            <$inner as $crate::Operation>::replay($to)
        }
    };
    (@target $inner:ty, $this:ident, $to:expr) => {
        fn target(&self, target: &mut $crate::operation::Target) {
            let $this = self;
            <$inner as $crate::Operation>::target($to, target);
        }
    };
    (@body $inner:ty, $this:ident, $to:expr) => {
        fn body(&self) -> Result<$crate::transport::Body, $crate::error::InvalidArgument> {
            let $this = self;
            <$inner as $crate::Operation>::body($to)
        }
    };
    (@decode $inner:ty, $this:ident, $to:expr) => {
        fn decode(
            &self,
            response: &$crate::operation::Envelope,
        ) -> Result<Self::Output, $crate::operation::DecodeError> {
            let $this = self;
            <$inner as $crate::Operation>::decode($to, response)
        }
    };
}

impl<O: Operation> Operation for &O {
    type Output = O::Output;

    forward_operation!(O, |this| *this; replay, decode);
}

/// An operation that returns the raw JSON of the response: see [`Operation::raw`].
#[derive(Clone, Copy, Debug)]
pub struct Raw<O>(O);

impl<O: Operation> Operation for Raw<O> {
    type Output = RawResponse;

    forward_operation!(O, |this| &this.0; replay);

    fn decode(&self, answer: &Envelope) -> Result<RawResponse, DecodeError> {
        answer.raw()
    }
}
