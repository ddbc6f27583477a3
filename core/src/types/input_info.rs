//! [`InputInfo`]: what a model accepts.

use serde_json::Value;

use super::Model;
use crate::lenient::record;

record! {
    /// What a model accepts.
    pub struct InputInfo {
        /// Mapping from members of [`Data`](super::Data) to the names of the model's own inputs, as free-form JSON.
        pub fields_map: Option<Value>,
        /// Parameters of the input, as free-form JSON.
        pub params: Option<Value>,
        /// The embedding model whose vectors the model uses.
        pub base_embed_model: Option<Box<Model>>,
    }
}
