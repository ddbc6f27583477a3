//! Work of any size in pieces that may be carried out side by side.

mod plan;
mod predict_many;
mod rounds;
mod under_way;
mod upload;
mod upload_batch;

pub use plan::CallLimits;
pub use predict_many::{NotPredicted, PredictBatch, PredictMany, PredictReport, PredictedBatch, Prediction};
pub use upload::{Outcome, Upload, UploadReport, UploadedItem};
pub use upload_batch::{UploadBatch, UploadedBatch};

use crate::error::Error;
use crate::machine::{Driver, Machine, drive};

/// Work in pieces: [`next`](Self::next) hands one out, [`record`](Self::record) takes what came of it. Any number may
/// be under way at once, and they may come back in any order.
///
/// Adapters carry pieces out in parallel: see [`run`] and, for asynchronous I/O, `run_async`. What the pieces have in
/// common, such as the pace of requests, they share through the [`App`](crate::App).
pub trait Bulk {
    /// One piece. It comes to no error of its own: what went wrong is part of its output.
    type Piece: Machine;

    /// What came of all of it.
    type Report;

    /// The next piece, or `None` when all are handed out, or when an error showed that going on is pointless.
    fn next(&mut self) -> Option<Self::Piece>;

    /// Takes what came of a piece.
    fn record(&mut self, result: Result<<Self::Piece as Machine>::Output, Error>);

    /// How far it is.
    fn progress(&self) -> Progress;

    /// The account. Pieces that were handed out and never recorded are accounted for as unknown.
    fn finish(self) -> Self::Report;
}

/// How far some work is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Items that are done, well or not.
    pub done: u64,
    /// Items among them that went wrong.
    pub failed: u64,
    /// Items handed out in pieces that are under way.
    pub in_flight: u64,
    /// Items there are, where that is known beforehand.
    pub total: Option<u64>,
}

/// Carries out one piece after the other, and tells `watch` after each how far it is.
pub fn run<B: Bulk>(mut bulk: B, driver: &mut impl Driver, mut watch: impl FnMut(&Progress)) -> B::Report {
    while let Some(piece) = bulk.next() {
        let result = drive(piece, driver);
        bulk.record(result);
        watch(&bulk.progress());
    }
    bulk.finish()
}

/// Carries out up to `parallel` pieces at once, at least one, and tells `watch` after each how far it is.
///
/// Dropping the future ends the work where it is; what was under way is in doubt.
#[cfg(feature = "futures")]
pub async fn run_async<B: Bulk>(
    mut bulk: B,
    parallel: usize,
    driver: &impl crate::machine::AsyncDriver,
    mut watch: impl FnMut(&Progress),
) -> B::Report {
    use futures_util::stream::{FuturesUnordered, StreamExt as _};
    let mut under_way = FuturesUnordered::new();
    loop {
        while under_way.len() < parallel.max(1) {
            let Some(piece) = bulk.next() else { break };
            under_way.push(crate::machine::drive_async(piece, driver));
        }
        let Some(result) = under_way.next().await else { break };
        bulk.record(result);
        watch(&bulk.progress());
    }
    bulk.finish()
}
