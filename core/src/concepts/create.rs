//! `POST /v2/concepts`: new concepts, 1 to 128.

use http::Method;
use serde_json::json;

use crate::arguments::check_count;
use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Replay};
use crate::target::{Target, check_id};
use crate::types::Concept;

/// Creates concepts. Without a name, the service takes the id for the name.
///
/// The ids are the caller's, so a second sending creates nothing twice; it is refused as a duplicate.
///
/// ```
/// use clarifai_core::concepts::CreateConcepts;
///
/// let create = CreateConcepts::new().concept("cat").named("dog", "good dog");
/// ```
#[doc(alias("Concepts.create", "bulk_create"))]
#[derive(Clone, Debug, Default)]
pub struct CreateConcepts {
    concepts: Vec<(String, Option<String>)>,
}

impl CreateConcepts {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a concept of this id.
    pub fn concept(mut self, id: impl Into<String>) -> Self {
        self.concepts.push((id.into(), None));
        self
    }

    /// Adds a concept of this id and name.
    pub fn named(mut self, id: impl Into<String>, name: impl Into<String>) -> Self {
        self.concepts.push((id.into(), Some(name.into())));
        self
    }
}

impl Operation for CreateConcepts {
    type Output = Vec<Concept>;
    const NAME: &'static str = "create concepts";
    const METHOD: Method = Method::POST;

    fn replay(&self) -> Replay {
        Replay::Idempotent
    }

    fn target(&self, target: &mut Target) {
        target.path("concepts");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        check_count("concepts", self.concepts.len())?;
        let concepts = self.concepts.iter().enumerate().map(|(index, (id, name))| {
            check_id("id", id).map_err(|invalid| invalid.at("concepts", index))?;
            Ok(match name {
                Some(name) => json!({"id": id, "name": name}),
                None => json!({"id": id}),
            })
        });
        Body::json(&json!({"concepts": concepts.collect::<Result<Vec<_>, _>>()?}))
    }

    fn decode(&self, answer: &Envelope) -> Result<Vec<Concept>, DecodeError> {
        answer.list_of("concepts", self.concepts.len())
    }
}
