//! Concepts: what a picture shows, what a text is about.

use serde_json::Value;

use super::{Image, Timestamp, Visibility};
use crate::lenient::record;

record! {
    /// Something a model can recognise, with how sure the model is where it recognised it.
    ///
    /// Concepts stand in the data of an output or a region (what was predicted), of an input (what
    /// a person said about it), and of a model's output info (what the model can tell apart).
    #[doc(alias = "tag")]
    pub struct Concept {
        /// The id, unique within its app.
        pub id: String,
        /// The name in the language asked for.
        pub name: String,
        /// How sure the model is, 0 to 1. On an input it says whether a person saw the concept (1)
        /// or saw that it is not there (0). See [`value`](Self::value()) for the plain number.
        pub value: Option<f64>,
        /// When it was created.
        pub created_at: Option<Timestamp>,
        /// When it was last changed; only in answers of 2016 and 2017.
        pub updated_at: Option<Timestamp>,
        /// The language of the name, such as `en`.
        pub language: Option<String>,
        /// The app it belongs to; `main` for those of the service's own models.
        pub app_id: Option<String>,
        /// The user or organisation the app belongs to.
        pub user_id: Option<String>,
        /// What the name means.
        pub definition: Option<String>,
        /// The group it belongs to where a model answers several questions at once, such as
        /// `age_appearance`.
        pub vocab_id: Option<String>,
        /// Who may see it.
        pub visibility: Option<Visibility>,
        /// How to draw the key points of a pose, if it is one.
        pub keypoint_info: Option<Box<Value>>,
        /// What else there is to say, such as where the concept came from.
        pub extra_info: Option<Box<Value>>,
        /// Whatever its owner attached.
        pub metadata: Option<Box<Value>>,
        /// A picture of it.
        pub image: Option<Box<Image>>,
    }
}

impl Concept {
    /// How sure the model is, 0 to 1. The service leaves zero out, so an absent value is 0.
    pub fn value(&self) -> f64 {
        self.value.unwrap_or(0.0)
    }

    /// Whether this is the concept's id, or its name.
    pub fn is(&self, name_or_id: &str) -> bool {
        self.id == name_or_id || self.name == name_or_id
    }
}
