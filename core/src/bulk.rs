//! Bulk work: any number of items, split into requests that can run concurrently.

mod plan;
mod predict_many;
mod rounds;
mod under_way;
mod upload;
mod upload_task;

pub use plan::BatchLimits;
pub use predict_many::{
    PredictError, PredictMany, PredictReport, PredictTask, PredictTaskOutput, Prediction, Predictor,
};
pub use upload::{Outcome, Upload, UploadReport, UploadedItem, Uploader};
pub use upload_task::{UploadTask, UploadTaskOutput};

use crate::config::Config;
use crate::error::Error;
use crate::machine::{Driver, Machine, drive};

/// Work that is split into tasks, each of them a [`Machine`].
///
/// [`next`](Self::next) returns a task, and [`record`](Self::record) takes its result. Any number of tasks can be in
/// flight at once, and their results can be recorded in any order.
///
/// The method `bulk` of a client runs tasks concurrently. To run them with your own driver, see [`run`] and, for
/// asynchronous I/O, `run_async`. Tasks share state such as the rate limit through the [`Config`].
pub trait Bulk {
    /// One task. Failed requests are part of its output; its only error is that it was driven incorrectly.
    type Task: Machine;

    /// The report about all items.
    type Report;

    /// Returns the next task. Returns `None` when there are no more, or after an error that no other task can avoid.
    fn next(&mut self) -> Option<Self::Task>;

    /// Records the result of a task.
    fn record(&mut self, result: Result<<Self::Task as Machine>::Output, Error>);

    /// Returns the progress so far.
    fn progress(&self) -> Progress;

    /// Ends the work and returns the report. Items of tasks that [`next`](Self::next) returned and whose results were
    /// never recorded are reported as failed or, where the task may have changed something, as unknown.
    fn finish(self) -> Self::Report;
}

/// Bulk work, or a value that becomes bulk work with the configuration of a client. This is what `client.bulk` takes.
pub trait IntoBulk {
    /// The bulk work.
    type Bulk: Bulk;

    /// Creates the bulk work for a client with this configuration.
    fn into_bulk(self, config: &Config) -> Self::Bulk;
}

impl<B: Bulk> IntoBulk for B {
    type Bulk = B;

    fn into_bulk(self, _: &Config) -> B {
        self
    }
}

/// The progress of bulk work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Number of finished items, successful or failed.
    pub done: u64,
    /// Number of finished items that failed.
    pub failed: u64,
    /// Number of items in tasks that are in flight.
    pub in_flight: u64,
    /// Total number of items, where it is known in advance.
    pub total: Option<u64>,
}

/// Runs the tasks one after another, calls `watch` with the progress after each, and returns the report.
pub fn run<B: Bulk>(mut bulk: B, driver: &mut impl Driver, mut watch: impl FnMut(&Progress)) -> B::Report {
    while let Some(piece) = bulk.next() {
        let result = drive(piece, driver);
        bulk.record(result);
        watch(&bulk.progress());
    }
    bulk.finish()
}

/// Runs up to `parallel` tasks concurrently (at least 1), calls `watch` with the progress after each, and returns the
/// report.
///
/// Dropping the future stops the work. Whether the requests in flight took effect is then uncertain.
#[cfg(feature = "futures")]
pub async fn run_async<B: Bulk>(
    mut bulk: B,
    parallel: usize,
    driver: &impl crate::transport::AsyncTransport,
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
