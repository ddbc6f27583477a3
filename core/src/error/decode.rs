//! Responses that cannot be decoded.

use std::fmt;

use thiserror::Error as ThisError;

/// A response that cannot be decoded as the response to the call.
#[derive(Clone, Debug, ThisError)]
#[error("HTTP {http_status}, but the response cannot be read: {problem}{}", Place { path, excerpt })]
#[non_exhaustive]
pub struct InvalidResponse {
    /// HTTP status of the response.
    pub http_status: u16,
    /// Problem with the response.
    pub problem: String,
    /// Place of the problem in the JSON, such as `outputs[3].data`. Empty if it concerns the whole body.
    pub path: String,
    /// Beginning of the body.
    pub excerpt: String,
    /// The service's id of the request, if the response contained it.
    pub request_id: Option<String>,
    /// Whether the body is cut off or is followed by other bytes: damage in transit, which is transient.
    pub damaged: bool,
    /// Whether the body looks like a web page.
    pub html: bool,
}

struct Place<'a> {
    path: &'a str,
    excerpt: &'a str,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() && self.path != "." {
            write!(f, " at `{}`", self.path)?;
        }
        if !self.excerpt.is_empty() {
            write!(f, "; it begins: {}", self.excerpt)?;
        }
        Ok(())
    }
}

impl InvalidResponse {
    /// Creates an error about a response that was decoded but does not contain what the next step needs.
    pub(crate) fn of_content(problem: &str) -> Self {
        Self {
            http_status: 200,
            problem: problem.to_owned(),
            path: String::new(),
            excerpt: String::new(),
            request_id: None,
            damaged: false,
            html: false,
        }
    }
}
