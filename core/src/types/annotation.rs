//! [`Annotation`]: labels and regions attached to a stored input.

use serde_json::Value;

use super::{Data, Status, Timestamp};
use crate::lenient::record;

record! {
    /// A description of a stored input, or of a part of it, made by a person or a model.
    pub struct Annotation {
        /// Annotation id.
        pub id: String,
        /// Id of the input that the annotation describes.
        pub input_id: Option<String>,
        /// Contents of the annotation, such as concepts and regions.
        pub data: Option<Box<Data>>,
        /// Free-form JSON attached by the author.
        pub annotation_info: Option<Value>,
        /// Id of the user who made the annotation.
        pub user_id: Option<String>,
        /// Id of the model version that made the annotation. Absent when a person made it.
        pub model_version_id: Option<String>,
        /// Id of the version of the embedding model that produced the vectors in [`data`](Self::data).
        pub embed_model_version_id: Option<String>,
        /// Review state of the annotation, such as pending or approved.
        pub status: Option<Status>,
        /// Time the annotation was created.
        pub created_at: Option<Timestamp>,
        /// Time of the last change.
        pub modified_at: Option<Timestamp>,
        /// Whether the service trusts the annotation as correct.
        pub trusted: Option<bool>,
        /// Whether the annotation describes the input as a whole rather than a part of it.
        pub input_level: Option<bool>,
        /// Free-form JSON about how several annotators reached agreement.
        pub consensus_info: Option<Value>,
        /// Id of the labeling task in which the annotation was made.
        pub task_id: Option<String>,
        /// The person or the program that made the annotation, as free-form JSON.
        pub worker: Option<Value>,
    }
}
