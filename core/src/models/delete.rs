//! `DELETE /v2/models/{id}`, `…/versions/{version}` and `DELETE /v2/models`: a model, a version, several, or all.

use http::Method;

use super::ModelRef;
use crate::body::Body;
use crate::envelope::{Envelope, Unreadable};
use crate::error::Invalid;
use crate::model::Status;
use crate::operation::{Operation, Replay, Which};
use crate::target::Target;

/// Deletes a model; with a version in the [`ModelRef`], only that version. The service answers before it is gone.
#[doc(alias("Models.delete", "delete_version"))]
#[derive(Clone, Debug)]
pub struct DeleteModel {
    model: ModelRef,
}

impl DeleteModel {
    /// The model with this id, or one version of it.
    pub fn new(model: impl Into<ModelRef>) -> Self {
        Self { model: model.into() }
    }
}

impl Operation for DeleteModel {
    type Output = Status;
    const NAME: &'static str = "delete model";
    const METHOD: Method = Method::DELETE;

    fn replay(&self) -> Replay {
        Replay::Idempotent
    }

    fn target(&self, target: &mut Target) {
        self.model.target(target);
    }

    fn decode(&self, answer: &Envelope) -> Result<Status, Unreadable> {
        answer.done()
    }
}

/// Deletes up to 128 models, or all of one's own. The service answers before they are gone.
#[doc(alias("Models.delete", "Models.delete_all"))]
#[derive(Clone, Debug)]
pub struct DeleteModels(Which);

impl DeleteModels {
    /// The models with these ids.
    pub fn ids(ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(Which::ids(ids))
    }

    /// Every model of the app.
    pub fn all() -> Self {
        Self(Which::All)
    }
}

impl Operation for DeleteModels {
    type Output = Status;
    const NAME: &'static str = "delete models";
    const METHOD: Method = Method::DELETE;

    fn replay(&self) -> Replay {
        Replay::Idempotent
    }

    fn target(&self, target: &mut Target) {
        target.path("models");
    }

    fn body(&self) -> Result<Body, Invalid> {
        self.0.body()
    }

    fn decode(&self, answer: &Envelope) -> Result<Status, Unreadable> {
        answer.done()
    }
}
