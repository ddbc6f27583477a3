//! `POST /v2/models/searches`: a search for models by name and type.

use std::borrow::Cow;

use serde::Serialize;

use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Paged, Replay, Spec, in_app};
use crate::page::Page;
use crate::target::{AppRef, Target};
use crate::types::Model;

/// Searches the models that an app can use, by name and by type: `POST /v2/models/searches`.
///
/// ```
/// use clarifai_core::models::SearchModels;
///
/// let search = SearchModels::new().name("general*").model_type("concept");
/// ```
#[doc(alias = "Models.search")]
#[derive(Clone, Debug, Default)]
pub struct SearchModels {
    name: Option<String>,
    model_type: Option<String>,
    model_type_id: Option<String>,
    page: Option<Page>,
    owner: Option<AppRef>,
}

impl SearchModels {
    /// Creates a search without criteria, which matches all models.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the name to match. `*` is a wildcard for any text.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the type to match, as an older identifier: `concept`, `color`, `embed`, `facedetect` …
    ///
    /// **Deprecated by Clarifai; still accepted.** Its replacement is [`model_type_id`](Self::model_type_id).
    pub fn model_type(mut self, model_type: impl Into<String>) -> Self {
        self.model_type = Some(model_type.into());
        self
    }

    /// Sets the type to match: `visual-classifier`, `visual-embedder`, `visual-detector` …
    pub fn model_type_id(mut self, model_type_id: impl Into<String>) -> Self {
        self.model_type_id = Some(model_type_id.into());
        self
    }

    /// Sets the page. Default: the first page, in the size that the service chooses.
    pub fn page(mut self, page: Page) -> Self {
        self.page = Some(page);
        self
    }

    /// Sets the app whose models are searched. Default: the app of the [`Config`](crate::Config).
    pub fn in_app(mut self, owner: AppRef) -> Self {
        self.owner = Some(owner);
        self
    }
}

impl Operation for SearchModels {
    type Output = Vec<Model>;
    const SPEC: Spec = Spec::post("search models").replay(Replay::Safe);

    fn target(&self, target: &mut Target) {
        target.owner(self.owner.as_ref()).path("models").path("searches");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        #[derive(Serialize)]
        struct Search<'a> {
            #[serde(skip_serializing_if = "Query::is_empty")]
            model_query: Query<'a>,
            #[serde(skip_serializing_if = "Option::is_none")]
            pagination: Option<Page>,
        }
        #[derive(Serialize)]
        struct Query<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            name: Option<&'a str>,
            #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
            model_type: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            model_type_id: Option<&'a str>,
        }
        impl Query<'_> {
            fn is_empty(&self) -> bool {
                self.name.is_none() && self.model_type.is_none() && self.model_type_id.is_none()
            }
        }
        for (argument, value) in
            [("name", &self.name), ("model type", &self.model_type), ("model type id", &self.model_type_id)]
        {
            if value.as_ref().is_some_and(|text| text.trim().is_empty()) {
                return Err(InvalidArgument::new(argument, "is empty"));
            }
        }
        if let Some(page) = self.page {
            page.check()?;
        }
        Body::json(&Search {
            model_query: Query {
                name: self.name.as_deref(),
                model_type: self.model_type.as_deref(),
                model_type_id: self.model_type_id.as_deref(),
            },
            pagination: self.page,
        })
    }

    fn decode(&self, answer: &Envelope) -> Result<Vec<Model>, DecodeError> {
        answer.found("models")
    }
}

impl Paged for SearchModels {
    type Item = Model;

    fn current(&self) -> Page {
        self.page.unwrap_or_default()
    }

    fn with_page(self, page: Page) -> Self {
        self.page(page)
    }

    fn items(answer: Vec<Model>) -> Vec<Model> {
        answer
    }

    fn key(model: &Model) -> Cow<'_, str> {
        in_app(model.app_id.as_deref(), &model.id)
    }
}
