//! `/v2/models/{id}/versions/{version}/metrics`: evaluation of a version of a model.

use serde_json::json;

use super::ModelRef;
use crate::body::Body;
use crate::operation::{Spec, plain_operation};
use crate::target::Target;
use crate::types::ModelVersion;

/// Starts the evaluation of a trained version of a model: `POST /v2/models/{id}/versions/{version}/metrics`.
///
/// The service responds at once and evaluates in the background. [`GetModelVersionMetrics`] returns the result.
///
/// Two requests evaluate twice, so a request is retried only if it was definitely not executed.
#[doc(alias("run_model_evaluation", "evaluate"))]
#[derive(Clone, Debug)]
pub struct EvaluateModelVersion {
    model: ModelRef,
    version: String,
}

/// Gets the metrics of a version of a model: `GET /v2/models/{id}/versions/{version}/metrics`.
///
/// They are in [`ModelVersion::metrics`], whose status reports whether the evaluation has ended. Only the summary is
/// returned unless the request asks for more.
///
/// ```
/// use clarifai_core::models::GetModelVersionMetrics;
///
/// let get = GetModelVersionMetrics::new("harbor", "v1").confusion_matrix().label_counts();
/// ```
#[doc(alias("get_model_evaluation", "evaluate"))]
#[derive(Clone, Debug)]
pub struct GetModelVersionMetrics {
    model: ModelRef,
    version: String,
    fields: Vec<&'static str>,
}

impl EvaluateModelVersion {
    /// Creates a request to evaluate this version of the model.
    pub fn new(model: impl Into<ModelRef>, version: impl Into<String>) -> Self {
        Self { model: model.into(), version: version.into() }
    }
}

macro_rules! fields {
    ($($name:ident, $query:literal, $what:literal;)+) => {$(
        #[doc = concat!("Asks for the ", $what, ".")]
        pub fn $name(self) -> Self {
            self.field($query)
        }
    )+};
}

impl GetModelVersionMetrics {
    /// Creates a request for the metrics of this version of the model.
    pub fn new(model: impl Into<ModelRef>, version: impl Into<String>) -> Self {
        Self { model: model.into(), version: version.into(), fields: Vec::new() }
    }

    fields! {
        confusion_matrix, "fields.confusion_matrix", "confusion matrix";
        cooccurrence_matrix, "fields.cooccurrence_matrix", "cooccurrence matrix";
        label_counts, "fields.label_counts", "number of inputs for each concept";
        binary_metrics, "fields.binary_metrics", "metrics of each concept";
        test_set, "fields.test_set", "inputs of the evaluation with their predictions";
        metrics_by_area, "fields.metrics_by_area", "metrics for each range of the size of a region";
        metrics_by_class, "fields.metrics_by_class", "metrics for each class of a detector";
    }

    fn field(mut self, name: &'static str) -> Self {
        if !self.fields.contains(&name) {
            self.fields.push(name);
        }
        self
    }
}

fn path<'a>(target: &'a mut Target, model: &ModelRef, version: &str) -> &'a mut Target {
    model.path(target).path("versions").id("model version id", version).path("metrics")
}

plain_operation!(EvaluateModelVersion => ModelVersion {
    spec: Spec::post("evaluate model version"),
    target: |this, target| path(target, &this.model, &this.version),
    body: |_this| Body::json(&json!({})),
    decode: one("model_version"),
});

plain_operation!(GetModelVersionMetrics => ModelVersion {
    spec: Spec::get("get model version metrics"),
    target: |this, target| {
        let target = path(target, &this.model, &this.version);
        for field in &this.fields {
            target.query(field, true);
        }
    },
    decode: one("model_version"),
});
