//! How a patch changes existing data.

use serde::Serialize;

/// How a patch changes existing data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum PatchAction {
    /// Adds to the existing data, and replaces items with the same id or key. The default.
    #[default]
    Merge,
    /// Replaces the existing data.
    Overwrite,
    /// Removes the given data.
    Remove,
}
