//! [`Dataset`]: a named set of stored inputs, and [`DatasetInput`], its membership of one input.

use serde_json::Value;

use super::{Image, Input, Status, Timestamp, Visibility};
use crate::lenient::record;

record! {
    /// A named set of the inputs of an app, for training, evaluation and export.
    #[doc(alias = "resources_pb2.Dataset")]
    pub struct Dataset {
        /// Dataset id, unique within its app.
        pub id: String,
        /// Id of the app that the dataset belongs to.
        pub app_id: Option<String>,
        /// Id of the user or organization that owns the app.
        pub user_id: Option<String>,
        /// Short description.
        pub description: Option<String>,
        /// Longer description, as Markdown.
        pub notes: Option<String>,
        /// Free-form JSON attached by the owner.
        pub metadata: Option<Value>,
        /// Who may see the dataset.
        pub visibility: Option<Visibility>,
        /// Cover image.
        pub image: Option<Image>,
        /// Time the dataset was created.
        pub created_at: Option<Timestamp>,
        /// Time of the last change.
        pub modified_at: Option<Timestamp>,
        /// The filter that decides which annotations belong to a new version, as free-form JSON.
        pub default_annotation_filter: Option<Value>,
        /// How the service processes a new version, as free-form JSON.
        pub default_processing_info: Option<Value>,
        /// A version of the dataset, as free-form JSON. Only where the request asked for one.
        pub version: Option<Value>,
        /// Whether the caller has starred the dataset.
        pub is_starred: Option<bool>,
        /// Number of users who have starred the dataset.
        pub star_count: Option<u64>,
        /// Where the dataset is bookmarked from, as free-form JSON.
        pub bookmark_origin: Option<Value>,
    }
}

record! {
    /// The membership of an input in a dataset.
    pub struct DatasetInput {
        /// Time the input was added to the dataset.
        pub created_at: Option<Timestamp>,
        /// The input. In the response to a request that adds inputs, its status is the [outcome](Self::outcome).
        pub input: Option<Input>,
    }
}

impl DatasetInput {
    /// Returns the id of the input; empty if the response does not contain it.
    pub fn input_id(&self) -> &str {
        self.input.as_ref().map_or("", |input| &input.id)
    }

    /// Returns the outcome of adding the input, in the response to that request: the status of the input.
    pub fn outcome(&self) -> Option<&Status> {
        self.input.as_ref()?.status.as_ref()
    }
}
