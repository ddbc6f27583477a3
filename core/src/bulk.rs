//! Bulk work: any number of items, split into requests that can run concurrently.

mod drivers;
mod plan;
mod predict_many;
mod rounds;
mod scheduler;
mod send_many;
mod under_way;
mod upload;
mod upload_task;

pub use drivers::run;
#[cfg(feature = "futures")]
pub use drivers::run_async;
pub(crate) use drivers::run_on_threads;
pub use plan::BatchLimits;
pub use predict_many::{
    PredictError, PredictMany, PredictReport, PredictTask, PredictTaskOutput, Prediction, Predictor,
};
pub use scheduler::{Action, Scheduler, TaskId};
pub use send_many::{SendError, SendMany, SendReport, SendTask, SendTaskOutput, Sender, SentItem};
pub use upload::{Outcome, Upload, UploadReport, UploadedItem, Uploader};
pub use upload_task::{UploadTask, UploadTaskOutput};

use crate::config::Config;
use crate::error::Error;
use crate::machine::Machine;

/// Work that is split into tasks, each of them a [`Machine`].
///
/// [`next`](Self::next) returns a task, and [`record`](Self::record) takes its result. Any number of tasks can be in
/// flight at once, and their results can be recorded in any order.
///
/// The method `bulk` of a client runs tasks concurrently. To run them with your own driver, see [`run`] and, for
/// asynchronous I/O, `run_async`; to run them in your own event loop, see [`Scheduler`]. Tasks share state such as the
/// rate limit through the [`Config`].
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
