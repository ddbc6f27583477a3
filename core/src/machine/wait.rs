//! Polling until a condition holds: the loop shared by all waits.

use std::fmt;
use std::mem;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Call, Event, Instant, IntoMachine as _, Machine as _, Now, Procedure, Running, Step, runs};
use crate::config::Config;
use crate::error::{Error, ErrorKind, InvalidArgument, Misuse, WaitCause, WaitError, clean};
use crate::operation::{Operation, Replay};
use crate::policy::{Schedule, retry};
use crate::time::Latest;
use crate::types::Status;

mod deleted;
mod training;
mod uploads;

pub use deleted::{
    AllInputsDeleted, AllModelsDeleted, InputDeleted, ModelDeleted, WaitForInputDeleted, WaitForInputsDeleted,
    WaitForModelDeleted, WaitForModelsDeleted,
};
pub use training::{ModelTrained, WaitForTraining};
pub use uploads::{AllInputsProcessed, InputsProcessed, LookUpInputs, Processed, WaitForUploads, WaitForUploadsOf};

/// A condition that a [`Wait`] waits for: which request to send, and how to evaluate its result.
pub trait Condition {
    /// Operation that polls the state.
    type Operation: Operation;

    /// Result of the wait when the condition holds.
    type Output;

    /// Name of the wait in errors, such as `wait for training`.
    const NAME: &'static str;

    /// Checks the condition before the first request. Returns the output if the condition already holds.
    ///
    /// # Errors
    ///
    /// Returns an error that names the invalid argument.
    fn begin(&self) -> Result<Option<Self::Output>, InvalidArgument> {
        Ok(None)
    }

    /// Returns the next request. A poll that takes several requests sends them one after another: see
    /// [`Evaluation::RequestMore`].
    fn request(&self) -> Self::Operation;

    /// Evaluates the result of a request. Errors that do not decide the condition are returned in
    /// [`Evaluation::Error`].
    fn evaluate(&mut self, answer: Result<<Self::Operation as Operation>::Output, Error>) -> Evaluation<Self::Output>;

    /// Returns the last known state, in the format of the API, to be included in errors.
    fn last_state(&self) -> Option<Value>;
}

/// What the result of a request means for a wait.
#[derive(Debug)]
#[non_exhaustive]
pub enum Evaluation<T> {
    /// The condition holds.
    Success(T),
    /// The condition can never hold.
    Failure(Box<Status>),
    /// The condition does not hold yet. The next poll follows after a pause.
    Pending,
    /// The poll needs another request, which is sent at once.
    RequestMore,
    /// The result does not decide the condition. A transient error is tolerated up to a limit, see
    /// [`Wait::max_consecutive_errors`]; any other error ends the wait.
    Error(Error),
}

/// Polls until a [`Condition`] holds, a deadline passes, or polling fails.
///
/// ```text
///            ┌───────────────── Woke ─────────────────┐
///            ▼                                        │
/// Begin ─► Send ─ result ─► success ──────► Done(Ok)  │
///            ▲        ├───► failure ──────► Done(Err) │
///            └─ More ─┤                               │
///                     ├───► pending ──► pause ────► WaitUntil(next poll, or deadline)
///                     └───► error ─┬─► transient: pause │
///                                  └─► else: Done(Err)  └─ deadline ─► Done(Err)
/// ```
///
/// A wait pauses after each poll, including failed ones, for at least the interval of its [`Schedule`] and the server's
/// `Retry-After`. The latter is limited to [`max_server_wait`] of the configured retry policy (default: 120 s). The
/// wait ends exactly at the deadline; a poll that is due at that moment and a response that is still in flight then are
/// evaluated. The three ways to fail are the three [causes](WaitCause). The error is [`ErrorKind::Wait`] and contains
/// the last known state, if there is one.
///
/// [`max_server_wait`]: crate::policy::RetryPolicy::max_server_wait
///
/// A wait can be resumed in another process: see [`checkpoint`](Self::checkpoint).
pub struct Wait<G: Condition> {
    config: Config,
    condition: G,
    patience: Patience,
    state: State<G::Operation>,
    clock: Latest,
    began: Option<Instant>,
    /// Time waited before the wait was resumed from a checkpoint.
    before: Duration,
    polls: u64,
    errors: u32,
}

enum State<O> {
    Start,
    Asking {
        attempt: Box<Call<O>>,
        /// Time until which the call itself waits.
        wake: Option<Instant>,
    },
    Pausing {
        until: Instant,
        last: bool,
    },
    Spent,
}

/// Schedule and limits of a wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Patience {
    schedule: Schedule,
    deadline: Option<Duration>,
    most_errors: u32,
    pause_first: bool,
}

/// A serializable snapshot of a wait, to resume it in another process: see [`Wait::checkpoint`].
///
/// It contains no credentials. The time between creating it and resuming from it does not count as waited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint<G> {
    /// Name of the wait and the place it polls, so that it is not resumed as a different wait.
    wait: String,
    place: String,
    condition: G,
    patience: Patience,
    waited: Duration,
    polls: u64,
    #[serde(default)]
    errors: u32,
}

impl<G> Checkpoint<G> {
    /// Returns the condition, including the state known at the time of the snapshot.
    pub fn condition(&self) -> &G {
        &self.condition
    }

    /// Returns how long the wait had lasted at the time of the snapshot.
    pub fn waited(&self) -> Duration {
        self.waited
    }
}

impl<G: Condition> Wait<G> {
    /// Default deadline: 1 hour.
    pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(3600);

    /// Default limit of consecutive transient polling errors: 10.
    pub const DEFAULT_MAX_ERRORS: u32 = 10;

    /// Creates a wait for a custom condition, with the default [`Schedule`], deadline and limit of errors.
    pub fn until(condition: G) -> Self {
        let patience = Patience {
            schedule: Schedule::default(),
            deadline: Some(Self::DEFAULT_DEADLINE),
            most_errors: Self::DEFAULT_MAX_ERRORS,
            pause_first: false,
        };
        Self {
            config: Config::placeholder(),
            condition,
            patience,
            state: State::Start,
            clock: Latest::default(),
            began: None,
            before: Duration::ZERO,
            polls: 0,
            errors: 0,
        }
    }

    /// Sets the schedule of the pauses between polls.
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.patience.schedule = schedule;
        self
    }

    /// Sets the maximum total time to wait. Default: [`DEFAULT_DEADLINE`](Self::DEFAULT_DEADLINE).
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.patience.deadline = Some(deadline);
        self
    }

    /// Removes the deadline, so that the wait can last any length of time.
    pub fn without_deadline(mut self) -> Self {
        self.patience.deadline = None;
        self
    }

    /// Sets how many consecutive transient polling errors are tolerated; one more ends the wait. Default:
    /// [`DEFAULT_MAX_ERRORS`](Self::DEFAULT_MAX_ERRORS).
    pub fn max_consecutive_errors(mut self, errors: u32) -> Self {
        self.patience.most_errors = errors;
        self
    }

    /// Makes the wait pause before the first poll as well.
    pub(crate) fn after_a_pause(mut self) -> Self {
        self.patience.pause_first = true;
        self
    }

    /// Returns the condition, including the last known state.
    pub fn condition(&self) -> &G {
        &self.condition
    }

    /// Returns the number of polls, including failed ones.
    pub fn polls(&self) -> u64 {
        self.polls
    }

    /// Returns how long the wait has lasted, as of its last event.
    pub fn waited(&self) -> Duration {
        self.before.saturating_add(self.began.map_or(Duration::ZERO, |began| self.clock.instant().since(began)))
    }

    /// Returns a snapshot of the wait. Pass it to [`resume_from`](Self::resume_from) later, in this process or in
    /// another one. A request in flight is not part of the snapshot and is sent again after resuming.
    ///
    /// ```
    /// use clarifai_core::{Config, Credentials, machine::{Checkpoint, IntoMachine, ModelTrained, WaitForTraining}};
    ///
    /// let config = Config::new(Credentials::key("0123456789abcdef")?);
    /// let wait = WaitForTraining::new("holiday-sorter", "aa7f35c01e0642fda5cf400f543e7c40").into_machine(&config);
    /// let written = serde_json::to_string(&wait.checkpoint()).expect("plain data");
    ///
    /// let read: Checkpoint<ModelTrained> = serde_json::from_str(&written).expect("as it was written");
    /// let wait = WaitForTraining::resume_from(&config, read)?;
    /// assert_eq!(wait.condition().version_id(), "aa7f35c01e0642fda5cf400f543e7c40");
    /// # Ok::<(), clarifai_core::Error>(())
    /// ```
    pub fn checkpoint(&self) -> Checkpoint<G>
    where
        G: Clone,
    {
        Checkpoint {
            wait: G::NAME.to_owned(),
            place: place(&self.config),
            condition: self.condition.clone(),
            patience: self.patience.clone(),
            waited: self.waited(),
            polls: self.polls,
            errors: self.errors,
        }
    }

    /// Resumes a wait from a checkpoint. The first poll is sent at once.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidArgument`] if the checkpoint belongs to a different kind of wait, or to a different service,
    /// user or app, where the same request would be about something else.
    pub fn resume_from(config: &Config, checkpoint: Checkpoint<G>) -> Result<Running<Self>, Error> {
        let Checkpoint { wait, place: at, condition, mut patience, waited, polls, errors } = checkpoint;
        let refuse = |problem| Err(Error::new(G::NAME, InvalidArgument::new("checkpoint", problem)));
        if wait != G::NAME {
            return refuse(format!("is of another wait: {}", clean(&wait, 64)));
        }
        if at != place(config) {
            return refuse(format!("is about another app: {}", clean(&at, 256)));
        }
        patience.pause_first = false;
        Ok(Self { patience, before: waited, polls, errors, ..Self::until(condition) }.into_machine(config))
    }

    fn deadline_at(&self) -> Option<Instant> {
        let left = self.patience.deadline?.saturating_sub(self.before);
        Some(self.began? + left)
    }

    fn is_over(&self, now: Now) -> bool {
        self.deadline_at().is_some_and(|deadline| now.instant >= deadline)
    }

    fn end(&mut self, result: Result<G::Output, Error>) -> Step<G::Output> {
        self.state = State::Spent;
        Step::Done(result)
    }

    fn fail(&mut self, cause: WaitCause) -> Step<G::Output> {
        let error = WaitError { cause, waited: self.waited(), polls: self.polls, last: self.condition.last_state() };
        self.end(Err(Error::new(G::NAME, error)))
    }

    fn misuse(&mut self, how: &'static str) -> Step<G::Output> {
        self.end(Err(Error::new(G::NAME, Misuse(how))))
    }

    fn ask(&mut self, now: Now) -> Step<G::Output> {
        let attempt = Box::new(Call::look(&self.config, self.condition.request()));
        self.polls = self.polls.saturating_add(1);
        self.go(attempt, now, Event::Begin)
    }

    /// Passes an event to the poll in progress.
    fn go(&mut self, mut attempt: Box<Call<G::Operation>>, now: Now, event: Event) -> Step<G::Output> {
        let answer = match attempt.resume(now, event) {
            // The token was fetched first, and that took until after the deadline.
            Step::Send(_) if self.deadline_at().is_some_and(|deadline| now.instant > deadline) => {
                return self.fail(WaitCause::Deadline);
            }
            Step::Send(request) => {
                self.state = State::Asking { attempt, wake: None };
                return Step::Send(request);
            }
            Step::WaitUntil(time) => {
                self.state = State::Asking { attempt, wake: Some(time) };
                return Step::WaitUntil(
                    self.deadline_at().map_or(time, |deadline| time.min(deadline)).max(now.instant),
                );
            }
            Step::Done(answer) => answer,
        };
        match self.condition.evaluate(answer) {
            Evaluation::Success(output) => self.end(Ok(output)),
            Evaluation::Failure(status) => {
                self.fail(WaitCause::Failed(Box::new(self.config.redactor().redact_status(&status))))
            }
            Evaluation::Pending => {
                self.errors = 0;
                self.pause(now, None)
            }
            Evaluation::RequestMore => {
                self.errors = 0;
                if self.is_over(now) { self.fail(WaitCause::Deadline) } else { self.ask(now) }
            }
            Evaluation::Error(error) => self.failed(now, error),
        }
    }

    fn failed(&mut self, now: Now, error: Error) -> Step<G::Output> {
        // A mistake of the caller is returned as it is, not as the error of a wait.
        if matches!(error.kind(), ErrorKind::InvalidArgument(_) | ErrorKind::Misuse(_)) {
            return self.end(Err(error));
        }
        let passes = retry::cause(&error, Replay::Safe).is_some();
        self.errors = self.errors.saturating_add(1);
        if !passes || self.errors > self.patience.most_errors {
            return self.fail(WaitCause::Polling(Box::new(error)));
        }
        // A wait continues even if the server asks for a longer pause than the policy accepts; the pause is capped.
        let hint = error.retry_after().map(|hint| hint.min(self.config.retry().max_server_wait));
        self.pause(now, hint)
    }

    /// Pauses until the next poll, or until the deadline if that is earlier.
    fn pause(&mut self, now: Now, hint: Option<Duration>) -> Step<G::Output> {
        if self.is_over(now) {
            return self.fail(WaitCause::Deadline);
        }
        let pause = self.patience.schedule.pause(self.waited()).max(hint.unwrap_or_default());
        let next = now.instant + pause;
        match self.deadline_at() {
            Some(deadline) if deadline < next => self.wait(deadline, true),
            _ => self.wait(next, false),
        }
    }

    /// Pauses until `until`. `last` means that the deadline is reached then and no poll follows.
    fn wait(&mut self, until: Instant, last: bool) -> Step<G::Output> {
        self.state = State::Pausing { until, last };
        Step::WaitUntil(until)
    }

    fn begin(&mut self, now: Now) -> Step<G::Output> {
        self.began = Some(now.instant);
        match self.condition.begin() {
            Ok(None) => {}
            Ok(Some(output)) => return self.end(Ok(output)),
            Err(invalid) => return self.end(Err(Error::new(G::NAME, invalid))),
        }
        match self.patience.pause_first {
            true => self.pause(now, None),
            false => self.ask(now),
        }
    }
}

/// Returns the place that a wait polls: service, user and app.
fn place(config: &Config) -> String {
    let scope = config.app().map(|scope| format!(" {}/{}", scope.user_id(), scope.app_id()));
    config.origin() + &scope.unwrap_or_default()
}

runs!(<G: Condition> Wait<G>);

impl<G: Condition> Procedure for Wait<G> {
    type Output = G::Output;

    fn configure(&mut self, config: &Config) {
        self.config = config.clone();
    }

    fn step(&mut self, now: Now, event: Event) -> Step<G::Output> {
        let now = self.clock.observe(now);
        match (mem::replace(&mut self.state, State::Spent), event) {
            (State::Start, Event::Begin) => self.begin(now),
            (State::Start, _) => self.misuse("it has not begun"),
            // The deadline was reached before the request could be sent, or passed while the adapter kept sleeping.
            (State::Asking { wake: Some(wake), .. }, Event::Woke) if self.is_over(now) && now.instant != wake => {
                self.fail(WaitCause::Deadline)
            }
            (State::Asking { attempt, .. }, event) => self.go(attempt, now, event),
            (State::Pausing { until, last }, Event::Woke) if now.instant < until => self.wait(until, last),
            (State::Pausing { last: true, .. }, Event::Woke) => self.fail(WaitCause::Deadline),
            // The adapter woke so late that the deadline has passed as well.
            (State::Pausing { until, .. }, Event::Woke) if now.instant > until && self.is_over(now) => {
                self.fail(WaitCause::Deadline)
            }
            (State::Pausing { .. }, Event::Woke) => self.ask(now),
            (State::Pausing { .. }, _) => self.misuse("it waits for a time"),
            (State::Spent, _) => self.misuse("it has ended already"),
        }
    }
}

impl<G: Condition + fmt::Debug> fmt::Debug for Wait<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Start => "not begun",
            State::Asking { .. } => "asking",
            State::Pausing { .. } => "pausing",
            State::Spent => "ended",
        };
        f.debug_struct("Wait")
            .field("condition", &self.condition)
            .field("state", &state)
            .field("waited", &self.waited())
            .field("polls", &self.polls)
            .finish_non_exhaustive()
    }
}
