//! `POST /v2/concepts`: creates 1 to 128 concepts.

use serde_json::json;

use crate::arguments::check_count;
use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Replay, Spec};
use crate::target::{Target, check_id};
use crate::types::Concept;

/// Creates 1 to 128 concepts. For a concept without a name, the service uses the id as the name.
///
/// The ids are caller-chosen, so sending the request again creates nothing twice; the service refuses it as a
/// duplicate.
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
    /// Creates an empty request.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a concept with this id.
    pub fn concept(mut self, id: impl Into<String>) -> Self {
        self.concepts.push((id.into(), None));
        self
    }

    /// Adds a concept with this id and name.
    pub fn named(mut self, id: impl Into<String>, name: impl Into<String>) -> Self {
        self.concepts.push((id.into(), Some(name.into())));
        self
    }
}

impl Operation for CreateConcepts {
    type Output = Vec<Concept>;
    const SPEC: Spec = Spec::post("create concepts").replay(Replay::Idempotent);

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
