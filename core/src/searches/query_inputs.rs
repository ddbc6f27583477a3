//! `POST /v2/inputs/searches`: searches inputs by filters and ranks.

use super::query::{Query, query_operation};
use crate::page::Page;

/// Searches inputs by filters and ranks: `POST /v2/inputs/searches`.
///
/// A search needs at least one filter or rank. To get only the number of hits, use
/// [`CountInputs`](super::CountInputs); for the search of older versions of the API, use
/// [`SearchInputs`](super::SearchInputs).
///
/// The service refuses pages that are too deep. That error of a single call is
/// [`is_page_ceiling`](crate::Error::is_page_ceiling); a list that is read page by page ends with
/// [`ListProblem::Ceiling`](crate::error::ListProblem::Ceiling).
///
/// ```
/// use clarifai_core::concepts::ConceptRef;
/// use clarifai_core::{inputs::NewInput, searches::{QueryInputs, SearchFilter, SearchRank}};
///
/// let search = QueryInputs::new()
///     .filter(SearchFilter::dataset("harbors"))
///     .filter(SearchFilter::concept(ConceptRef::id("boat")))
///     .rank(SearchRank::image(NewInput::image_url("https://samples.clarifai.com/metro-north.jpg")));
/// ```
#[doc(alias("PostInputsSearches", "Search.query"))]
#[derive(Clone, Debug, Default)]
pub struct QueryInputs {
    query: Query,
    page: Page,
}

query_operation!(QueryInputs, "query inputs", "inputs");
