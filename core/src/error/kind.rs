//! The kinds of failure.

use thiserror::Error as ThisError;

use super::{
    AmbiguousName, ApiError, BrokenStream, IncompleteList, InvalidArgument, InvalidResponse, ItemFailures, Misuse,
    NoSuchModel, TransportError, WaitError,
};

/// The kind of a failure, with its details.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument is not valid. Nothing was sent.
    #[error(transparent)]
    InvalidArgument(InvalidArgument),
    /// The service, or a server in front of it, refused the call.
    #[error(transparent)]
    Api(ApiError),
    /// A response arrived, but it cannot be decoded.
    #[error(transparent)]
    InvalidResponse(InvalidResponse),
    /// The request could not be sent, or its response not received.
    #[error(transparent)]
    Transport(TransportError),
    /// The call succeeded, but some of its items failed.
    #[error(transparent)]
    Items(ItemFailures),
    /// There is no model with the given name.
    #[error(transparent)]
    NoSuchModel(NoSuchModel),
    /// Several models have the given name.
    #[error(transparent)]
    Ambiguous(AmbiguousName),
    /// A list could not be read to its end, or changed while it was being read. The items that were read were returned
    /// before this error.
    #[error(transparent)]
    List(IncompleteList),
    /// A wait ended before its condition was met.
    #[error(transparent)]
    Wait(WaitError),
    /// A streamed response broke off after its first item.
    #[error(transparent)]
    Stream(BrokenStream),
    /// A machine received an event that its state does not permit. This step sent nothing.
    #[error(transparent)]
    Misuse(Misuse),
}

impl ErrorKind {
    /// Returns whether a call that changes something may have taken effect despite this failure.
    pub(super) fn may_have_happened(&self) -> bool {
        match self {
            Self::Api(error) => error.may_have_happened(),
            Self::InvalidResponse(_) | Self::Items(_) => true,
            Self::Transport(failure) => !failure.kind.proves_not_sent(),
            Self::Stream(broken) => broken.cause.may_have_happened(),
            _ => false,
        }
    }
}

macro_rules! into_kind {
    ($($kind:ident: $type:ty),* $(,)?) => {$(
        impl From<$type> for ErrorKind {
            fn from(value: $type) -> Self {
                Self::$kind(value)
            }
        }
    )*};
}

into_kind! {
    InvalidArgument: InvalidArgument,
    Api: ApiError,
    InvalidResponse: InvalidResponse,
    Transport: TransportError,
    Items: ItemFailures,
    NoSuchModel: NoSuchModel,
    Ambiguous: AmbiguousName,
    List: IncompleteList,
    Wait: WaitError,
    Stream: BrokenStream,
    Misuse: Misuse,
}
