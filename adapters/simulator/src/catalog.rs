//! The public models it can stand for.

use serde_json::{Value, json};

use crate::vision;

/// What a model answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Concepts,
    Colors,
    Embeddings,
}

/// A public model.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Id of today.
    pub(crate) id: &'static str,
    /// Id of old, still understood.
    pub(crate) old_id: &'static str,
    name: &'static str,
    display_name: &'static str,
    /// Type of old.
    model_type: &'static str,
    /// Type of today.
    model_type_id: &'static str,
    pub(crate) version: &'static str,
    pub(crate) kind: Kind,
}

pub(crate) const CATALOG: [Entry; 3] = [
    Entry {
        id: "general-image-recognition",
        old_id: "aaa03c23b3724a16a56b629203edc62c",
        name: "general-v1.3",
        display_name: "General (simulated)",
        model_type: "concept",
        model_type_id: "visual-classifier",
        version: "5100000000000000000000000000000a",
        kind: Kind::Concepts,
    },
    Entry {
        id: "color-recognition",
        old_id: "eeed0b6733a644cea07cf4c60f87ebb7",
        name: "color",
        display_name: "Color (simulated)",
        model_type: "color",
        model_type_id: "color-classifier",
        version: "5100000000000000000000000000000c",
        kind: Kind::Colors,
    },
    Entry {
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

/// The same moment for all: they were not made, they were written.
pub(crate) const CREATED: &str = "2016-03-09T17:11:39.608845Z";

pub(crate) fn find(id: &str) -> Option<&'static Entry> {
    CATALOG.iter().find(|entry| entry.id == id || entry.old_id == id)
}

impl Entry {
    /// Whether a search for this name finds it: the name, display name or an id, with `*` for any text.
    pub(crate) fn has_name(&self, pattern: &str) -> bool {
        [self.name, self.display_name, self.id, self.old_id].iter().any(|name| matches(pattern, name))
    }

    /// Whether it is of this type, in either spelling.
    pub(crate) fn has_type(&self, wanted: &str) -> bool {
        self.model_type == wanted || self.model_type_id == wanted
    }

    /// The model as JSON; with its concepts where they are asked for. The id is the one it was asked for by.
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
                        json!({"id": concept.id, "name": concept.name(), "language": "en", "app_id": "main", "created_at": CREATED})
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

/// Whether `text` fits `pattern`, in which `*` stands for any text; letters of either case are the same.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("color", "color", true),
            ("Color", "cOLOR", true),
            ("color", "colors", false),
            ("gen*", "general-v1.3", true),
            ("*", "", true),
            ("*v1*", "general-v1.3", true),
            ("g*l*3", "general-v1.3", true),
            ("g*x*3", "general-v1.3", false),
            ("a*a", "a", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} on {text}");
        }
    }
}
