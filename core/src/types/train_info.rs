//! [`TrainInfo`] and [`TrainStats`]: how a model is trained, and how its training went.

use serde_json::Value;

use super::Model;
use crate::lenient::record;

record! {
    /// How a model is trained.
    pub struct TrainInfo {
        /// Parameters of the training, as free-form JSON.
        pub params: Option<Value>,
        /// The dataset that the model is trained on, as free-form JSON.
        pub dataset: Option<Value>,
        /// The model whose training is continued.
        pub resume_from_model: Option<Box<Model>>,
    }
}

record! {
    /// The progress of a training.
    pub struct TrainStats {
        /// Loss at each recorded step.
        pub loss_curve: Option<Vec<LossCurveEntry>>,
    }
}

record! {
    /// The loss at one step of a training.
    pub struct LossCurveEntry {
        /// Epoch: number of passes over all examples.
        pub epoch: Option<u64>,
        /// Number of the step.
        pub global_step: Option<u64>,
        /// Loss at this step. Lower is better.
        pub cost: Option<f64>,
    }
}
