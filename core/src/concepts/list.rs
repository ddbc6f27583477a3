//! `GET /v2/concepts`: lists the concepts of an app, one page at a time.

use http::Method;

use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Replay};
use crate::page::Page;
use crate::target::Target;
use crate::types::Concept;

/// Lists one page of the concepts of an app.
#[doc(alias("Concepts.get_by_page", "Concepts.get_all"))]
#[derive(Clone, Copy, Debug, Default)]
pub struct ListConcepts {
    page: Page,
}

impl ListConcepts {
    /// Creates a request for the first page of 20 concepts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the page to fetch. Default: page 1 with 20 concepts.
    pub fn page(mut self, page: Page) -> Self {
        self.page = page;
        self
    }
}

impl Operation for ListConcepts {
    type Output = Vec<Concept>;
    const NAME: &'static str = "list concepts";
    const METHOD: Method = Method::GET;

    fn replay(&self) -> Replay {
        Replay::Safe
    }

    fn target(&self, target: &mut Target) {
        self.page.query(target.path("concepts"));
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        self.page.check()?;
        Ok(Body::empty())
    }

    fn decode(&self, answer: &Envelope) -> Result<Vec<Concept>, DecodeError> {
        answer.list("concepts")
    }
}

crate::pagination::paged!(ListConcepts, Concept, |concept| crate::pagination::in_app(
    concept.app_id.as_deref(),
    &concept.id
));
