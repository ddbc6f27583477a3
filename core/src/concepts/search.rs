//! `POST /v2/concepts/searches`: searches concepts by name.

use serde_json::json;

use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Replay, Spec, in_app, paged};
use crate::page::Page;
use crate::target::Target;
use crate::types::Concept;

/// Searches the concepts of the app and the public concepts by name, with `*` as a wildcard.
///
/// ```
/// use clarifai_core::concepts::SearchConcepts;
///
/// let search = SearchConcepts::new("狗*").language("zh");
/// ```
#[doc(alias = "Concepts.search")]
#[derive(Clone, Debug)]
pub struct SearchConcepts {
    name: String,
    language: Option<String>,
    page: Page,
}

impl SearchConcepts {
    /// Creates a search for concepts with this name, first page of 20 concepts.
    ///
    /// `*` matches any text. An empty name is an error.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), language: None, page: Page::default() }
    }

    /// Sets the language of the name, such as `zh`. Default: the app's language.
    pub fn language(mut self, language: impl Into<String>) -> Self {
        self.language = Some(language.into());
        self
    }

    /// Sets the page to fetch. Default: page 1 with 20 concepts.
    pub fn page(mut self, page: Page) -> Self {
        self.page = page;
        self
    }
}

impl Operation for SearchConcepts {
    type Output = Vec<Concept>;
    const SPEC: Spec = Spec::post("search concepts").replay(Replay::Safe);

    fn target(&self, target: &mut Target) {
        target.path("concepts").path("searches");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        self.page.check()?;
        if self.name.trim().is_empty() {
            return Err(InvalidArgument::new("name", "is empty; `*` finds all"));
        }
        let mut query = json!({"name": self.name});
        if let Some(language) = &self.language {
            query["language"] = language.as_str().into();
        }
        Body::json(&json!({"concept_query": query, "pagination": self.page}))
    }

    fn decode(&self, answer: &Envelope) -> Result<Vec<Concept>, DecodeError> {
        answer.found("concepts")
    }
}

paged!(SearchConcepts, |concept: &Concept| in_app(concept.app_id.as_deref(), &concept.id));
