//! Waiting until a version of a model is trained.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Condition, Evaluation};
use crate::error::Error;
use crate::models::{GetModelVersion, ModelRef};
use crate::policy::Schedule;
use crate::types::{ModelVersion, StatusClass};

/// The condition that a version of a model is trained. To start a training as well, use [`Train`](crate::machine::Train).
///
/// Polls `GET /v2/models/{id}/versions/{version}` on the schedule [`Schedule::training`]. The result is the trained
/// version. If its training fails the wait ends with [`WaitCause::Failed`](crate::error::WaitCause::Failed), which
/// contains the reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelTrained {
    model: ModelRef,
    version: String,
    last: Option<ModelVersion>,
}

super::into_machine!(ModelTrained);

impl ModelTrained {
    /// Creates the condition for this version of this model.
    pub fn new(model: impl Into<ModelRef>, version: impl Into<String>) -> Self {
        Self { model: model.into(), version: version.into(), last: None }
    }

    /// Creates the condition for a version whose state is known already.
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

    fn evaluate(&mut self, response: Result<ModelVersion, Error>) -> Evaluation<ModelVersion> {
        let version = match response {
            Ok(version) => version,
            Err(error) => return Evaluation::Error(error),
        };
        self.last = Some(version.clone());
        match version.status {
            Some(ref status) => match status.class() {
                StatusClass::Success => Evaluation::Success(version),
                // "Untrained" after a training was requested: none is in progress, so none will finish.
                StatusClass::Terminal | StatusClass::Idle => Evaluation::Failure(Box::new(status.clone())),
                _ => Evaluation::Pending,
            },
            None => Evaluation::Pending,
        }
    }

    fn last_state(&self) -> Option<Value> {
        serde_json::to_value(self.last.as_ref()?).ok()
    }

    fn schedule(&self) -> Schedule {
        Schedule::training()
    }
}
