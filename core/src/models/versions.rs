//! `/v2/models/{id}/versions`: training of a model, and its trained versions.

use serde_json::json;

use super::ModelRef;
use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Spec, paged, plain_operation};
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
}

impl CreateModelVersion {
    /// Creates a request to train this model.
    pub fn new(model: impl Into<ModelRef>) -> Self {
        Self { model: model.into() }
    }
}

impl Operation for CreateModelVersion {
    type Output = Model;
    const SPEC: Spec = Spec::post("create model version");

    fn target(&self, target: &mut Target) {
        self.model.path(target).path("versions");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        Body::json(&json!({}))
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

plain_operation!(GetModelVersion => ModelVersion {
    spec: Spec::get("get model version"),
    target: |this, target| this.model.path(target).path("versions").id("model version id", &this.version),
    decode: one("model_version"),
});

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

plain_operation!(ListModelVersions => Vec<ModelVersion> {
    spec: Spec::get("list model versions"),
    target: |this, target| this.model.path(target).path("versions").page(this.page),
    decode: list("model_versions"),
});

paged!(ListModelVersions, |version: &ModelVersion| version.id.as_str().into());
