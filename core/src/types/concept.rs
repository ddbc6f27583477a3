//! [`Concept`]: a label, with the probability that it applies.

use serde_json::Value;

use super::{Image, Timestamp, Visibility};
use crate::lenient::record;

record! {
    /// A label such as `train` or `dog`, with the probability that it applies.
    ///
    /// Concepts appear in three places: in the data of an output or a region (what the model predicted), in the data of
    /// an input (how the input was annotated), and in the output info of a model (the labels that the model knows).
    #[doc(alias = "tag")]
    pub struct Concept {
        /// Concept id, unique within its app.
        pub id: String,
        /// Name, in the language that the request specified.
        pub name: String,
        /// Probability that the concept applies, 0 to 1. On an annotated input, 1 means that the concept is present and
        /// 0 that it is not. Often absent when it is 0; [`value()`](Self::value()) returns the plain number.
        pub value: Option<f64>,
        /// Time the concept was created.
        pub created_at: Option<Timestamp>,
        /// Time of the last change. Only in responses of 2016 and 2017.
        pub updated_at: Option<Timestamp>,
        /// Language code of the name, such as `en`.
        pub language: Option<String>,
        /// Id of the app that the concept belongs to; `main` for concepts of Clarifai's public models.
        pub app_id: Option<String>,
        /// Id of the user or organization that owns the app.
        pub user_id: Option<String>,
        /// Definition of the name.
        pub definition: Option<String>,
        /// Group that the concept belongs to when a model predicts several groups at once, such as `age_appearance`.
        pub vocab_id: Option<String>,
        /// Who may see the concept.
        pub visibility: Option<Visibility>,
        /// How to draw the key points of a pose, as free-form JSON. Absent for other concepts.
        pub keypoint_info: Option<Box<Value>>,
        /// Additional information, such as the origin of the concept, as free-form JSON.
        pub extra_info: Option<Box<Value>>,
        /// Free-form JSON attached by the owner.
        pub metadata: Option<Box<Value>>,
        /// Image that illustrates the concept.
        pub image: Option<Box<Image>>,
    }
}

impl Concept {
    /// Returns the probability that the concept applies, 0 to 1. An absent value counts as 0, because the service often
    /// leaves out zeros.
    pub fn value(&self) -> f64 {
        self.value.unwrap_or(0.0)
    }

    /// Returns whether `name_or_id` is the id or the name of the concept.
    pub fn is(&self, name_or_id: &str) -> bool {
        self.id == name_or_id || self.name == name_or_id
    }
}
