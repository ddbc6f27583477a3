//! The ledger: every change of the state, in order, for tests to read.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One change of one resource, or the refusal of a duplicate.
///
/// A call for `n` resources adds `n` entries. A call that is executed twice adds its entries twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Entry {
    /// Time of the call since 1970.
    pub at: Duration,
    /// The application, as `user/app`.
    pub app: String,
    /// The operation: `create`, `patch`, `delete`, `train`, `feedback`.
    pub operation: String,
    /// The kind of resource: `concept`, `input`, `model`, `version`, `workflow`, `search`.
    pub kind: String,
    /// The id of the resource: the one in the request, or else the one the service chose.
    pub id: String,
    /// Length and hash of the request's content for the resource: equal for equal content.
    pub content: String,
    /// Status code of the refusal if the resource already existed, such as 30100. Also set if
    /// [`Duplicates::Ignore`](crate::rules::Duplicates::Ignore) makes the response a success.
    pub refused: Option<u32>,
}

impl Entry {
    /// Returns whether the state changed.
    pub fn committed(&self) -> bool {
        self.refused.is_none()
    }
}

/// The FNV-1a hash. It is not cryptographic; it only names equal content equally.
pub(crate) fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3))
}
