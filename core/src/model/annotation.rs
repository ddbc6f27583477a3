//! Annotations: what a person or a model says about a stored input.

use serde_json::Value;

use super::{Data, Status, Timestamp};
use crate::lenient::record;

record! {
    /// What a person or a model says about a stored input, or about a part of it.
    pub struct Annotation {
        /// The id of the annotation.
        pub id: String,
        /// The input it is about.
        pub input_id: Option<String>,
        /// What it says.
        pub data: Option<Box<Data>>,
        /// Whatever its author attached.
        pub annotation_info: Option<Value>,
        /// Who made it.
        pub user_id: Option<String>,
        /// The model version that made it.
        pub model_version_id: Option<String>,
        /// The version of the model that made the vectors in it.
        pub embed_model_version_id: Option<String>,
        /// Whether it has been looked over.
        pub status: Option<Status>,
        /// When it was made.
        pub created_at: Option<Timestamp>,
        /// When it was last changed.
        pub modified_at: Option<Timestamp>,
        /// Whether the service takes it for true.
        pub trusted: Option<bool>,
        /// Whether it is about the input as a whole.
        pub input_level: Option<bool>,
        /// How several people came to it.
        pub consensus_info: Option<Value>,
        /// The labelling task it was made in.
        pub task_id: Option<String>,
        /// Who or what did the work.
        pub worker: Option<Value>,
    }
}
