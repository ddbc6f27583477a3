//! Names that do not identify exactly one model.

use thiserror::Error as ThisError;

use super::text::{EXCERPT_BYTES, clean};

/// There is no model with the given name.
#[derive(Clone, Debug, ThisError)]
#[error("no model has the id or name `{}`{}{}", clean(name, 128), ignored_note(*ignored), similar_note(similar))]
#[non_exhaustive]
pub struct NoSuchModel {
    /// The name that was searched for.
    pub name: String,
    /// Number of models with that name that were ignored because they are embedders or clusterers.
    pub ignored: usize,
    /// Models with other names that the search found: the id, and the type in brackets.
    pub similar: Vec<String>,
}

fn similar_note(similar: &[String]) -> String {
    match similar {
        [] => String::new(),
        _ => format!("; similar models: {}", clean(&similar.join(", "), EXCERPT_BYTES)),
    }
}

fn ignored_note(ignored: usize) -> String {
    match ignored {
        0 => String::new(),
        count => {
            format!("; ignored {count} of that name that embed or cluster: specify the model type to use one of them")
        }
    }
}

/// Several models have the given name.
#[derive(Clone, Debug, ThisError)]
#[error("{} models have the name `{}`: {}", candidates.len(), clean(name, 128), clean(&candidates.join(", "), EXCERPT_BYTES))]
#[non_exhaustive]
pub struct AmbiguousName {
    /// The name that was searched for.
    pub name: String,
    /// Models with that name: the id, and the type in brackets.
    pub candidates: Vec<String>,
}
