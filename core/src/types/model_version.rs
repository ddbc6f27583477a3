//! [`ModelVersion`]: one version of a model, made by one training or import.

use serde_json::Value;

use super::{
    EvalMetrics, ImportInfo, InputInfo, OutputInfo, PretrainedModelConfig, Status, Timestamp, TrainInfo, TrainStats,
    Visibility,
};
use crate::lenient::record;

record! {
    /// One version of a model, made by one training or import.
    ///
    /// A version does not contain the id of its model.
    pub struct ModelVersion {
        /// Version id.
        pub id: String,
        /// Time the version was created, which is when its training was requested.
        pub created_at: Option<Timestamp>,
        /// Time its training completed.
        pub completed_at: Option<Timestamp>,
        /// Time of the last change.
        pub modified_at: Option<Timestamp>,
        /// Training state: trained, in training, failed or untrained.
        pub status: Option<Status>,
        /// Number of concepts that the version predicts. Absent when it is 0.
        pub active_concept_count: Option<u64>,
        /// Number of inputs that the version was trained on.
        pub total_input_count: Option<u64>,
        /// Results of an evaluation.
        pub metrics: Option<Box<EvalMetrics>>,
        /// Short description.
        pub description: Option<String>,
        /// Who may see the version.
        pub visibility: Option<Visibility>,
        /// Id of the app that the model belongs to.
        pub app_id: Option<String>,
        /// Id of the user or organization that owns the app.
        pub user_id: Option<String>,
        /// Free-form JSON attached by the owner.
        pub metadata: Option<Box<Value>>,
        /// License.
        pub license: Option<String>,
        /// What the version returns: its concepts and its configuration.
        pub output_info: Option<Box<OutputInfo>>,
        /// What the version accepts.
        pub input_info: Option<Box<InputInfo>>,
        /// How the version was trained.
        pub train_info: Option<Box<TrainInfo>>,
        /// How the version was imported.
        pub import_info: Option<Box<ImportInfo>>,
        /// How to read the files of an uploaded model.
        pub pretrained_model_config: Option<Box<PretrainedModelConfig>>,
        /// Log of the training.
        pub train_log: Option<String>,
        /// Compute resources that the version needs for predictions, as free-form JSON.
        pub inference_compute_info: Option<Box<Value>>,
        /// How the version was built, as free-form JSON.
        pub build_info: Option<Box<Value>>,
        /// Methods that the version offers, with their arguments and results, as free-form JSON.
        pub method_signatures: Option<Vec<Value>>,
        /// Special handling that the version requires, as free-form JSON.
        pub special_handling: Option<Vec<Value>>,
        /// Number of requests that the version processes concurrently.
        pub num_threads: Option<u64>,
        /// Progress of the training. Only in older responses, and often empty.
        pub train_stats: Option<Box<TrainStats>>,
        /// Id of the worker that trained the version. Only in responses of 2019 and 2020.
        pub worker_id: Option<String>,
    }
}
