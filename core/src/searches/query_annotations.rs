//! `POST /v2/annotations/searches`: searches annotations by filters and ranks.

use super::query::{Query, query_operation};
use crate::page::Page;

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

query_operation!(QueryAnnotations, "query annotations", "annotations");
