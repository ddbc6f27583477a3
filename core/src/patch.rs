//! What a patch does with what is there already.

use serde::Serialize;

/// What a patch does with what is there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum PatchAction {
    /// Adds to it, and replaces what has the same id or key. The default.
    #[default]
    Merge,
    /// Replaces it.
    Overwrite,
    /// Takes it away.
    Remove,
}
