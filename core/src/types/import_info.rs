//! [`ImportInfo`] and [`PretrainedModelConfig`]: models that were trained elsewhere and uploaded.

use serde_json::Value;

use crate::lenient::record;

record! {
    /// How a model was imported.
    pub struct ImportInfo {
        /// Parameters of the import, as free-form JSON.
        pub params: Option<Value>,
    }
}

record! {
    /// How to read the files of an uploaded model.
    pub struct PretrainedModelConfig {
        /// Mapping from members of [`Data`](super::Data) to the names of the model's own inputs, as free-form JSON.
        pub input_fields_map: Option<Value>,
        /// Mapping from members of [`Data`](super::Data) to the names of the model's own outputs, as free-form JSON.
        pub output_fields_map: Option<Value>,
        /// URL of a ZIP archive with the files of the model.
        pub model_zip_url: Option<String>,
        /// Whether the model runs on the developer's own computer instead of at Clarifai.
        pub local_dev: Option<bool>,
    }
}
