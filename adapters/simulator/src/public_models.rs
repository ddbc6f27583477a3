//! The simulated public models.

use serde_json::{Value, json};

use crate::vision;
use crate::wildcard::matches;

/// The kind of output of a public model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Concepts,
    Colors,
    Embeddings,
}

/// A public model.
#[derive(Debug)]
pub(crate) struct PublicModel {
    /// Current id.
    pub(crate) id: &'static str,
    /// Legacy id, still accepted.
    pub(crate) old_id: &'static str,
    name: &'static str,
    display_name: &'static str,
    /// Legacy model type.
    model_type: &'static str,
    /// Current model type.
    model_type_id: &'static str,
    pub(crate) version: &'static str,
    pub(crate) kind: Kind,
}

pub(crate) const PUBLIC_MODELS: [PublicModel; 3] = [
    PublicModel {
        id: "general-image-recognition",
        old_id: "aaa03c23b3724a16a56b629203edc62c",
        name: "general-v1.3",
        display_name: "General (simulated)",
        model_type: "concept",
        model_type_id: "visual-classifier",
        version: "5100000000000000000000000000000a",
        kind: Kind::Concepts,
    },
    PublicModel {
        id: "color-recognition",
        old_id: "eeed0b6733a644cea07cf4c60f87ebb7",
        name: "color",
        display_name: "Color (simulated)",
        model_type: "color",
        model_type_id: "image-color-recognizer",
        version: "5100000000000000000000000000000c",
        kind: Kind::Colors,
    },
    PublicModel {
        id: "general-image-embedding",
        old_id: "bbb5f41425b8468d9b7a554ff10f8581",
        name: "general-v1.3",
        display_name: "General Embedding (simulated)",
        model_type: "embed",
        model_type_id: "visual-embedder",
        version: "5100000000000000000000000000000e",
        kind: Kind::Embeddings,
    },
];

/// Creation time reported for every public model and concept.
pub(crate) const CREATED: &str = "2016-03-09T17:11:39.608845Z";

/// Finds a public model by its current or legacy id.
pub(crate) fn find(id: &str) -> Option<&'static PublicModel> {
    PUBLIC_MODELS.iter().find(|entry| entry.id == id || entry.old_id == id)
}

impl PublicModel {
    /// Returns whether the name, the display name or an id matches a pattern, in which `*` stands for any text.
    pub(crate) fn has_name(&self, pattern: &str) -> bool {
        [self.name, self.display_name, self.id, self.old_id].iter().any(|name| matches(pattern, name))
    }

    /// Returns whether the model has this type, by its legacy or current name.
    pub(crate) fn has_type(&self, wanted: &str) -> bool {
        self.model_type == wanted || self.model_type_id == wanted
    }

    /// Returns the model as JSON, with the id it was requested by (default: the legacy id). `verbose` adds its
    /// concepts.
    pub(crate) fn json(&self, asked_as: Option<&str>, verbose: bool) -> Value {
        let mut model = json!({
            "id": asked_as.unwrap_or(self.old_id),
            "name": self.name,
            "display_name": self.display_name,
            "created_at": CREATED,
            "app_id": "main",
            "user_id": "clarifai",
            "model_type_id": self.model_type_id,
            "output_info": {
                "message": "Show output_info with: GET /models/{model_id}/output_info",
                "type": self.model_type,
                "type_ext": self.model_type,
                "output_config": {"concepts_mutually_exclusive": false, "closed_environment": false},
            },
            "model_version": {
                "id": self.version,
                "created_at": CREATED,
                "status": {"code": 21100, "description": "Model is trained and ready"},
            },
            "visibility": {"gettable": 50},
        });
        if self.kind == Kind::Concepts {
            model["model_version"]["active_concept_count"] = vision::vocabulary().len().into();
            if verbose {
                let concepts: Vec<_> = vision::vocabulary()
                    .iter()
                    .map(|concept| {
                        let (id, name) = (concept.id, concept.name());
                        json!({"id": id, "name": name, "language": "en", "app_id": "main", "created_at": CREATED})
                    })
                    .collect();
                model["output_info"]["data"] = json!({"concepts": concepts});
            }
        }
        if verbose {
            model["output_info"].as_object_mut().map(|info| info.remove("message"));
        }
        model
    }
}
