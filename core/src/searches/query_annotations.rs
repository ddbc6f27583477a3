//! `POST /v2/annotations/searches`: searches annotations by filters and ranks.

use std::borrow::Cow;

use super::query::{Query, query_methods};
use super::search::hit_key;
use super::{SearchAlgorithm, SearchFilter, SearchMetric, SearchRank, SearchResult};
use crate::body::{Body, BodyWriter};
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Paged, Replay, Spec};
use crate::page::Page;
use crate::target::Target;
use crate::types::{Hit, Timestamp};

/// Searches annotations by filters and ranks: `POST /v2/annotations/searches`.
///
/// A search needs at least one filter or rank. Each hit has an annotation and its input.
///
/// The service refuses pages that are too deep. That error of a single call is
/// [`is_page_ceiling`](crate::Error::is_page_ceiling); a list that is read page by page ends with
/// [`ListProblem::Ceiling`](crate::error::ListProblem::Ceiling).
///
/// ```
/// use clarifai_core::searches::{LabelKind, QueryAnnotations, SearchFilter};
///
/// let boxes = QueryAnnotations::new().filter(SearchFilter::label(LabelKind::BoundingBox));
/// ```
#[doc(alias("PostAnnotationsSearches", "Search.query"))]
#[derive(Clone, Debug, Default)]
pub struct QueryAnnotations {
    query: Query,
    page: Page,
}

impl QueryAnnotations {
    /// Creates a search without filters and ranks, which cannot be sent: first page of 20 hits.
    pub fn new() -> Self {
        Self::default()
    }

    query_methods!();

    /// Sets the page to fetch. Default: page 1 with 20 hits.
    pub fn page(mut self, page: Page) -> Self {
        self.page = page;
        self
    }
}

impl Operation for QueryAnnotations {
    type Output = SearchResult;
    const SPEC: Spec = Spec::post("query annotations").partial().replay(Replay::Safe);

    fn target(&self, target: &mut Target) {
        target.path("annotations").path("searches");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        self.page.check()?;
        let mut json = BodyWriter::with_capacity(192);
        json.raw("{");
        self.query.write(&mut json)?;
        json.raw(",\"pagination\":").value("page", &self.page)?.raw("}");
        Ok(json.finish())
    }

    fn decode(&self, response: &Envelope) -> Result<SearchResult, DecodeError> {
        Ok(SearchResult { id: response.member("id")?, hits: response.found("hits")? })
    }
}

impl Paged for QueryAnnotations {
    type Item = Hit;

    fn current(&self) -> Page {
        self.page
    }

    fn with_page(self, page: Page) -> Self {
        self.page(page)
    }

    fn items(response: SearchResult) -> Vec<Hit> {
        response.hits
    }

    fn key(hit: &Hit) -> Cow<'_, str> {
        hit_key(hit)
    }
}
