//! Arguments that cannot be sent.

use std::borrow::Cow;

use thiserror::Error as ThisError;

use super::text::{EXCERPT_BYTES, clean};

/// An argument that is not valid: its name, and the problem.
#[derive(Clone, Debug, ThisError)]
#[error("{argument} {problem}")]
pub struct InvalidArgument {
    argument: Cow<'static, str>,
    problem: String,
}

impl InvalidArgument {
    /// The name of the argument in errors about the credentials of the client.
    pub(crate) const CREDENTIALS: &'static str = "credentials";

    /// Creates an error about one argument.
    ///
    /// `argument` is the name of what the caller passed. `problem` continues the sentence: "must not be empty".
    pub fn new(argument: impl Into<Cow<'static, str>>, problem: impl Into<String>) -> Self {
        Self { argument: argument.into(), problem: clean(&problem.into(), EXCERPT_BYTES) }
    }

    /// Creates an error about the credentials of the client.
    pub(crate) fn credentials(problem: impl Into<String>) -> Self {
        Self::new(Self::CREDENTIALS, problem)
    }

    /// Adds the position of the argument in a list: `inputs[3] url`.
    pub(crate) fn at(self, list: &str, index: usize) -> Self {
        Self { argument: format!("{list}[{index}] {}", self.argument).into(), ..self }
    }

    /// Returns the name of the argument.
    pub fn argument(&self) -> &str {
        &self.argument
    }

    /// Returns what is wrong with the argument.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}
