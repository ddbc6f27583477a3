//! [`App`]: a container of inputs, concepts, models and workflows.

use serde_json::Value;

use super::{Timestamp, Visibility, Workflow};
use crate::lenient::record;

record! {
    /// A container of inputs, concepts, datasets, models and workflows.
    #[doc(alias = "resources_pb2.App")]
    pub struct App {
        /// App id, unique among the apps of its owner.
        pub id: String,
        /// Id of the user or organization that owns the app.
        pub user_id: Option<String>,
        /// Name. **Deprecated by Clarifai**: the id serves as the name.
        pub name: Option<String>,
        /// Short description.
        pub description: Option<String>,
        /// Longer description, as Markdown.
        pub notes: Option<String>,
        /// Language of concept names, such as `en`.
        pub default_language: Option<String>,
        /// The workflow that processes new inputs.
        pub default_workflow: Option<Workflow>,
        /// Id of the workflow that processes new inputs. **Deprecated by Clarifai**: see `default_workflow`.
        pub default_workflow_id: Option<String>,
        /// Free-form JSON attached by the owner.
        pub metadata: Option<Value>,
        /// Who may see the app.
        pub visibility: Option<Visibility>,
        /// Time between the frames that are sampled from a video, in milliseconds.
        pub sample_ms: Option<u64>,
        /// Time the app was created.
        pub created_at: Option<Timestamp>,
        /// Time of the last change.
        pub modified_at: Option<Timestamp>,
        /// Whether the caller has starred the app.
        pub is_starred: Option<bool>,
        /// Number of users who have starred the app.
        pub star_count: Option<u64>,
    }
}
