//! `PATCH /v2/concepts`: renames 1 to 128 concepts.

use serde_json::json;

use crate::arguments::check_count;
use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Replay, Spec};
use crate::target::{Target, check_id};
use crate::types::Concept;

/// Renames 1 to 128 concepts.
///
/// The request always sends the action `overwrite`, the only one the service accepts for concepts.
#[doc(alias("Concepts.update", "Concepts.bulk_update"))]
#[derive(Clone, Debug, Default)]
pub struct PatchConcepts {
    names: Vec<(String, String)>,
}

impl PatchConcepts {
    /// Creates an empty request.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a new name for the concept with this id. An empty name is an error.
    pub fn rename(mut self, id: impl Into<String>, name: impl Into<String>) -> Self {
        self.names.push((id.into(), name.into()));
        self
    }
}

impl Operation for PatchConcepts {
    type Output = Vec<Concept>;
    const SPEC: Spec = Spec::patch("patch concepts").replay(Replay::Idempotent);

    fn target(&self, target: &mut Target) {
        target.path("concepts");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        check_count("concepts", self.names.len())?;
        let concepts = self.names.iter().enumerate().map(|(index, (id, name))| {
            check_id("id", id).map_err(|invalid| invalid.at("concepts", index))?;
            if name.is_empty() {
                return Err(InvalidArgument::new("name", "is empty").at("concepts", index));
            }
            Ok(json!({"id": id, "name": name}))
        });
        Body::json(&json!({"action": "overwrite", "concepts": concepts.collect::<Result<Vec<_>, _>>()?}))
    }

    fn decode(&self, answer: &Envelope) -> Result<Vec<Concept>, DecodeError> {
        answer.list_of("concepts", self.names.len())
    }
}
