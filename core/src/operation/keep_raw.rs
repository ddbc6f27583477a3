//! Operations that keep the JSON of the records that they return.

use http::Method;

use super::{AuthScheme, DecodeError, Envelope, Operation, Replay, Target};
use crate::body::Body;
use crate::error::InvalidArgument;
use crate::raw::AddRaw;

/// An operation that returns its typed output together with the JSON: see [`Operation::with_raw`].
#[derive(Clone, Copy, Debug)]
pub struct KeepRaw<O>(pub(crate) O);

impl<O: Operation<Output: AddRaw>> Operation for KeepRaw<O> {
    type Output = <O::Output as AddRaw>::WithRaw;
    const NAME: &'static str = O::NAME;
    const METHOD: Method = O::METHOD;
    const AUTH: AuthScheme = O::AUTH;
    const PARTIAL: bool = O::PARTIAL;
    const CONTENT_TYPE: &'static str = O::CONTENT_TYPE;

    fn replay(&self) -> Replay {
        self.0.replay()
    }

    fn target(&self, target: &mut Target) {
        self.0.target(target);
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        self.0.body()
    }

    fn decode(&self, answer: &Envelope) -> Result<Self::Output, DecodeError> {
        let keeping = answer.keeping_raw();
        let output = self.0.decode(&keeping)?;
        output
            .add_raw(keeping.take_kept())
            .ok_or_else(|| DecodeError::new("", "its records cannot be matched with their JSON"))
    }
}

/// An operation that returns a batch, which has the JSON of its items only if that is wanted.
#[derive(Debug)]
pub(crate) struct KeepRawIf<O> {
    pub(crate) wanted: bool,
    pub(crate) operation: O,
}

impl<O: Operation> Operation for KeepRawIf<O> {
    type Output = O::Output;
    const NAME: &'static str = O::NAME;
    const METHOD: Method = O::METHOD;
    const AUTH: AuthScheme = O::AUTH;
    const PARTIAL: bool = O::PARTIAL;
    const CONTENT_TYPE: &'static str = O::CONTENT_TYPE;

    fn replay(&self) -> Replay {
        self.operation.replay()
    }

    fn target(&self, target: &mut Target) {
        self.operation.target(target);
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        self.operation.body()
    }

    fn decode(&self, answer: &Envelope) -> Result<O::Output, DecodeError> {
        match self.wanted {
            true => self.operation.decode(&answer.keeping_raw()),
            false => self.operation.decode(answer),
        }
    }
}
