//! What was done, in order, for tests to read.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One effect of a call on one resource, or its refusal as a duplicate.
///
/// A call for many resources leaves an entry for each. A call that is made twice leaves its entries twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Entry {
    /// The time since 1970.
    pub at: Duration,
    /// The application, as `user/app`.
    pub app: String,
    /// What was done: `create`, `patch`, `delete`, `train`, `feedback`.
    pub operation: String,
    /// What it was done to: `concept`, `input`, `model`, `version`, `workflow`, `search`.
    pub kind: String,
    /// The id of what it was done to: the one that was sent, or else the one that was given.
    pub id: String,
    /// Length and hash of what was sent for it: equal for equal content.
    pub content: String,
    /// The code for what is there already, if it was: also where
    /// [`Duplicates::Ignore`](crate::rules::Duplicates::Ignore) answers as if nothing were wrong.
    pub refused: Option<u32>,
}

impl Entry {
    /// Whether the state changed by it.
    pub fn committed(&self) -> bool {
        self.refused.is_none()
    }
}

/// The FNV-1a hash: no secret and no proof, only a name for a content.
pub(crate) fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3))
}
