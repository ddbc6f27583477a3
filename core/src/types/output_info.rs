//! [`OutputInfo`]: the concepts a model predicts and its configuration.

use serde_json::Value;

use super::{Concept, Data};
use crate::lenient::record;

record! {
    /// What a model returns: the concepts it predicts and its configuration.
    #[doc(alias = "ModelOutputInfo")]
    pub struct OutputInfo {
        /// The concepts that the model predicts. Absent unless the request asks for the output info.
        pub data: Option<Data>,
        /// Configuration of the model.
        #[doc(alias = "ModelOutputConfig")]
        pub output_config: Option<OutputConfig>,
        /// Hint on which request returns the members that are left out.
        pub message: Option<String>,
        /// Mapping from members of [`Data`] to the names of the model's own outputs, as free-form JSON.
        pub fields_map: Option<Value>,
        /// Parameters of the model, as free-form JSON.
        pub params: Option<Value>,
        /// Specifications of the parameters that the model has, as free-form JSON.
        pub params_specs: Option<Vec<Value>>,
        /// Kind of the model, such as `concept`. Only in older responses; see [`Model::kind`](super::Model::kind).
        #[doc(alias = "type")]
        pub kind: Option<String> = "type",
        /// More specific kind of the model, such as `facedetect-identity`. Only in older responses; see
        /// [`Model::kind`](super::Model::kind).
        pub type_ext: Option<String>,
    }
}

record! {
    /// The configuration of a model.
    #[doc(alias = "ModelOutputConfig")]
    pub struct OutputConfig {
        /// Whether at most one of the concepts applies to an input.
        pub concepts_mutually_exclusive: Option<bool>,
        /// Whether the model is trained with a closed environment: every input belongs to one of its concepts, and one
        /// that does not is a negative example of all of them. Absent from newer responses.
        pub closed_environment: Option<bool>,
        /// Id of the model that this one is based on.
        pub existing_model_id: Option<String>,
        /// Language code of the concepts' names, such as `en`.
        pub language: Option<String>,
        /// Parameters of the training, as a string that contains JSON. Newer models use
        /// [`hyper_params`](Self::hyper_params).
        pub hyper_parameters: Option<String>,
        /// Maximum number of concepts in an output. 0 means unset.
        pub max_concepts: Option<u64>,
        /// Minimum value of the concepts in an output, 0 to 1.
        pub min_value: Option<f64>,
        /// The only concepts that an output may contain.
        pub select_concepts: Option<Vec<Concept>>,
        /// Maximum duration of the training, in seconds.
        pub training_timeout: Option<u64>,
        /// Time between the frames of a video that the model processes, in milliseconds.
        pub sample_ms: Option<u64>,
        /// Parameters of the training, as free-form JSON.
        pub hyper_params: Option<Value>,
        /// Id of the version of the embedding model that the training uses.
        pub embed_model_version_id: Option<String>,
        /// Whether the training fails if a concept has no positive examples.
        pub fail_on_missing_positive_examples: Option<bool>,
        /// Free-form JSON about the model.
        pub model_metadata: Option<Value>,
    }
}
