//! `POST /v2/inputs/searches` with `only_count`: counts the hits of a search.

use super::query::{Query, query_methods};
use super::{SearchAlgorithm, SearchFilter, SearchMetric, SearchRank};
use crate::body::{Body, BodyWriter};
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Replay, Spec};
use crate::target::Target;
use crate::types::{HitCount, Timestamp};

/// Counts the inputs that a search finds, without returning them: `POST /v2/inputs/searches` with `only_count`.
///
/// The number is an estimate of the service. A search needs at least one filter or rank.
///
/// ```
/// use clarifai_core::searches::{CountInputs, InputKind, SearchFilter};
///
/// let videos = CountInputs::new().filter(SearchFilter::kind(InputKind::Video));
/// ```
#[derive(Clone, Debug, Default)]
pub struct CountInputs {
    query: Query,
}

impl CountInputs {
    /// Creates a search without filters and ranks, which cannot be sent.
    pub fn new() -> Self {
        Self::default()
    }

    query_methods!();
}

impl Operation for CountInputs {
    type Output = u64;
    const SPEC: Spec = Spec::post("count inputs").replay(Replay::Safe);

    fn target(&self, target: &mut Target) {
        target.path("inputs").path("searches");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        let mut json = BodyWriter::with_capacity(192);
        json.raw("{");
        self.query.write(&mut json)?;
        json.raw(",\"only_count\":true}");
        Ok(json.finish())
    }

    fn decode(&self, response: &Envelope) -> Result<u64, DecodeError> {
        let counts: Vec<HitCount> = response.list_of("hit_counts", 1)?;
        // The service leaves out zeros.
        Ok(counts.first().and_then(|count| count.estimated_total).unwrap_or(0))
    }
}
