//! Until a version of a model is trained.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Condition, Evaluation, Wait};
use crate::error::Error;
use crate::models::{GetModelVersion, ModelRef};
use crate::policy::Schedule;
use crate::types::{ModelVersion, StatusClass};

/// Waits until a version of a model is trained: see [`WaitForTraining::new`]. To start a training and wait for it, use
/// [`Train`](super::super::Train).
pub type WaitForTraining = Wait<ModelTrained>;

/// A version of a model is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelTrained {
    model: ModelRef,
    version: String,
    last: Option<ModelVersion>,
}

impl WaitForTraining {
    /// Waits until `GET /v2/models/{id}/versions/{version}` says that this version is trained, at the pauses of
    /// [`Schedule::training`], and gives the version. That its training failed is the error
    /// [`WaitCause::Failed`](crate::error::WaitCause::Failed), with the status that says why.
    pub fn new(model: impl Into<ModelRef>, version: impl Into<String>) -> Self {
        Self::until(ModelTrained { model: model.into(), version: version.into(), last: None })
            .schedule(Schedule::training())
    }
}

impl ModelTrained {
    /// A condition about a version that was seen already.
    pub(crate) fn seen(model: ModelRef, version: ModelVersion) -> Self {
        Self { model, version: version.id.clone(), last: Some(version) }
    }

    /// The model.
    pub fn model(&self) -> &ModelRef {
        &self.model
    }

    /// Id of the version.
    pub fn version_id(&self) -> &str {
        &self.version
    }

    /// The version as it was at the last look.
    pub fn last(&self) -> Option<&ModelVersion> {
        self.last.as_ref()
    }
}

impl Condition for ModelTrained {
    type Operation = GetModelVersion;
    type Output = ModelVersion;
    const NAME: &'static str = "wait for training";

    fn request(&self) -> GetModelVersion {
        GetModelVersion::new(&self.model, &*self.version)
    }

    fn evaluate(&mut self, answer: Result<ModelVersion, Error>) -> Evaluation<ModelVersion> {
        let version = match answer {
            Ok(version) => version,
            Err(error) => return Evaluation::Error(error),
        };
        self.last = Some(version.clone());
        match version.status {
            Some(ref status) => match status.class() {
                StatusClass::Success => Evaluation::Success(version),
                // "Untrained" of a version whose training was asked for: nothing is at work, and nothing will come.
                StatusClass::Terminal | StatusClass::Idle => Evaluation::Failure(Box::new(status.clone())),
                _ => Evaluation::Pending,
            },
            None => Evaluation::Pending,
        }
    }

    fn last_state(&self) -> Option<Value> {
        serde_json::to_value(self.last.as_ref()?).ok()
    }
}
