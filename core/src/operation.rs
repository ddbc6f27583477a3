//! API calls as plain values, and the rules for retrying them.

use crate::body::Body;
pub use crate::envelope::{DecodeError, Envelope, RawResponse};
use crate::error::{Error, InvalidArgument};
pub use crate::raw::{AddRaw, WithRaw};
pub use crate::spec::{AuthScheme, Replay, Spec};
pub use crate::target::Target;

mod batched;
mod keep_raw;
mod paged;
mod plain;

pub use batched::Batched;
pub use keep_raw::KeepRaw;
pub(crate) use keep_raw::KeepRawIf;
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
    /// the value of the [`Spec`].
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

    /// Returns the error of a response that consists only of failed items. Default: `None`, for responses without
    /// items.
    ///
    /// The call then ends with this error instead of the output, unless the caller asked for it [by
    /// item](Self::by_item).
    fn total_failure(&self, output: &Self::Output) -> Option<Error> {
        let _ = output;
        None
    }

    /// Converts the operation into one whose call succeeds even if every item of the batch failed.
    ///
    /// For code that treats each item by itself. Without it, a call of which nothing succeeded is an error with the
    /// reasons of all items, so that `?` is enough to notice it.
    ///
    /// ```
    /// use clarifai_core::{Config, Credentials, Exchange, Operation, models::Predict};
    ///
    /// let config = Config::new(Credentials::key("0123456789abcdef")?);
    /// let predict = Predict::new("m").image_url("https://example.com/missing.jpg");
    /// let body = r#"{"status": {"code": 10020}, "outputs": [{"status": {"code": 30002, "description": "Download failed"}}]}"#;
    ///
    /// let error = Exchange::new(&config, &predict)?.parse(http::Response::new(body)).unwrap_err();
    /// assert_eq!(error.api_code(), Some(30002), "the reason of the first item: {error}");
    ///
    /// let batch = Exchange::new(&config, predict.by_item())?.parse(http::Response::new(body))?;
    /// assert_eq!(batch.failures().count(), 1);
    /// # Ok::<(), clarifai_core::Error>(())
    /// ```
    fn by_item(self) -> ByItem<Self>
    where
        Self: Sized,
    {
        ByItem(self)
    }

    /// Converts the operation into one that sends the same request and returns the raw JSON of the response.
    fn raw(self) -> Raw<Self>
    where
        Self: Sized,
    {
        Raw(self)
    }

    /// Converts the operation into one that returns each record as a [`WithRaw`]: the typed value and its JSON, with
    /// all members and all digits. Both come from one reading of the response.
    ///
    /// ```
    /// use clarifai_core::{Config, Credentials, Exchange, Operation, concepts::ListConcepts};
    ///
    /// let config = Config::new(Credentials::key("0123456789abcdef")?);
    /// let exchange = Exchange::new(&config, ListConcepts::new().with_raw())?;
    /// let concepts = exchange.parse(http::Response::new(
    ///     r#"{"status": {"code": 10000}, "concepts": [{"id": "cat", "value": 0.9000000000000000000001}]}"#,
    /// ))?;
    /// assert_eq!(concepts[0].value.id, "cat");
    /// assert_eq!(concepts[0].json.get(), r#"{"id": "cat", "value": 0.9000000000000000000001}"#);
    /// # Ok::<(), clarifai_core::Error>(())
    /// ```
    fn with_raw(self) -> KeepRaw<Self>
    where
        Self: Sized,
        Self::Output: AddRaw,
    {
        KeepRaw(self)
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
    (@total_failure $inner:ty, $this:ident, $to:expr) => {
        fn total_failure(&self, output: &Self::Output) -> Option<$crate::Error> {
            let $this = self;
            <$inner as $crate::Operation>::total_failure($to, output)
        }
    };
}

impl<O: Operation> Operation for &O {
    type Output = O::Output;

    forward_operation!(O, |this| *this; replay, decode, total_failure);
}

/// An operation whose call succeeds even if every item of the batch failed: see [`Operation::by_item`].
#[derive(Clone, Copy, Debug)]
pub struct ByItem<O>(O);

impl<O: Operation> Operation for ByItem<O> {
    type Output = O::Output;

    // Without `total_failure`: that is its purpose.
    forward_operation!(O, |this| &this.0; replay, decode);
}

impl<O: Operation<Output: AddRaw>> ByItem<O> {
    /// Returns each item together with its JSON: the same as [`Operation::with_raw`], whichever of the two is called
    /// first.
    pub fn with_raw(self) -> ByItem<KeepRaw<O>> {
        ByItem(KeepRaw(self.0))
    }
}

/// An operation that returns the raw JSON of the response: see [`Operation::raw`].
#[derive(Clone, Copy, Debug)]
pub struct Raw<O>(O);

impl<O: Operation> Operation for Raw<O> {
    type Output = RawResponse;

    forward_operation!(O, |this| &this.0; replay);

    fn decode(&self, answer: &Envelope) -> Result<RawResponse, DecodeError> {
        if O::SPEC.status { answer.raw() } else { answer.raw_without_status() }
    }
}
