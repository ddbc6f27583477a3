//! `/v2/models/{id}/versions`: train a model, and look at what was trained.

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

/// Trains a model: creates a version of it (`POST /v2/models/{id}/versions`). The service answers at once and trains
/// on; the status of the model's version tells how far it is.
///
/// Sent twice it trains twice, so it is repeated only when it surely was not carried out.
#[doc(alias("Model.train", "create_version"))]
#[derive(Clone, Debug)]
pub struct CreateModelVersion {
    model: ModelRef,
}

impl CreateModelVersion {
    /// Of the model with this id.
    pub fn new(model: impl Into<ModelRef>) -> Self {
        Self { model: model.into() }
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
        Body::json(&json!({}))
    }

    fn decode(&self, answer: &Envelope) -> Result<Model, DecodeError> {
        answer.one("model")
    }
}

/// Looks up one version of a model: `GET /v2/models/{id}/versions/{version}`.
#[doc(alias = "get_version")]
#[derive(Clone, Debug)]
pub struct GetModelVersion {
    model: ModelRef,
    version: String,
}

impl GetModelVersion {
    /// This version of the model with this id.
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

/// One page of the versions of a model: `GET /v2/models/{id}/versions`.
#[doc(alias = "list_versions")]
#[derive(Clone, Debug)]
pub struct ListModelVersions {
    model: ModelRef,
    page: Page,
}

impl ListModelVersions {
    /// The first page, 20 versions of the model with this id.
    pub fn new(model: impl Into<ModelRef>) -> Self {
        Self { model: model.into(), page: Page::default() }
    }

    /// Another page.
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
