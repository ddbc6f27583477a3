//! Predictions for any number of inputs.

use std::fmt;
use std::mem;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::plan::{BatchLimits, Plan, Planned};
use super::rounds::{ItemRetries, Rounds};
use super::under_way::UnderWay;
use super::upload_task::{has_stale_token, is_fatal, is_misuse, is_too_large, is_unavailable};
use super::{Bulk, IntoBulk, Progress};
use serde_json::value::RawValue;

use crate::config::Config;
use crate::error::{Error, Misuse};
use crate::inputs::NewInput;
use crate::machine::{Call, Event, Machine, Step};
use crate::models::Predict;
use crate::operation::{ByItem, KeepRawIf, Operation};
use crate::time::{Instant, Latest, Now};
use crate::types::{Flag, Output, Status, StatusClass};

/// Predictions of a model for any number of inputs.
///
/// The inputs are split into requests of up to 128 inputs and 128 MB each; a video is sent alone. A prediction changes
/// nothing, so a request that fails with a transient error is sent again, within the
/// [rate limit](Config::with_rate_limiter) of the configuration (default: 15 requests a second). Each request counts
/// against the quota.
///
/// The report contains the predictions. To process them as they arrive, for example because they do not fit in memory,
/// set a callback with [`on_item`](Self::on_item).
///
/// ```
/// use clarifai_core::{Config, Credentials, bulk::{self, IntoBulk, PredictMany}, inputs::NewInput, models::Predict, testing::MockTransport};
/// use serde_json::json;
///
/// let config = Config::new(Credentials::key("0123456789abcdef")?);
/// let inputs = ["a", "b"].map(|name| NewInput::image_url(format!("https://example.com/{name}.jpg")));
/// let output = |name| json!({"status": {"code": 10000}, "data": {"concepts": [{"name": name, "value": 0.9}]}});
/// let mut script = MockTransport::new().expect("POST", "/v2/models/general/outputs")
///     .reply(200, json!({"status": {"code": 10000}, "outputs": [output("cat"), output("dog")]}));
///
/// // With a client: client.bulk(PredictMany::new(predict, inputs), 4, |_| ())
/// let predict = Predict::new("general").min_value(0.5);
/// let report = bulk::run(PredictMany::new(predict, inputs).into_bulk(&config), &mut script, |_| ());
/// let names: Vec<_> = report.predictions().iter().map(|one| &*one.result.as_ref().unwrap().concepts()[0].name).collect();
/// assert_eq!(names, ["cat", "dog"]);
/// # Ok::<(), clarifai_core::Error>(())
/// ```
#[must_use = "nothing is sent before it is run"]
pub struct PredictMany<I: Iterator> {
    predict: Predict,
    plan: Plan<I>,
    max_retries: u32,
    on_item: Option<OnItem>,
    raw: bool,
}

/// The bulk work of [`PredictMany`].
#[must_use = "nothing is sent before it is run"]
pub struct Predictor<I: Iterator> {
    config: Config,
    work: PredictMany<I>,
    predictions: Vec<Prediction>,
    under_way: UnderWay,
    done: u64,
    failed: u64,
    stopped: Option<Arc<Error>>,
}

type OnItem = Box<dyn FnMut(Prediction) + Send>;

/// An input and the model's output for it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Prediction {
    /// Index of the input, counted from 0.
    pub index: u64,
    /// Id of the input, if the caller set one.
    pub id: Option<String>,
    /// Output of the model, or the error of this input.
    pub result: Result<Output, PredictError>,
    /// JSON of the output as received, including that of a failed one. Set only with
    /// [`with_raw`](PredictMany::with_raw).
    pub raw: Option<Box<RawValue>>,
}

impl Planned {
    fn prediction(&self, result: Result<Output, PredictError>) -> Prediction {
        Prediction { index: self.index, id: self.input.get_id().map(str::to_owned), result, raw: None }
    }
}

/// The reason why there is no prediction for an input.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PredictError {
    /// The service rejected the input, for this reason.
    #[error("{}", crate::error::clean(&.0.to_string(), 512))]
    Rejected(Box<Status>),
    /// The input is invalid, or the call failed.
    #[error(transparent)]
    Failed(Arc<Error>),
}

impl<I: Iterator<Item = NewInput>> PredictMany<I> {
    /// Default of [`max_retries`](Self::max_retries): 4.
    pub const DEFAULT_MAX_RETRIES: u32 = 4;

    /// Creates predictions for these inputs, with the model and the options of `predict`. The inputs are taken from the
    /// iterator as they are sent, so the iterator can read files lazily. Inputs that `predict` has itself are ignored.
    pub fn new(predict: Predict, inputs: impl IntoIterator<Item = NewInput, IntoIter = I>) -> Self {
        Self {
            predict: predict.without_inputs(),
            plan: Plan::new(inputs.into_iter()),
            max_retries: Self::DEFAULT_MAX_RETRIES,
            on_item: None,
            raw: false,
        }
    }

    /// Sets the limits of one request.
    pub fn limits(mut self, limits: BatchLimits) -> Self {
        self.plan.limits = limits;
        self
    }

    /// Sets the maximum number of retries of each [task](PredictTask) after transient errors, with growing pauses
    /// (default: [`DEFAULT_MAX_RETRIES`](Self::DEFAULT_MAX_RETRIES)). These retries come on top of the retries of
    /// single calls.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }

    /// Sets a callback that receives the predictions as they arrive, those of one request together and in order. The
    /// report then contains no predictions.
    pub fn on_item(mut self, on_item: impl FnMut(Prediction) + Send + 'static) -> Self {
        self.on_item = Some(Box::new(on_item));
        self
    }

    /// Sets [`Prediction::raw`] to the JSON of each output, with all members and all digits. It comes from the same
    /// reading of the response as the typed output.
    pub fn with_raw(mut self) -> Self {
        self.raw = true;
        self
    }
}

impl<I: Iterator<Item = NewInput>> IntoBulk for PredictMany<I> {
    type Bulk = Predictor<I>;

    fn into_bulk(self, config: &Config) -> Predictor<I> {
        Predictor {
            config: config.paced(),
            work: self,
            predictions: Vec::new(),
            under_way: UnderWay::default(),
            done: 0,
            failed: 0,
            stopped: None,
        }
    }
}

impl<I: Iterator> fmt::Debug for PredictMany<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PredictMany")
            .field("predict", &self.predict)
            .field("limits", &self.plan.limits)
            .field("max_retries", &self.max_retries)
            .field("raw", &self.raw)
            .finish_non_exhaustive()
    }
}

impl<I: Iterator<Item = NewInput>> Predictor<I> {
    fn note(&mut self, prediction: Prediction) {
        self.done += 1;
        self.failed += u64::from(prediction.result.is_err());
        match &mut self.work.on_item {
            Some(on_item) => on_item(prediction),
            None => self.predictions.push(prediction),
        }
    }
}

impl<I: Iterator<Item = NewInput>> Bulk for Predictor<I> {
    type Task = PredictTask;
    type Report = PredictReport;

    fn next(&mut self) -> Option<PredictTask> {
        if self.stopped.is_some() {
            return None;
        }
        let limits = self.work.plan.limits;
        let mut refused = Vec::new();
        let inputs = self.work.plan.call(|planned| match limits.check(&planned.input) {
            Ok(bytes) => Some(Planned { bytes, ..planned }),
            Err(invalid) => {
                let error = Arc::new(Error::new(Predict::SPEC.name, invalid));
                refused.push(planned.prediction(Err(PredictError::Failed(error))));
                None
            }
        });
        for prediction in refused {
            self.note(prediction);
        }
        if inputs.is_empty() {
            return None;
        }
        let number = self.under_way.begin(&inputs);
        let mut task = PredictTask::new(&self.config, &self.work.predict, number, inputs, self.work.max_retries);
        task.raw = self.work.raw;
        Some(task)
    }

    fn record(&mut self, result: Result<PredictTaskOutput, Error>) {
        // The only error of a task is that it was driven incorrectly. The error does not identify the task, so `finish`
        // reports the inputs as failed.
        let Ok(output) = result else { return };
        if !self.under_way.end(output.number, output.predictions.iter().map(|prediction| prediction.index)) {
            return;
        }
        for prediction in output.predictions {
            self.note(prediction);
        }
        self.stopped = self.stopped.take().or(output.fatal);
    }

    fn progress(&self) -> Progress {
        let (in_flight, total) = (self.under_way.inputs(), self.work.plan.total());
        Progress { done: self.done, failed: self.failed, in_flight, total }
    }

    fn finish(mut self) -> PredictReport {
        let lost = Arc::new(Error::new(Predict::SPEC.name, Misuse("the request was started and never completed")));
        for (index, id) in self.under_way.take() {
            self.note(Prediction { index, id, result: Err(PredictError::Failed(Arc::clone(&lost))), raw: None });
        }
        let whole = self.stopped.is_none() && self.work.plan.is_empty();
        if let Some(planned) = self.work.plan.take_held() {
            let error = self.stopped.clone().unwrap_or(lost);
            self.note(planned.prediction(Err(PredictError::Failed(error))));
        }
        self.predictions.sort_by_key(|prediction| prediction.index);
        PredictReport {
            predictions: self.predictions,
            done: self.done,
            failed: self.failed,
            stopped: self.stopped,
            whole,
        }
    }
}

impl<I: Iterator> fmt::Debug for Predictor<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Predictor")
            .field("calls", &self.under_way.begun())
            .field("under_way", &self.under_way.inputs())
            .field("done", &self.done)
            .field("failed", &self.failed)
            .field("stopped", &self.stopped)
            .finish_non_exhaustive()
    }
}

/// The report of [`PredictMany`].
#[derive(Clone, Debug)]
pub struct PredictReport {
    predictions: Vec<Prediction>,
    done: u64,
    failed: u64,
    stopped: Option<Arc<Error>>,
    whole: bool,
}

impl PredictReport {
    /// Returns a prediction for each input that was taken from the iterator, in its order. Empty if
    /// [`on_item`](PredictMany::on_item) received them.
    pub fn predictions(&self) -> &[Prediction] {
        &self.predictions
    }

    /// Consumes the report and returns its [predictions](Self::predictions).
    pub fn into_predictions(self) -> Vec<Prediction> {
        self.predictions
    }

    /// Returns the number of inputs that were taken from the iterator.
    pub fn done(&self) -> u64 {
        self.done
    }

    /// Returns the number of those inputs that have no prediction.
    pub fn failed(&self) -> u64 {
        self.failed
    }

    /// Returns the error that ended the work early, if any. The remaining inputs were not taken from the iterator.
    pub fn stopped(&self) -> Option<&Error> {
        self.stopped.as_deref()
    }

    /// Returns whether all inputs were taken from the iterator and have a prediction.
    pub fn is_success(&self) -> bool {
        self.whole && self.failed == 0
    }
}

/// A task of [`PredictMany`]: predictions for up to 128 inputs.
///
/// ```text
/// Begin ─► Send(predict) ─┬─► response ─────────────────────► Done
///              ▲          ├─► too large ─► the first half ─► …
///              │          ├─► permanent error ──────────────► Done
///              └─ pause ◄─┴─► transient error, while retries are left
/// ```
#[derive(Debug)]
pub struct PredictTask {
    config: Config,
    predict: Predict,
    number: u64,
    waiting: Vec<Planned>,
    done: Vec<Prediction>,
    /// Maximum number of inputs in a request; halved after a request that was too large.
    together: usize,
    rounds: Rounds,
    item_retries: ItemRetries,
    raw: bool,
    fatal: Option<Arc<Error>>,
    state: State,
    clock: Latest,
}

/// The output of a [`PredictTask`], to be passed to [`record`](Bulk::record).
#[derive(Debug)]
pub struct PredictTaskOutput {
    number: u64,
    predictions: Vec<Prediction>,
    /// The error that no other task can avoid either.
    fatal: Option<Arc<Error>>,
}

#[derive(Debug)]
enum State {
    Start,
    Asking(Box<Call<ByItem<KeepRawIf<Predict>>>>, usize),
    Pausing(Instant),
    Spent,
}

impl PredictTask {
    fn new(config: &Config, predict: &Predict, number: u64, waiting: Vec<Planned>, rounds: u32) -> Self {
        Self {
            config: config.clone(),
            predict: predict.clone(),
            number,
            together: waiting.len(),
            waiting,
            done: Vec::new(),
            rounds: Rounds::new(config, rounds),
            item_retries: ItemRetries::new(config),
            raw: false,
            fatal: None,
            state: State::Start,
            clock: Latest::default(),
        }
    }

    /// Returns the number of inputs.
    pub fn len(&self) -> usize {
        self.waiting.len() + self.done.len()
    }

    /// Returns whether there are no inputs. A task that has not ended always has some.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn go_on(&mut self, now: Now) -> Step<PredictTaskOutput> {
        if self.waiting.is_empty() {
            self.done.sort_by_key(|prediction| prediction.index);
            let (predictions, fatal) = (mem::take(&mut self.done), self.fatal.take());
            return Step::Done(Ok(PredictTaskOutput { number: self.number, predictions, fatal }));
        }
        let count = self.waiting.len().min(self.together.max(1));
        let inputs = self.waiting.iter().take(count).map(|planned| planned.input.clone());
        let operation = KeepRawIf { wanted: self.raw, operation: self.predict.clone().inputs(inputs) };
        let attempt = Box::new(Call::new(&self.config, operation.by_item()));
        self.ask(attempt, count, now, Event::Begin)
    }

    fn ask(
        &mut self,
        mut attempt: Box<Call<ByItem<KeepRawIf<Predict>>>>,
        count: usize,
        now: Now,
        event: Event,
    ) -> Step<PredictTaskOutput> {
        let error = match attempt.resume(now, event).into_control_flow() {
            ControlFlow::Continue(step) => {
                self.state = State::Asking(attempt, count);
                return step;
            }
            ControlFlow::Break(Ok(mut batch)) => {
                let failures: Vec<_> =
                    batch.results().map(|result| result.err().map(|failure| failure.status)).collect();
                let raw = batch.take_json().into_iter().map(Some).chain(std::iter::repeat_with(|| None));
                return self.answered(now, count, failures.into_iter().zip(batch.into_items()).zip(raw));
            }
            ControlFlow::Break(Err(error)) if is_misuse(&error) => return Step::Done(Err(error)),
            ControlFlow::Break(Err(error)) => error,
        };
        if is_too_large(&error) && count > 1 {
            self.together = count.div_ceil(2);
            return self.go_on(now);
        }
        let stale = has_stale_token(&error, &self.config);
        let (hint, passes) = (error.retry_after(), error.is_retryable() || stale);
        // A model that does not exist, or that does not support predictions, fails every request.
        let fatal = (is_fatal(&error) && !stale) || error.is_not_found() || error.has(Flag::UnusableModel);
        let unavailable = is_unavailable(&error) || stale;
        let error = Arc::new(error);
        if passes && !fatal {
            if let Some(pause) = self.rounds.next(&self.config, hint) {
                return self.pause(now.instant + pause);
            }
        }
        if fatal || (passes && unavailable) {
            self.fatal = Some(Arc::clone(&error));
        }
        // No later request can succeed after a fatal error, so it also applies to the inputs of this task that were not
        // sent.
        let count = if self.fatal.is_some() { self.waiting.len() } else { count };
        for planned in self.waiting.drain(..count) {
            self.done.push(planned.prediction(Err(PredictError::Failed(Arc::clone(&error)))));
        }
        self.go_on(now)
    }

    fn answered(
        &mut self,
        now: Now,
        count: usize,
        results: impl Iterator<Item = ((Option<Box<Status>>, Output), Option<Box<RawValue>>)>,
    ) -> Step<PredictTaskOutput> {
        let asked: Vec<_> = self.waiting.drain(..count).collect();
        let mut again = Vec::new();
        for (planned, ((failure, output), raw)) in asked.into_iter().zip(results) {
            let result = match failure {
                None => Ok(output),
                // Only the inputs that failed with a transient status are sent again.
                Some(status) if status.class() == StatusClass::Retry => {
                    again.push((planned, status, raw));
                    continue;
                }
                Some(status) => Err(PredictError::Rejected(status)),
            };
            self.done.push(Prediction { raw, ..planned.prediction(result) });
        }
        if again.is_empty() {
            return self.go_on(now);
        }
        let statuses = again.iter().map(|(_, status, _)| &**status);
        let pause = self.item_retries.next(&self.config, statuses).or_else(|| self.rounds.next(&self.config, None));
        if let Some(pause) = pause {
            self.waiting.extend(again.into_iter().map(|(planned, ..)| planned));
            return self.pause(now.instant + pause);
        }
        for (planned, status, raw) in again {
            self.done.push(Prediction { raw, ..planned.prediction(Err(PredictError::Rejected(status))) });
        }
        self.go_on(now)
    }

    fn pause(&mut self, until: Instant) -> Step<PredictTaskOutput> {
        self.state = State::Pausing(until);
        Step::WaitUntil(until)
    }
}

impl Machine for PredictTask {
    type Output = PredictTaskOutput;

    fn resume(&mut self, now: Now, event: Event) -> Step<PredictTaskOutput> {
        let now = self.clock.observe(now);
        let misuse = |how| Step::Done(Err(Error::new(Predict::SPEC.name, Misuse(how))));
        match (mem::replace(&mut self.state, State::Spent), event) {
            (State::Start, Event::Begin) => self.go_on(now),
            (State::Start, _) => misuse("it has not begun"),
            (State::Asking(attempt, count), event) => self.ask(attempt, count, now, event),
            (State::Pausing(until), Event::Woke) if now.instant < until => self.pause(until),
            (State::Pausing(_), Event::Woke) => self.go_on(now),
            (State::Pausing(_), _) => misuse("it waits for a time"),
            (State::Spent, _) => misuse("it has ended already"),
        }
    }
}
