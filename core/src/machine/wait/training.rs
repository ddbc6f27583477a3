//! Waits until a version of a model is trained.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Condition, Evaluation, Wait};
use crate::error::Error;
use crate::models::{GetModelVersion, ModelRef};
use crate::policy::Schedule;
use crate::types::{ModelVersion, StatusClass};

/// A wait until a version of a model is trained: see [`WaitForTraining::new`]. To start a training and wait for it, use
/// [`Train`](super::super::Train).
pub type WaitForTraining = Wait<ModelTrained>;

/// The condition that a version of a model is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelTrained {
    model: ModelRef,
    version: String,
    last: Option<ModelVersion>,
}

impl WaitForTraining {
    /// Creates a wait until `GET /v2/models/{id}/versions/{version}` reports that the version is trained, polling on
    /// [`Schedule::training`]. Its output is the version. If the training fails, the wait ends with the error
    /// [`WaitCause::Failed`](crate::error::WaitCause::Failed), which contains the status with the reason.
    pub fn new(model: impl Into<ModelRef>, version: impl Into<String>) -> Self {
        Self::until(ModelTrained { model: model.into(), version: version.into(), last: None })
            .schedule(Schedule::training())
    }
}

impl ModelTrained {
    /// Creates a condition for a version that is already known.
    pub(crate) fn seen(model: ModelRef, version: ModelVersion) -> Self {
        Self { model, version: version.id.clone(), last: Some(version) }
    }

    /// Returns the model.
    pub fn model(&self) -> &ModelRef {
        &self.model
    }

    /// Returns the id of the version.
    pub fn version_id(&self) -> &str {
        &self.version
    }

    /// Returns the version as of the last poll.
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
                // "Untrained" for a version whose training was requested: no training is running or queued, so waiting
                // is useless.
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
