//! Events that a machine does not permit.

use thiserror::Error as ThisError;

/// An event that the state of the machine does not permit: an error in the program that drives it.
#[derive(Clone, Debug, ThisError)]
#[error("invalid event for the machine's state: {0}")]
pub struct Misuse(pub(crate) &'static str);
