//! `GET /v2/concepts`: the concepts of an app, page by page.

use http::Method;

use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Replay};
use crate::page::Page;
use crate::target::Target;
use crate::types::Concept;

/// One page of the concepts of an app.
#[doc(alias("Concepts.get_by_page", "Concepts.get_all"))]
#[derive(Clone, Copy, Debug, Default)]
pub struct ListConcepts {
    page: Page,
}

impl ListConcepts {
    /// The first page, 20 concepts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Another page.
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
