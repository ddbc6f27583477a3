//! `GET /v2/concepts`: lists the concepts of an app, one page at a time.

use crate::operation::{Spec, in_app, paged, plain_operation};
use crate::page::Page;
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

plain_operation!(ListConcepts => Vec<Concept> {
    spec: Spec::get("list concepts"),
    target: |this, target| target.path("concepts").page(this.page),
    decode: list("concepts"),
});

paged!(ListConcepts, |concept: &Concept| in_app(concept.app_id.as_deref(), &concept.id));
