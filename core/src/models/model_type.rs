//! Older names of model types, which the service no longer knows, and the current ones in their place.

use crate::error::InvalidArgument;
use crate::types::Model;

/// An older name, and the current types that it stands for.
const CURRENT: &[(&str, &[&str])] = &[
    ("concept", &["visual-classifier", "embedding-classifier"]),
    ("embed", &["visual-embedder"]),
    ("detect-embed", &["visual-detector-embedder"]),
    ("cluster", &["clusterer"]),
    ("color", &["image-color-recognizer"]),
    ("facedetect", &["visual-detector"]),
    ("facedetect-identity", &["visual-detector"]),
    ("facedetect-demographics", &["visual-detector"]),
    ("detection", &["visual-detector"]),
    ("detect-concept", &["visual-detector"]),
    // Models that measured how sharp an image is. They have no successor.
    ("blur", &[]),
    ("focus", &[]),
];

/// Returns the current types for a type in either spelling. A current type stands for itself.
fn current<'a>(model_type: &'a &'a str) -> &'a [&'a str] {
    let known = CURRENT.iter().find(|(old, _)| old == model_type);
    known.map_or(std::slice::from_ref(model_type), |(_, current)| current)
}

/// Returns the type to send in a search, or `None` if the type stands for several: a search takes only one, so the
/// results have to be selected with [`matches`].
///
/// # Errors
///
/// Names a type that no longer exists.
pub(crate) fn to_send(model_type: &str) -> Result<Option<&str>, InvalidArgument> {
    if let Some((_, types)) = CURRENT.iter().find(|(old, _)| *old == model_type) {
        return match types {
            [] => {
                let problem = format!("`{model_type}` no longer exists; a current one is `visual-classifier`");
                Err(InvalidArgument::new("model type", problem))
            }
            [one] => Ok(Some(one)),
            _ => Ok(None),
        };
    }
    Ok(Some(model_type))
}

/// Returns whether a model has this type, in either spelling.
pub(crate) fn matches(model: &Model, model_type: &str) -> bool {
    types_of(model).any(|one| one == model_type || current(&model_type).contains(&one))
}

/// Returns the types that the service reports for a model, in the current and the old spelling.
pub(crate) fn types_of(model: &Model) -> impl Iterator<Item = &str> {
    let info = model.output_info.as_deref();
    [
        model.model_type_id.as_deref(),
        info.and_then(|info| info.kind.as_deref()),
        info.and_then(|info| info.type_ext.as_deref()),
    ]
    .into_iter()
    .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_type_is_sent_as_its_successor_or_refused() {
        for (model_type, sent) in [
            ("facedetect", Ok(Some("visual-detector"))),
            ("embed", Ok(Some("visual-embedder"))),
            ("concept", Ok(None)),
            ("text-classifier", Ok(Some("text-classifier"))),
            ("blur", Err("model type")),
        ] {
            let result = to_send(model_type);
            assert_eq!(result.as_ref().map_err(InvalidArgument::argument), sent.as_ref().map_err(|error| *error));
        }
    }

    #[test]
    fn models_of_both_generations_match_an_old_type() {
        for (json, matching) in [
            (r#"{"output_info": {"type": "concept"}}"#, true),
            (r#"{"model_type_id": "visual-classifier"}"#, true),
            (r#"{"model_type_id": "embedding-classifier"}"#, true),
            (r#"{"model_type_id": "visual-embedder"}"#, false),
            ("{}", false),
        ] {
            let model: Model = serde_json::from_str(json).expect(json);
            assert_eq!(matches(&model, "concept"), matching, "{json}");
        }
    }
}
