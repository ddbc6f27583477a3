//! Predictions on any number of inputs.

use std::fmt;
use std::mem;
use std::sync::Arc;

use super::plan::{CallLimits, Plan, Planned};
use super::rounds::Rounds;
use super::under_way::UnderWay;
use super::upload_batch::{has_stale_token, is_fatal, is_misuse, is_too_large, is_unavailable};
use super::{Bulk, Progress};
use serde_json::Value;

use crate::app::App;
use crate::error::{Error, Misuse};
use crate::inputs::NewInput;
use crate::machine::{Attempt, Event, Latest, Machine, Mono, Now, Step};
use crate::model::{Class, Output, Status};
use crate::models::Predict;
use crate::operation::Operation;

/// Asks a model what it sees in any number of inputs.
///
/// They are split by themselves: up to 128 inputs and 128 MB a call, a video alone. A prediction changes nothing, so what
/// fails for a passing reason is asked again, at the pace of the [app](App::with_pacer), 15 requests a second unless it
/// has one; each time counts against the quota.
///
/// Predictions are collected in the report, or handed to a [sink](Self::into_sink) as they come, when they are more than
/// memory should hold.
///
/// ```
/// use clarifai_core::{App, Credentials, bulk::{self, PredictMany}, inputs::NewInput, models::Predict, testing::Script};
/// use serde_json::json;
///
/// let app = App::new(Credentials::key("0123456789abcdef")?);
/// let inputs = ["a", "b"].map(|name| NewInput::image_url(format!("https://example.com/{name}.jpg")));
/// let output = |name| json!({"status": {"code": 10000}, "data": {"concepts": [{"name": name, "value": 0.9}]}});
/// let mut script = Script::new().expect("POST", "/v2/models/general/outputs")
///     .reply(200, json!({"status": {"code": 10000}, "outputs": [output("cat"), output("dog")]}));
///
/// let report = bulk::run(PredictMany::new(&app, Predict::with("general").min_value(0.5), inputs), &mut script, |_| ());
/// let names: Vec<_> = report.predictions().iter().map(|one| &*one.result.as_ref().unwrap().concepts()[0].name).collect();
/// assert_eq!(names, ["cat", "dog"]);
/// # Ok::<(), clarifai_core::Error>(())
/// ```
#[must_use = "nothing is sent before it is driven"]
pub struct PredictMany<I: Iterator> {
    app: App,
    predict: Predict,
    plan: Plan<I>,
    rounds: u32,
    sink: Option<Sink>,
    raw: bool,
    predictions: Vec<Prediction>,
    under_way: UnderWay,
    done: u64,
    failed: u64,
    stopped: Option<Arc<Error>>,
}

type Sink = Box<dyn FnMut(Prediction) + Send>;

/// An input and what the model sees in it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Prediction {
    /// Its place among the inputs, counted from 0.
    pub index: u64,
    /// Its id, where the caller gave one.
    pub id: Option<String>,
    /// What the model sees, or why there is no answer.
    pub result: Result<Output, NotPredicted>,
    /// The untouched JSON of the output, of one that failed too. Only where it was [asked for](PredictMany::with_raw).
    pub raw: Option<Box<Value>>,
}

impl Planned {
    fn prediction(&self, result: Result<Output, NotPredicted>) -> Prediction {
        Prediction { index: self.index, id: self.input.id().map(str::to_owned), result, raw: None }
    }
}

/// Why there is no prediction for an input.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotPredicted {
    /// The service refused the input, for this reason.
    #[error("{}", crate::error::clean(&.0.to_string(), 512))]
    Rejected(Box<Status>),
    /// The call failed.
    #[error(transparent)]
    Failed(Arc<Error>),
}

impl<I: Iterator<Item = NewInput>> PredictMany<I> {
    /// How often what did not get through is asked again, unless told otherwise.
    pub const ROUNDS: u32 = 4;

    /// Asks as `predict` does, with its model and options, about these inputs. They are taken from the iterator as they
    /// are sent, so it may read files. Inputs that `predict` has itself are left out.
    pub fn new(app: &App, predict: Predict, inputs: impl IntoIterator<Item = NewInput, IntoIter = I>) -> Self {
        Self {
            app: app.paced(),
            predict: predict.without_inputs(),
            plan: Plan::new(inputs.into_iter()),
            rounds: Self::ROUNDS,
            sink: None,
            raw: false,
            predictions: Vec::new(),
            under_way: UnderWay::default(),
            done: 0,
            failed: 0,
            stopped: None,
        }
    }

    /// Sets how much one call takes.
    pub fn limits(mut self, limits: CallLimits) -> Self {
        self.plan.limits = limits;
        self
    }

    /// Asks again so often what did not get through, with growing pauses. This comes on top of the retries of single
    /// calls.
    pub fn rounds(mut self, rounds: u32) -> Self {
        self.rounds = rounds;
        self
    }

    /// Hands predictions to `sink` as they come, those of one call together and in order, and keeps none.
    pub fn into_sink(mut self, sink: impl FnMut(Prediction) + Send + 'static) -> Self {
        self.sink = Some(Box::new(sink));
        self
    }

    /// Hands the untouched JSON of each output on too, with whatever this crate has no field for.
    pub fn with_raw(mut self) -> Self {
        self.raw = true;
        self
    }

    fn note(&mut self, prediction: Prediction) {
        self.done += 1;
        self.failed += u64::from(prediction.result.is_err());
        match &mut self.sink {
            Some(sink) => sink(prediction),
            None => self.predictions.push(prediction),
        }
    }
}

impl<I: Iterator<Item = NewInput>> Bulk for PredictMany<I> {
    type Piece = PredictBatch;
    type Report = PredictReport;

    fn next(&mut self) -> Option<PredictBatch> {
        if self.stopped.is_some() {
            return None;
        }
        let limits = self.plan.limits;
        let mut refused = Vec::new();
        let inputs = self.plan.call(|planned| match limits.check(&planned.input) {
            Ok(bytes) => Some(Planned { bytes, ..planned }),
            Err(invalid) => {
                let error = Arc::new(Error::new(Predict::NAME, invalid));
                refused.push(planned.prediction(Err(NotPredicted::Failed(error))));
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
        let mut batch = PredictBatch::new(&self.app, &self.predict, number, inputs, self.rounds);
        batch.raw = self.raw;
        Some(batch)
    }

    fn record(&mut self, result: Result<PredictedBatch, Error>) {
        // The only error of a batch is that it was driven wrongly; its inputs come out as failed in the end.
        let Ok(batch) = result else { return };
        if !self.under_way.end(batch.number, batch.predictions.iter().map(|prediction| prediction.index)) {
            return;
        }
        for prediction in batch.predictions {
            self.note(prediction);
        }
        self.stopped = self.stopped.take().or(batch.fatal);
    }

    fn progress(&self) -> Progress {
        let (in_flight, total) = (self.under_way.inputs(), self.plan.total());
        Progress { done: self.done, failed: self.failed, in_flight, total }
    }

    fn finish(mut self) -> PredictReport {
        let lost = Arc::new(Error::new(Predict::NAME, Misuse("the call was begun and never brought to its end")));
        for (index, id) in self.under_way.take() {
            self.note(Prediction { index, id, result: Err(NotPredicted::Failed(Arc::clone(&lost))), raw: None });
        }
        let whole = self.stopped.is_none() && self.plan.is_empty();
        if let Some(planned) = self.plan.take_held() {
            let error = self.stopped.clone().unwrap_or(lost);
            self.note(planned.prediction(Err(NotPredicted::Failed(error))));
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

impl<I: Iterator> fmt::Debug for PredictMany<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PredictMany")
            .field("calls", &self.under_way.begun())
            .field("under_way", &self.under_way.inputs())
            .field("done", &self.done)
            .field("failed", &self.failed)
            .field("stopped", &self.stopped)
            .finish_non_exhaustive()
    }
}

/// The account of many predictions.
#[derive(Clone, Debug)]
pub struct PredictReport {
    predictions: Vec<Prediction>,
    done: u64,
    failed: u64,
    stopped: Option<Arc<Error>>,
    whole: bool,
}

impl PredictReport {
    /// A prediction for every input that was taken from the iterator, in its order. Empty where a sink took them.
    pub fn predictions(&self) -> &[Prediction] {
        &self.predictions
    }

    /// The same, to be kept.
    pub fn into_predictions(self) -> Vec<Prediction> {
        self.predictions
    }

    /// How many inputs were taken.
    pub fn done(&self) -> u64 {
        self.done
    }

    /// How many of them have no prediction.
    pub fn failed(&self) -> u64 {
        self.failed
    }

    /// Why it ended early, if it did. The inputs from here on were not taken from the iterator.
    pub fn stopped(&self) -> Option<&Error> {
        self.stopped.as_deref()
    }

    /// Whether all inputs were taken and have a prediction.
    pub fn is_complete(&self) -> bool {
        self.whole && self.failed == 0
    }
}

/// Asks about up to 128 inputs: a piece of [`PredictMany`].
///
/// ```text
/// Begin ─► Send(predict) ─┬─► answered ─────────────────────► Done
///              ▲          ├─► too large ─► the first half ─► …
///              │          ├─► fails for good ───────────────► Done
///              └─ pause ◄─┴─► may pass, while there are rounds
/// ```
#[derive(Debug)]
pub struct PredictBatch {
    app: App,
    predict: Predict,
    number: u64,
    waiting: Vec<Planned>,
    done: Vec<Prediction>,
    together: usize,
    rounds: Rounds,
    raw: bool,
    fatal: Option<Arc<Error>>,
    state: State,
    clock: Latest,
}

/// What came of one call: hand it to [`record`](Bulk::record).
#[derive(Debug)]
pub struct PredictedBatch {
    number: u64,
    predictions: Vec<Prediction>,
    fatal: Option<Arc<Error>>,
}

#[derive(Debug)]
enum State {
    Start,
    Asking(Box<Attempt<Predict>>, usize),
    Pausing(Mono),
    Spent,
}

impl PredictBatch {
    fn new(app: &App, predict: &Predict, number: u64, waiting: Vec<Planned>, rounds: u32) -> Self {
        Self {
            app: app.clone(),
            predict: predict.clone(),
            number,
            together: waiting.len(),
            waiting,
            done: Vec::new(),
            rounds: Rounds::new(app, rounds),
            raw: false,
            fatal: None,
            state: State::Start,
            clock: Latest::default(),
        }
    }

    /// How many inputs it holds.
    pub fn len(&self) -> usize {
        self.waiting.len() + self.done.len()
    }

    /// Whether it holds none. It never does.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn go_on(&mut self, now: Now) -> Step<PredictedBatch> {
        if self.waiting.is_empty() {
            self.done.sort_by_key(|prediction| prediction.index);
            let (predictions, fatal) = (mem::take(&mut self.done), self.fatal.take());
            return Step::Done(Ok(PredictedBatch { number: self.number, predictions, fatal }));
        }
        let count = self.waiting.len().min(self.together.max(1));
        let inputs = self.waiting.iter().take(count).map(|planned| planned.input.clone());
        let attempt = Box::new(Attempt::new(&self.app, self.predict.clone().inputs(inputs)));
        self.ask(attempt, count, now, Event::Begin)
    }

    fn ask(
        &mut self,
        mut attempt: Box<Attempt<Predict>>,
        count: usize,
        now: Now,
        event: Event,
    ) -> Step<PredictedBatch> {
        let error = match attempt.resume(now, event).ended() {
            Err(step) => {
                self.state = State::Asking(attempt, count);
                return step;
            }
            Ok(Ok(batch)) => {
                let failures: Vec<_> =
                    batch.results().map(|result| result.err().map(|failure| failure.status)).collect();
                let raw = if self.raw { batch.raw_items() } else { Vec::new() };
                let raw = raw.into_iter().map(|raw| Some(Box::new(raw))).chain(std::iter::repeat(None));
                return self.answered(now, count, failures.into_iter().zip(batch.into_items()).zip(raw));
            }
            Ok(Err(error)) if is_misuse(&error) => return Step::Done(Err(error)),
            Ok(Err(error)) => error,
        };
        if is_too_large(&error) && count > 1 {
            self.together = count.div_ceil(2);
            return self.go_on(now);
        }
        let stale = has_stale_token(&error, &self.app);
        let (hint, passes) = (error.retry_after(), error.is_retryable() || stale);
        // A model that is not there, or not for this, is so for every call.
        let fatal =
            (is_fatal(&error) && !stale) || error.is_not_found() || matches!(error.api_code(), Some(21_200..=21_203));
        let unavailable = is_unavailable(&error) || stale;
        let error = Arc::new(error);
        if passes && !fatal {
            if let Some(pause) = self.rounds.next(&self.app, hint) {
                return self.pause(now.mono + pause);
            }
        }
        if fatal || (passes && unavailable) {
            self.fatal = Some(Arc::clone(&error));
        }
        // Of a call that is pointless to make again, the rest of the batch is none the wiser.
        let count = if self.fatal.is_some() { self.waiting.len() } else { count };
        for planned in self.waiting.drain(..count) {
            self.done.push(planned.prediction(Err(NotPredicted::Failed(Arc::clone(&error)))));
        }
        self.go_on(now)
    }

    fn answered(
        &mut self,
        now: Now,
        count: usize,
        results: impl Iterator<Item = ((Option<Box<Status>>, Output), Option<Box<Value>>)>,
    ) -> Step<PredictedBatch> {
        let asked: Vec<_> = self.waiting.drain(..count).collect();
        let mut again = Vec::new();
        for (planned, ((failure, output), raw)) in asked.into_iter().zip(results) {
            let result = match failure {
                None => Ok(output),
                Some(status) if status.class() == Class::Retry => {
                    again.push((planned, status, raw));
                    continue;
                }
                Some(status) => Err(NotPredicted::Rejected(status)),
            };
            self.done.push(Prediction { raw, ..planned.prediction(result) });
        }
        if again.is_empty() {
            return self.go_on(now);
        }
        if let Some(pause) = self.rounds.next(&self.app, None) {
            self.waiting.extend(again.into_iter().map(|(planned, ..)| planned));
            return self.pause(now.mono + pause);
        }
        for (planned, status, raw) in again {
            self.done.push(Prediction { raw, ..planned.prediction(Err(NotPredicted::Rejected(status))) });
        }
        self.go_on(now)
    }

    fn pause(&mut self, until: Mono) -> Step<PredictedBatch> {
        self.state = State::Pausing(until);
        Step::WaitUntil(until)
    }
}

impl Machine for PredictBatch {
    type Output = PredictedBatch;

    fn resume(&mut self, now: Now, event: Event) -> Step<PredictedBatch> {
        let now = self.clock.observe(now);
        let misuse = |how| Step::Done(Err(Error::new(Predict::NAME, Misuse(how))));
        match (mem::replace(&mut self.state, State::Spent), event) {
            (State::Start, Event::Begin) => self.go_on(now),
            (State::Start, _) => misuse("it has not begun"),
            (State::Asking(attempt, count), event) => self.ask(attempt, count, now, event),
            (State::Pausing(until), Event::Woke) if now.mono < until => self.pause(until),
            (State::Pausing(_), Event::Woke) => self.go_on(now),
            (State::Pausing(_), _) => misuse("it waits for a time"),
            (State::Spent, _) => misuse("it has ended already"),
        }
    }
}
