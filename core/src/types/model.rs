//! [`Model`]: a model, its owner and its latest version.

use serde_json::Value;

use super::{
    Concept, Data, EnumValue, Image, ImportInfo, InputInfo, ModelVersion, OutputInfo, Status, Timestamp, TrainInfo,
    Visibility,
};
use crate::lenient::record;

record! {
    /// A model, its owner and one of its versions.
    ///
    /// The id with [`user_id`](Self::user_id) and [`app_id`](Self::app_id) identifies the model across apps, and the id
    /// of its [`model_version`](Self::model_version) identifies the version.
    ///
    /// ```
    /// use clarifai_core::types::Model;
    ///
    /// let model: Model = serde_json::from_str(
    ///     r#"{"id": "sorter", "model_type_id": "visual-classifier", "user_id": "me", "app_id": "photos",
    ///         "model_version": {"id": "v1", "status": {"code": 21100}}}"#,
    /// )?;
    /// assert_eq!(model.kind(), Some("visual-classifier"));
    /// assert!(model.status().is_some_and(|status| status.is_success()) && !model.is_public());
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub struct Model {
        /// Model id, unique within its app.
        pub id: String,
        /// Name. Since 2022 the id is readable, and the name repeats it.
        pub name: String,
        /// Name for display to people.
        pub display_name: Option<String>,
        /// Time the model was created.
        pub created_at: Option<Timestamp>,
        /// Time of the last change.
        pub modified_at: Option<Timestamp>,
        /// Id of the app that the model belongs to; `main` for many of Clarifai's public models.
        pub app_id: Option<String>,
        /// Id of the user or organization that owns the app. Absent from older responses.
        pub user_id: Option<String>,
        /// Kind of the model, such as `visual-classifier`. Absent from older responses; [`kind()`](Self::kind) reads
        /// those as well.
        pub model_type_id: Option<String>,
        /// What the model returns: its concepts and its configuration.
        #[doc(alias = "ModelOutputInfo")]
        pub output_info: Option<Box<OutputInfo>>,
        /// The version that the request specified, or the latest one.
        pub model_version: Option<Box<ModelVersion>>,
        /// Task that the model performs, as its owner describes it.
        pub task: Option<String>,
        /// Who may see the model.
        pub visibility: Option<Visibility>,
        /// Short description.
        pub description: Option<String>,
        /// Notes of the owner.
        pub notes: Option<String>,
        /// Free-form JSON attached by the owner.
        pub metadata: Option<Box<Value>>,
        /// Preset parameters, as free-form JSON.
        pub presets: Option<Box<Value>>,
        /// Default options for evaluations, as free-form JSON.
        pub default_eval_info: Option<Box<Value>>,
        /// Libraries that the model was made with.
        pub toolkits: Option<Vec<String>>,
        /// Use cases, as the owner lists them.
        pub use_cases: Option<Vec<String>>,
        /// Languages that the model supports.
        pub languages: Option<Vec<String>>,
        /// Languages that the model supports, with their names, as free-form JSON.
        pub languages_full: Option<Vec<Value>>,
        /// Consents that a user must give before using the model.
        pub check_consents: Option<Vec<String>>,
        /// Whether the caller has starred the model.
        pub is_starred: Option<bool>,
        /// Number of users who have starred the model.
        pub star_count: Option<u64>,
        /// Whether Clarifai recommends using the model in a workflow.
        pub workflow_recommended: Option<bool>,
        /// Original of which this model is a bookmark, as free-form JSON.
        pub bookmark_origin: Option<Box<Value>>,
        /// Image that illustrates the model.
        pub image: Option<Box<Image>>,
        /// Kind of license, as a value of the service's enumeration.
        pub license_type: Option<EnumValue>,
        /// Origin of the model, as a value of the service's enumeration.
        pub source: Option<EnumValue>,
        /// Creator of the model.
        pub creator: Option<String>,
        /// Number of versions.
        pub version_count: Option<u64>,
        /// How use of the model is billed, as a value of the service's enumeration.
        pub billing_type: Option<EnumValue>,
        /// Position among the featured models.
        pub featured_order: Option<i64>,
        /// Where the model may be deployed, as a value of the service's enumeration.
        pub deploy_restriction: Option<EnumValue>,
        /// Number of running replicas.
        pub replica_count: Option<u64>,
        /// Listing of the model at a model router, as free-form JSON.
        pub open_router_info: Option<Box<Value>>,
        /// What the model accepts. Only in responses until 2023; now in the version.
        pub input_info: Option<Box<InputInfo>>,
        /// How the model is trained. Only in responses until 2023; now in the version.
        pub train_info: Option<Box<TrainInfo>>,
        /// How the model was imported. Only in responses until 2023; now in the version.
        pub import_info: Option<Box<ImportInfo>>,
    }
}

impl Model {
    /// Returns the kind of the model, such as `visual-classifier`: `model_type_id`, or else `type_ext` or `type` of the
    /// output info, which older responses have. `None` if all are absent.
    pub fn kind(&self) -> Option<&str> {
        let info = self.output_info.as_deref();
        self.model_type_id
            .as_deref()
            .or_else(|| info?.type_ext.as_deref())
            .or_else(|| info?.kind.as_deref())
            .filter(|kind| !kind.is_empty())
    }

    /// Returns the concepts that the model predicts. Empty if the response does not list them; a request for the output
    /// info does.
    pub fn concepts(&self) -> &[Concept] {
        let data = self.output_info.as_ref().and_then(|info| info.data.as_ref());
        data.map_or(&[], Data::concepts)
    }

    /// Returns whether the model is one of Clarifai's own: its user is `clarifai` or, in responses without a user, its
    /// app is `main` or absent. A model that another user shares with everyone is not included.
    pub fn is_public(&self) -> bool {
        match self.user_id.as_deref() {
            Some(user) if !user.is_empty() => user == "clarifai",
            _ => matches!(self.app_id.as_deref(), None | Some("" | "main")),
        }
    }

    /// Returns the training state of the version in [`model_version`](Self::model_version): trained, in training,
    /// failed or untrained. `None` if the version or its status is absent.
    pub fn status(&self) -> Option<&Status> {
        self.model_version.as_ref()?.status.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_is_read_from_all_generations_of_responses() {
        for (json, kind) in [
            (
                r#"{"model_type_id": "visual-classifier", "output_info": {"type": "concept"}}"#,
                Some("visual-classifier"),
            ),
            (
                r#"{"output_info": {"type": "facedetect", "type_ext": "facedetect-identity"}}"#,
                Some("facedetect-identity"),
            ),
            (r#"{"output_info": {"type": "color"}}"#, Some("color")),
            (r#"{"output_info": {}}"#, None),
            ("{}", None),
        ] {
            let model: Model = serde_json::from_str(json).expect(json);
            assert_eq!(model.kind(), kind, "{json}");
            let written = serde_json::to_string(&model).expect(json);
            assert!(!written.contains(r#""kind""#), "{json}");
        }
    }
}
