//! What a search finds.

use super::{Annotation, Input};
use crate::lenient::record;

record! {
    /// An input that a search found. Hits come with the best first.
    pub struct Hit {
        /// How well it fits, 0 to 1.
        pub score: Option<f64>,
        /// The input.
        pub input: Option<Box<Input>>,
        /// The part of the input that fits.
        pub annotation: Option<Box<Annotation>>,
        /// The user or organisation the input belongs to.
        pub user_id: Option<String>,
        /// The app the input belongs to.
        pub app_id: Option<String>,
    }
}

impl Hit {
    /// How well it fits, 0 to 1. The service leaves zero out, so an absent score is 0.
    pub fn score(&self) -> f64 {
        self.score.unwrap_or(0.0)
    }

    /// The id of the input.
    pub fn input_id(&self) -> Option<&str> {
        self.input.as_ref().map(|input| input.id.as_str()).filter(|id| !id.is_empty())
    }
}
