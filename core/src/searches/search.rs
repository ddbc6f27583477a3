//! `POST /v2/searches`: searches inputs by visual similarity and annotations.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::SearchTerm;
use crate::body::{Body, BodyWriter};
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Paged, Replay, Spec};
use crate::page::Page;
use crate::raw::{AddRaw, WithRaw, sealed::Sealed};
use crate::target::Target;
use crate::types::Hit;

/// Searches the inputs of an app. All terms are combined with AND: `POST /v2/searches` with `query.ands`.
///
/// **Deprecated by Clarifai; still accepted.** The current form of the request is `POST /v2/inputs/searches` with
/// filters and ranks. See [`deprecated`](crate::deprecated).
///
/// ```
/// use clarifai_core::concepts::ConceptRef;
/// use clarifai_core::{inputs::NewInput, searches::{SearchInputs, SearchTerm}, types::{Distance, GeoPoint}};
///
/// let search = SearchInputs::new()
///     .term(SearchTerm::annotated(ConceptRef::id("boat")))
///     .term(SearchTerm::near(GeoPoint::new(-6.26, 53.35), Distance::km(10.0)))
///     .term(SearchTerm::similar_to(NewInput::image_url("https://samples.clarifai.com/metro-north.jpg")));
/// ```
#[doc(alias("Inputs.search", "SearchQueryBuilder", "search_by_image"))]
#[derive(Clone, Debug, Default)]
pub struct SearchInputs {
    terms: Vec<SearchTerm>,
    language: Option<String>,
    page: Page,
}

/// The result of a search.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct SearchResult<T = Hit> {
    /// Id of the search, for [`SendSearchFeedback`](super::SendSearchFeedback).
    pub id: Option<String>,
    /// Hits, best first. Empty if no input matches, and after the last page.
    pub hits: Vec<T>,
}

impl<T> From<SearchResult<T>> for Vec<T> {
    /// Returns the hits.
    fn from(result: SearchResult<T>) -> Self {
        result.hits
    }
}

impl<T> Sealed for SearchResult<T> {}

impl<T> AddRaw for SearchResult<T> {
    type WithRaw = SearchResult<WithRaw<T>>;

    fn add_raw(self, json: Vec<Box<RawValue>>) -> Option<SearchResult<WithRaw<T>>> {
        Some(SearchResult { id: self.id, hits: WithRaw::list(self.hits, json)? })
    }
}

impl SearchInputs {
    /// Creates a search without terms, which finds all inputs: first page of 20 hits.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a term.
    #[doc(alias = "add_term")]
    pub fn term(mut self, term: SearchTerm) -> Self {
        self.terms.push(term);
        self
    }

    /// Sets the language of concept names, such as `en`. Default: the app's language.
    pub fn language(mut self, language: impl Into<String>) -> Self {
        self.language = Some(language.into());
        self
    }

    /// Sets the page to fetch. Default: page 1 with 20 hits.
    pub fn page(mut self, page: Page) -> Self {
        self.page = page;
        self
    }
}

impl Operation for SearchInputs {
    type Output = SearchResult;
    const SPEC: Spec = Spec::post("search inputs").partial().replay(Replay::Safe);

    fn target(&self, target: &mut Target) {
        target.path("searches");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        self.page.check()?;
        let mut json = BodyWriter::with_capacity(192);
        json.raw("{\"query\":{\"ands\":[");
        for (index, term) in self.terms.iter().enumerate() {
            if index > 0 {
                json.raw(",");
            }
            term.write(&mut json).map_err(|invalid| invalid.at("terms", index))?;
        }
        json.raw("]");
        if let Some(language) = &self.language {
            json.raw(",\"language\":").value("language", language)?;
        }
        json.raw("},\"pagination\":").value("page", &self.page)?.raw("}");
        Ok(json.finish())
    }

    fn decode(&self, answer: &Envelope) -> Result<SearchResult, DecodeError> {
        Ok(SearchResult { id: answer.member("id")?, hits: answer.found("hits")? })
    }
}

impl Paged for SearchInputs {
    type Item = Hit;

    fn current(&self) -> Page {
        self.page
    }

    fn with_page(self, page: Page) -> Self {
        self.page(page)
    }

    fn items(answer: SearchResult) -> Vec<Hit> {
        answer.hits
    }

    fn key(hit: &Hit) -> Cow<'_, str> {
        hit_key(hit)
    }
}

/// Returns the input id and, if present, the annotation id: an input can match by several of its annotations.
pub(super) fn hit_key(hit: &Hit) -> Cow<'_, str> {
    match (hit.input_id(), &hit.annotation) {
        (None, Some(annotation)) => annotation.id.as_str().into(),
        (None, None) => "".into(),
        (Some(input), Some(annotation)) if !annotation.id.is_empty() => format!("{input}/{}", annotation.id).into(),
        (Some(input), _) => input.into(),
    }
}
