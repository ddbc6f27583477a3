//! [`Hit`]: one result of a search, and [`HitCount`], the number of results.

use super::{Annotation, Input};
use crate::lenient::record;

record! {
    /// An input that a search found, with its score. A response lists the hits with the highest score first.
    pub struct Hit {
        /// How well the input matches the search, 0 to 1. Often absent when it is 0; [`score()`](Self::score()) returns
        /// the plain number.
        pub score: Option<f64>,
        /// The input.
        pub input: Option<Box<Input>>,
        /// The annotation of the input that matches. Absent in older responses.
        pub annotation: Option<Box<Annotation>>,
        /// Id of the user or organization that owns the input.
        pub user_id: Option<String>,
        /// Id of the app that the input belongs to.
        pub app_id: Option<String>,
    }
}

record! {
    /// The number of hits of one search.
    pub struct HitCount {
        /// Estimated number of hits. Absent counts as 0.
        pub estimated_total: Option<u64>,
    }
}

impl Hit {
    /// Returns how well the input matches the search, 0 to 1. An absent score counts as 0, because the service may
    /// leave out zeros.
    pub fn score(&self) -> f64 {
        self.score.unwrap_or(0.0)
    }

    /// Returns the id of the input, or `None` if the input or its id is absent.
    pub fn input_id(&self) -> Option<&str> {
        self.input.as_ref().map(|input| input.id.as_str()).filter(|id| !id.is_empty())
    }
}
