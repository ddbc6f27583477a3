//! `POST /v2/models/searches`: a search for models by name and type.

use std::borrow::Cow;

use serde::Serialize;

use super::model_type;
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
/// let search = SearchModels::new().name("general*").model_type("visual-classifier");
/// ```
#[doc(alias = "Models.search")]
#[derive(Clone, Debug, Default)]
pub struct SearchModels {
    name: Option<String>,
    model_type: Option<String>,
    model_type_id: Option<String>,
    page: Option<Page>,
    /// Whether decoding keeps models of other types, which [`Paged::wants`] leaves out later.
    keeps_all: bool,
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

    /// Sets the type to match, by its current or its older name: `visual-classifier`, `concept`, `embed`,
    /// `facedetect` …
    ///
    /// Since November 2021 the service knows only the current names, so the current one is sent. `concept` stands for
    /// both `visual-classifier` and `embedding-classifier`: it is not sent, and models of other types are left out of
    /// the response, so pages can be shorter than requested. An older type without a successor, such as `blur`, is an
    /// [`InvalidArgument`].
    pub fn model_type(mut self, model_type: impl Into<String>) -> Self {
        self.model_type = Some(model_type.into());
        self
    }

    /// Sets the type to match, which is sent as it is: `visual-classifier`, `visual-embedder`, `visual-detector` …
    ///
    /// It takes precedence over [`model_type`](Self::model_type).
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
            #[serde(skip_serializing_if = "Option::is_none")]
            model_type_id: Option<&'a str>,
        }
        impl Query<'_> {
            fn is_empty(&self) -> bool {
                self.name.is_none() && self.model_type_id.is_none()
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
        let from_old_name = self.model_type.as_deref().map(model_type::to_send).transpose()?.flatten();
        Body::json(&Search {
            model_query: Query {
                name: self.name.as_deref(),
                model_type_id: self.model_type_id.as_deref().or(from_old_name),
            },
            pagination: self.page,
        })
    }

    fn decode(&self, answer: &Envelope) -> Result<Vec<Model>, DecodeError> {
        let mut models: Vec<Model> = answer.found("models")?;
        if !self.keeps_all {
            models.retain(|model| self.wants(model));
        }
        Ok(models)
    }
}

impl Paged for SearchModels {
    type Item = Model;

    fn current(&self) -> Page {
        self.page.unwrap_or_default()
    }

    fn with_page(self, page: Page) -> Self {
        Self { keeps_all: true, ..self.page(page) }
    }

    fn items(answer: Vec<Model>) -> Vec<Model> {
        answer
    }

    fn key(model: &Model) -> Cow<'_, str> {
        in_app(model.app_id.as_deref(), &model.id)
    }

    /// Leaves out models of other types only if the type could not be sent.
    fn wants(&self, model: &Model) -> bool {
        let selects = |wanted: &&str| self.model_type_id.is_none() && matches!(model_type::to_send(wanted), Ok(None));
        self.model_type
            .as_deref()
            .filter(selects)
            .is_none_or(|wanted| model_type::matches(model, wanted) || model_type::types_of(model).next().is_none())
    }
}
