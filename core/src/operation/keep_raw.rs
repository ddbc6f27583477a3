//! Operations that keep the JSON of the records that they return.

use super::{DecodeError, Envelope, Operation};
use crate::error::Error;
use crate::forward_operation;
use crate::raw::AddRaw;

/// An operation that returns its typed output together with the JSON: see [`Operation::with_raw`].
#[derive(Clone, Copy, Debug)]
pub struct KeepRaw<O>(pub(crate) O);

impl<O: Operation<Output: AddRaw>> Operation for KeepRaw<O> {
    type Output = <O::Output as AddRaw>::WithRaw;

    forward_operation!(O, |this| &this.0; replay);

    fn decode(&self, response: &Envelope) -> Result<Self::Output, DecodeError> {
        let keeping = response.keeping_raw();
        let output = self.0.decode(&keeping)?;
        output
            .add_raw(keeping.take_kept())
            .ok_or_else(|| DecodeError::new("", "its records cannot be matched with their JSON"))
    }

    fn total_failure(&self, output: &Self::Output) -> Option<Error> {
        O::Output::total_failure(output)
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

    forward_operation!(O, |this| &this.operation; replay, total_failure);

    fn decode(&self, response: &Envelope) -> Result<O::Output, DecodeError> {
        match self.wanted {
            true => self.operation.decode(&response.keeping_raw()),
            false => self.operation.decode(response),
        }
    }
}
