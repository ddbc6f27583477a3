//! `/v2/models/{id}/versions`: training of a model, and its trained versions.

use http::Method;
use serde_json::json;

use super::ModelRef;
use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Replay};
use crate::page::Page;
use crate::target::Target;
use crate::types::{Model, ModelVersion};

/// Trains a model by creating a version of it: `POST /v2/models/{id}/versions`.
///
/// The service responds at once and trains in the background; the status of the model's version reports the progress.
/// To train and wait for the result, use [`Train`](crate::machine::Train).
///
/// Two requests train twice, so a request is retried only if it was definitely not executed.
#[doc(alias("Model.train", "create_version"))]
#[derive(Clone, Debug)]
pub struct CreateModelVersion {
    model: ModelRef,
    concepts: Vec<String>,
}

impl CreateModelVersion {
    /// Creates a request to train this model.
    pub fn new(model: impl Into<ModelRef>) -> Self {
        Self { model: model.into(), concepts: Vec::new() }
    }

    /// Adds concepts for the version to learn, by their ids. Default: not sent, so the version learns the concepts that
    /// the model has from its creation or from a patch.
    ///
    /// The current API takes the concepts here. [`CreateModel::concepts`](super::CreateModel::concepts) is deprecated.
    pub fn concepts(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.concepts.extend(ids.into_iter().map(Into::into));
        self
    }
}

impl Operation for CreateModelVersion {
    type Output = Model;
    const NAME: &'static str = "create model version";
    const METHOD: Method = Method::POST;

    fn replay(&self) -> Replay {
        Replay::Once
    }

    fn target(&self, target: &mut Target) {
        target.owner(self.model.owner()).path("models").id("model id", self.model.id()).path("versions");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        if self.concepts.is_empty() {
            return Body::json(&json!({}));
        }
        let concepts = super::concept_ids(&self.concepts)?;
        Body::json(&json!({"model_versions": [{"output_info": {"data": {"concepts": concepts}}}]}))
    }

    fn decode(&self, answer: &Envelope) -> Result<Model, DecodeError> {
        answer.one("model")
    }
}

/// Gets one version of a model: `GET /v2/models/{id}/versions/{version}`.
#[doc(alias = "get_version")]
#[derive(Clone, Debug)]
pub struct GetModelVersion {
    model: ModelRef,
    version: String,
}

impl GetModelVersion {
    /// Creates a request for this version of the model.
    pub fn new(model: impl Into<ModelRef>, version: impl Into<String>) -> Self {
        Self { model: model.into(), version: version.into() }
    }
}

impl Operation for GetModelVersion {
    type Output = ModelVersion;
    const NAME: &'static str = "get model version";
    const METHOD: Method = Method::GET;

    fn replay(&self) -> Replay {
        Replay::Safe
    }

    fn target(&self, target: &mut Target) {
        target.owner(self.model.owner()).path("models").id("model id", self.model.id());
        target.path("versions").id("model version id", &self.version);
    }

    fn decode(&self, answer: &Envelope) -> Result<ModelVersion, DecodeError> {
        answer.one("model_version")
    }
}

/// Lists one page of the versions of a model: `GET /v2/models/{id}/versions`.
#[doc(alias = "list_versions")]
#[derive(Clone, Debug)]
pub struct ListModelVersions {
    model: ModelRef,
    page: Page,
}

impl ListModelVersions {
    /// Creates a request for the first page, with 20 versions of this model.
    pub fn new(model: impl Into<ModelRef>) -> Self {
        Self { model: model.into(), page: Page::default() }
    }

    /// Sets the page. Default: the first, with 20 versions.
    pub fn page(mut self, page: Page) -> Self {
        self.page = page;
        self
    }
}

impl Operation for ListModelVersions {
    type Output = Vec<ModelVersion>;
    const NAME: &'static str = "list model versions";
    const METHOD: Method = Method::GET;

    fn replay(&self) -> Replay {
        Replay::Safe
    }

    fn target(&self, target: &mut Target) {
        target.owner(self.model.owner()).path("models").id("model id", self.model.id()).path("versions");
        self.page.query(target);
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        self.page.check()?;
        Ok(Body::empty())
    }

    fn decode(&self, answer: &Envelope) -> Result<Vec<ModelVersion>, DecodeError> {
        answer.list("model_versions")
    }
}

crate::pagination::paged!(ListModelVersions, ModelVersion, |version| version.id.as_str().into());
