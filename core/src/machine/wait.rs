//! Polling until a condition holds: the one loop of all waits.

use std::fmt;
use std::mem;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Call, Event, Instant, IntoMachine, Machine, Now, Step};
use crate::config::Config;
use crate::error::{Error, ErrorKind, InvalidArgument, Misuse, WaitCause, WaitError, clean};
use crate::operation::{Operation, Replay};
use crate::policy::{Schedule, retry};
use crate::time::Latest;
use crate::types::Status;

mod added;
mod deleted;
mod training;
mod uploads;

pub use added::InputsAdded;
pub use deleted::{AllInputsDeleted, AllModelsDeleted, InputDeleted, ModelDeleted};
pub use training::ModelTrained;
pub use uploads::{AllInputsProcessed, InputsProcessed, LookUpInputs, Processed, SomeInputsProcessed};

/// What a [`Wait`] waits for: which requests to send, and what their responses mean.
///
/// The conditions of this crate can be passed to `client.run` as they are. A custom condition implements this trait and
/// is passed as [`Wait::until`] or [`wait`](Self::wait):
///
/// ```
/// use clarifai_core::machine::{Condition, Evaluation, IntoMachine as _};
/// use clarifai_core::{Config, Credentials, Error, concepts::GetConcept, testing::MockTransport, types::Concept};
/// use serde_json::{Value, json};
///
/// /// The app has a concept with this id.
/// struct ConceptExists(String);
///
/// impl Condition for ConceptExists {
///     type Operation = GetConcept;
///     type Output = Concept;
///     const NAME: &'static str = "wait for concept";
///
///     fn request(&self) -> GetConcept {
///         GetConcept::new(&*self.0)
///     }
///
///     fn evaluate(&mut self, response: Result<Concept, Error>) -> Evaluation<Concept> {
///         match response {
///             Ok(concept) => Evaluation::Success(concept),
///             Err(error) if error.is_not_found() => Evaluation::Pending,
///             Err(error) => Evaluation::Error(error),
///         }
///     }
///
///     fn last_state(&self) -> Option<Value> {
///         None
///     }
/// }
///
/// let config = Config::new(Credentials::key("0123456789abcdef")?);
/// let mut script = MockTransport::new()
///     .expect("GET", "/v2/concepts/cat").reply(404, json!({"status": {"code": 11101}}))
///     .expect("GET", "/v2/concepts/cat").reply(200, json!({"status": {"code": 10000}, "concept": {"id": "cat"}}));
///
/// let concept = script.run(ConceptExists("cat".to_owned()).wait().into_machine(&config))?;
/// assert_eq!(concept.id, "cat");
/// # Ok::<(), Error>(())
/// ```
pub trait Condition {
    /// The request of one poll.
    type Operation: Operation;

    /// The result once the condition holds.
    type Output;

    /// Name of the wait in errors, such as `wait for training`.
    const NAME: &'static str;

    /// Checks the condition before the first request: returns the result if it holds already.
    ///
    /// # Errors
    ///
    /// Returns an error that names the invalid argument.
    fn begin(&self) -> Result<Option<Self::Output>, InvalidArgument> {
        Ok(None)
    }

    /// Returns the next request. Where one poll takes more than one request they are sent one after the other: see
    /// [`Evaluation::RequestMore`].
    fn request(&self) -> Self::Operation;

    /// Decides what a response means. An error that is no evidence for or against the condition is returned as
    /// [`Evaluation::Error`].
    fn evaluate(&mut self, response: Result<<Self::Operation as Operation>::Output, Error>)
    -> Evaluation<Self::Output>;

    /// Returns the last known state in the API's own shape. It becomes part of the error if the wait fails.
    fn last_state(&self) -> Option<Value>;

    /// Returns the default schedule of the polls. Default: [`Schedule::default`].
    fn schedule(&self) -> Schedule {
        Schedule::default()
    }

    /// Creates a wait for this condition, to set options such as a deadline. The same as [`Wait::until`].
    fn wait(self) -> Wait<Self>
    where
        Self: Sized,
    {
        Wait::until(self)
    }
}

/// What a response means for a [`Condition`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Evaluation<T> {
    /// The condition holds.
    Success(T),
    /// The condition will never hold, for the reason in this status.
    Failure(Box<Status>),
    /// The condition does not hold yet. The next poll follows after a pause.
    Pending,
    /// The poll takes another request, which is sent without a pause.
    RequestMore,
    /// The poll failed. A transient error is tolerated for a while, see [`Wait::max_consecutive_errors`]; any other
    /// error ends the wait.
    Error(Error),
}

/// Makes conditions acceptable to `client.run` without [`Condition::wait`]. One implementation for all conditions would
/// overlap with that for all machines.
macro_rules! into_machine {
    ($($condition:ty),+) => {$(
        impl $crate::machine::IntoMachine for $condition {
            type Machine = $crate::machine::Waiter<Self>;

            fn into_machine(self, config: &$crate::config::Config) -> Self::Machine {
                $crate::machine::Wait::until(self).into_machine(config)
            }
        }
    )+};
}

use into_machine;

/// A [`Condition`] to wait for, with a schedule, a deadline and a tolerance for errors: run it with `client.run`.
///
/// [`Waiter`] is the machine that polls. A wait can continue in another process: see [`Waiter::checkpoint`].
///
/// ```
/// use std::time::Duration;
///
/// use clarifai_core::machine::{Condition as _, InputsProcessed, IntoMachine as _};
/// use clarifai_core::{Config, Credentials, testing::MockTransport};
/// use serde_json::json;
///
/// let config = Config::new(Credentials::key("0123456789abcdef")?);
/// let counts = |processing| json!({"status": {"code": 10000}, "counts": {"processed": 7, "processing": processing}});
/// let mut script = MockTransport::new()
///     .expect("GET", "/v2/inputs/status").reply(200, counts(2))
///     .expect("GET", "/v2/inputs/status").reply(200, counts(0));
///
/// let wait = InputsProcessed::all().wait().deadline(Duration::from_secs(600));
/// let counts = script.run(wait.into_machine(&config))?;
/// assert_eq!(counts.processed, Some(7));
/// # Ok::<(), clarifai_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a wait does nothing before it is run"]
pub struct Wait<C> {
    condition: C,
    settings: Settings,
    /// The wait that a checkpoint was taken from.
    origin: Option<Origin>,
    /// Time waited before the checkpoint.
    before: Duration,
    polls: u64,
    errors: u32,
}

/// The options of a wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Settings {
    schedule: Schedule,
    deadline: Option<Duration>,
    max_errors: u32,
    pause_first: bool,
}

/// What a checkpoint must have in common with the wait that continues it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Origin {
    /// Name of the wait.
    wait: String,
    /// Service, user and app.
    place: String,
}

/// The state of a wait at one moment, to continue it in another process: see [`Waiter::checkpoint`].
///
/// It contains no credentials. The time between creating it and resuming from it does not count as waited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint<C> {
    origin: Origin,
    condition: C,
    settings: Settings,
    waited: Duration,
    polls: u64,
    #[serde(default)]
    errors: u32,
}

impl<C> Checkpoint<C> {
    /// Returns the condition with its last known state.
    pub fn condition(&self) -> &C {
        &self.condition
    }

    /// Returns the time waited so far.
    pub fn waited(&self) -> Duration {
        self.waited
    }
}

impl<C: Condition> Wait<C> {
    /// Default deadline of a wait: one hour.
    pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(3600);

    /// Default maximum number of consecutive polls that may fail.
    pub const DEFAULT_MAX_ERRORS: u32 = 10;

    /// Creates a wait for this condition, on the schedule of the condition.
    pub fn until(condition: C) -> Self {
        let settings = Settings {
            schedule: condition.schedule(),
            deadline: Some(Self::DEFAULT_DEADLINE),
            max_errors: Self::DEFAULT_MAX_ERRORS,
            pause_first: false,
        };
        Self { condition, settings, origin: None, before: Duration::ZERO, polls: 0, errors: 0 }
    }

    /// Creates a wait that continues from this checkpoint. Its first poll follows without a pause.
    ///
    /// A checkpoint of another wait, service, user or app is an error as soon as the wait is run;
    /// [`Waiter::resume_from`] returns that error earlier.
    pub fn resume_from(checkpoint: Checkpoint<C>) -> Self {
        let Checkpoint { origin, condition, mut settings, waited, polls, errors } = checkpoint;
        settings.pause_first = false;
        Self { condition, settings, origin: Some(origin), before: waited, polls, errors }
    }

    /// Sets the schedule of the polls. Default: that of the [condition](Condition::schedule).
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.settings.schedule = schedule;
        self
    }

    /// Sets the maximum time to wait. Default: [`DEFAULT_DEADLINE`](Self::DEFAULT_DEADLINE).
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.settings.deadline = Some(deadline);
        self
    }

    /// Waits without a time limit.
    pub fn without_deadline(mut self) -> Self {
        self.settings.deadline = None;
        self
    }

    /// Sets the maximum number of consecutive polls that may fail with a transient error. Default:
    /// [`DEFAULT_MAX_ERRORS`](Self::DEFAULT_MAX_ERRORS).
    pub fn max_consecutive_errors(mut self, errors: u32) -> Self {
        self.settings.max_errors = errors;
        self
    }

    /// Pauses before the first poll too.
    pub(crate) fn pause_first(mut self) -> Self {
        self.settings.pause_first = true;
        self
    }

    /// Returns the condition.
    pub fn condition(&self) -> &C {
        &self.condition
    }

    /// Checks that the checkpoint this wait continues from, if any, is of the same wait and of the same app.
    fn check_origin(&self, config: &Config) -> Result<(), InvalidArgument> {
        let Some(Origin { wait, place: at }) = &self.origin else { return Ok(()) };
        let problem = match () {
            () if wait != C::NAME => format!("is of another wait: {}", clean(wait, 64)),
            () if *at != place(config) => format!("is of another app: {}", clean(at, 256)),
            () => return Ok(()),
        };
        Err(InvalidArgument::new("checkpoint", problem))
    }
}

impl<C: Condition> IntoMachine for Wait<C> {
    type Machine = Waiter<C>;

    fn into_machine(self, config: &Config) -> Waiter<C> {
        let (config, clock) = (config.clone(), Latest::default());
        Waiter { config, wait: self, state: State::Start, clock, began: None, last_error: None }
    }
}

/// Polls until a [`Condition`] holds, the deadline passes, or polling fails: the machine of a [`Wait`].
///
/// ```text
///            ┌───────────────────── Woke ──────────────────────┐
///            ▼                                                 │
/// Begin ─► Send ─ response ─► Success ─────► Done(Ok)          │
///            ▲         ├────► Failure ─────► Done(Err)         │
///            └─────────┼───── RequestMore                      │
///                      ├────► Pending ────────────► pause ─► WaitUntil(next poll, or deadline)
///                      └────► Error ─┬─► transient ─► pause    │
///                                    └─► other: Done(Err)      └─ deadline ─► Done(Err)
/// ```
///
/// It pauses after each poll, failed polls included, for at least as long as its [`Schedule`] and the server's
/// `Retry-After` specify. Of `Retry-After` it respects at most [`max_server_wait`] of the client's retry policy, which
/// is two minutes by default. It ends exactly at the deadline; a poll that is due at that moment, and a response that
/// is outstanding then, still count. A wait can fail in three ways, which are the three [causes](WaitCause) in
/// [`ErrorKind::Wait`]; each comes with the last known state.
///
/// [`max_server_wait`]: crate::policy::RetryPolicy::max_server_wait
pub struct Waiter<C: Condition> {
    config: Config,
    wait: Wait<C>,
    state: State<C::Operation>,
    clock: Latest,
    began: Option<Instant>,
    /// The error of the last poll, if it failed.
    last_error: Option<Box<Error>>,
}

enum State<O> {
    Start,
    Polling {
        call: Box<Call<O>>,
        /// The time until which the call itself waits.
        wake: Option<Instant>,
    },
    Pausing {
        until: Instant,
        /// Whether the deadline comes at that time, and not a poll.
        last: bool,
    },
    Spent,
}

impl<C: Condition> Waiter<C> {
    /// Creates a machine that continues from this checkpoint. Its first poll follows without a pause.
    ///
    /// # Errors
    ///
    /// Where the checkpoint is of another kind of wait, or of another service, user or app: responses from there say
    /// nothing about the condition.
    pub fn resume_from(config: &Config, checkpoint: Checkpoint<C>) -> Result<Self, Error> {
        let wait = Wait::resume_from(checkpoint);
        wait.check_origin(config).map_err(|invalid| Error::new(C::NAME, invalid))?;
        Ok(wait.into_machine(config))
    }

    /// Returns the condition with its last known state.
    pub fn condition(&self) -> &C {
        &self.wait.condition
    }

    /// Returns the number of polls so far, failed polls included.
    pub fn polls(&self) -> u64 {
        self.wait.polls
    }

    /// Returns the time waited so far, as of the last event.
    pub fn waited(&self) -> Duration {
        self.wait.before.saturating_add(self.began.map_or(Duration::ZERO, |began| self.clock.instant().since(began)))
    }

    /// Returns the current state of the wait. Pass it to [`Wait::resume_from`] later, in this process or in another; a
    /// request that has no response yet is sent again then.
    ///
    /// ```
    /// use clarifai_core::machine::{Checkpoint, IntoMachine as _, ModelTrained, Wait, Waiter};
    /// use clarifai_core::{Config, Credentials};
    ///
    /// let config = Config::new(Credentials::key("0123456789abcdef")?);
    /// let waiter = ModelTrained::new("holiday-sorter", "aa7f35c01e0642fda5cf400f543e7c40").into_machine(&config);
    /// let json = serde_json::to_string(&waiter.checkpoint()).expect("plain data");
    ///
    /// let checkpoint: Checkpoint<ModelTrained> = serde_json::from_str(&json).expect("the same data");
    /// let waiter = Waiter::resume_from(&config, checkpoint)?;
    /// assert_eq!(waiter.condition().version_id(), "aa7f35c01e0642fda5cf400f543e7c40");
    /// # Ok::<(), clarifai_core::Error>(())
    /// ```
    pub fn checkpoint(&self) -> Checkpoint<C>
    where
        C: Clone,
    {
        // A wait that is not about this app must not become one by a second checkpoint.
        let here = || Origin { wait: C::NAME.to_owned(), place: place(&self.config) };
        Checkpoint {
            origin: self.wait.origin.clone().unwrap_or_else(here),
            condition: self.wait.condition.clone(),
            settings: self.wait.settings.clone(),
            waited: self.waited(),
            polls: self.wait.polls,
            errors: self.wait.errors,
        }
    }

    fn deadline_at(&self) -> Option<Instant> {
        let left = self.wait.settings.deadline?.saturating_sub(self.wait.before);
        Some(self.began? + left)
    }

    fn is_over(&self, now: Now) -> bool {
        self.deadline_at().is_some_and(|deadline| now.instant >= deadline)
    }

    fn end(&mut self, result: Result<C::Output, Error>) -> Step<C::Output> {
        self.state = State::Spent;
        Step::Done(result)
    }

    fn fail(&mut self, cause: WaitCause) -> Step<C::Output> {
        let is_deadline = matches!(cause, WaitCause::Deadline);
        let error = WaitError {
            cause,
            waited: self.waited(),
            polls: self.wait.polls,
            last: self.wait.condition.last_state(),
            last_error: self.last_error.take().filter(|_| is_deadline),
        };
        self.end(Err(Error::new(C::NAME, error)))
    }

    fn misuse(&mut self, how: &'static str) -> Step<C::Output> {
        self.end(Err(Error::new(C::NAME, Misuse(how))))
    }

    fn poll(&mut self, now: Now) -> Step<C::Output> {
        let call = Box::new(Call::look(&self.config, self.wait.condition.request()));
        self.wait.polls = self.wait.polls.saturating_add(1);
        self.step(call, now, Event::Begin)
    }

    /// Resumes the call of a poll with one event.
    fn step(&mut self, mut call: Box<Call<C::Operation>>, now: Now, event: Event) -> Step<C::Output> {
        let response = match call.resume(now, event) {
            // The token was fetched first, and that took until after the deadline.
            Step::Send(_) if self.deadline_at().is_some_and(|deadline| now.instant > deadline) => {
                return self.fail(WaitCause::Deadline);
            }
            Step::Send(request) => {
                self.state = State::Polling { call, wake: None };
                return Step::Send(request);
            }
            Step::WaitUntil(time) => {
                self.state = State::Polling { call, wake: Some(time) };
                return Step::WaitUntil(
                    self.deadline_at().map_or(time, |deadline| time.min(deadline)).max(now.instant),
                );
            }
            Step::Done(response) => response,
        };
        match self.wait.condition.evaluate(response) {
            Evaluation::Success(output) => self.end(Ok(output)),
            Evaluation::Failure(status) => {
                self.fail(WaitCause::Failed(Box::new(self.config.redactor().redact_status(&status))))
            }
            Evaluation::Pending => {
                self.wait.errors = 0;
                self.last_error = None;
                self.pause(now, None)
            }
            Evaluation::RequestMore => {
                self.wait.errors = 0;
                self.last_error = None;
                if self.is_over(now) { self.fail(WaitCause::Deadline) } else { self.poll(now) }
            }
            Evaluation::Error(error) => self.failed(now, error),
        }
    }

    fn failed(&mut self, now: Now, error: Error) -> Step<C::Output> {
        // A mistake of the caller is returned as it is.
        if matches!(error.kind(), ErrorKind::InvalidArgument(_) | ErrorKind::Misuse(_)) {
            return self.end(Err(error));
        }
        let transient = retry::cause(&error, Replay::Safe).is_some();
        self.wait.errors = self.wait.errors.saturating_add(1);
        if !transient || self.wait.errors > self.wait.settings.max_errors {
            return self.fail(WaitCause::Polling(Box::new(error)));
        }
        // The wait continues however long a pause the server wants.
        let hint = error.retry_after().map(|hint| hint.min(self.config.retry().max_server_wait));
        self.last_error = Some(Box::new(error));
        self.pause(now, hint)
    }

    /// Pauses until the next poll, or until the deadline if that comes first.
    fn pause(&mut self, now: Now, hint: Option<Duration>) -> Step<C::Output> {
        if self.is_over(now) {
            return self.fail(WaitCause::Deadline);
        }
        let pause = self.wait.settings.schedule.pause(self.waited()).max(hint.unwrap_or_default());
        let next = now.instant + pause;
        match self.deadline_at() {
            Some(deadline) if deadline < next => self.wait_until(deadline, true),
            _ => self.wait_until(next, false),
        }
    }

    fn wait_until(&mut self, until: Instant, last: bool) -> Step<C::Output> {
        self.state = State::Pausing { until, last };
        Step::WaitUntil(until)
    }

    fn begin(&mut self, now: Now) -> Step<C::Output> {
        if let Err(invalid) = self.wait.check_origin(&self.config) {
            return self.end(Err(Error::new(C::NAME, invalid)));
        }
        self.began = Some(now.instant);
        match self.wait.condition.begin() {
            Ok(None) => {}
            Ok(Some(output)) => return self.end(Ok(output)),
            Err(invalid) => return self.end(Err(Error::new(C::NAME, invalid))),
        }
        match self.wait.settings.pause_first {
            true => self.pause(now, None),
            false => self.poll(now),
        }
    }
}

/// Where the requests go: service, user and app.
fn place(config: &Config) -> String {
    let app = config.app().map(|app| format!(" {}/{}", app.user_id(), app.app_id()));
    config.origin() + &app.unwrap_or_default()
}

impl<C: Condition> Machine for Waiter<C> {
    type Output = C::Output;

    fn resume(&mut self, now: Now, event: Event) -> Step<C::Output> {
        let now = self.clock.observe(now);
        match (mem::replace(&mut self.state, State::Spent), event) {
            (State::Start, Event::Begin) => self.begin(now),
            (State::Start, _) => self.misuse("it has not begun"),
            // The deadline comes before the request may be sent, or it passed because the adapter slept too long.
            (State::Polling { wake: Some(wake), .. }, Event::Woke) if self.is_over(now) && now.instant != wake => {
                self.fail(WaitCause::Deadline)
            }
            (State::Polling { call, .. }, event) => self.step(call, now, event),
            (State::Pausing { until, last }, Event::Woke) if now.instant < until => self.wait_until(until, last),
            (State::Pausing { last: true, .. }, Event::Woke) => self.fail(WaitCause::Deadline),
            // The adapter slept past the deadline as well.
            (State::Pausing { until, .. }, Event::Woke) if now.instant > until && self.is_over(now) => {
                self.fail(WaitCause::Deadline)
            }
            (State::Pausing { .. }, Event::Woke) => self.poll(now),
            (State::Pausing { .. }, _) => self.misuse("it waits for a time"),
            (State::Spent, _) => self.misuse("it has ended already"),
        }
    }
}

impl<C: Condition + fmt::Debug> fmt::Debug for Waiter<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Start => "not started",
            State::Polling { .. } => "polling",
            State::Pausing { .. } => "pausing",
            State::Spent => "ended",
        };
        f.debug_struct("Waiter")
            .field("condition", &self.wait.condition)
            .field("state", &state)
            .field("waited", &self.waited())
            .field("polls", &self.wait.polls)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Credentials;
    use crate::target::AppRef;

    fn config(app_id: &str) -> Config {
        let credentials = Credentials::key("0123456789abcdef").expect("a valid key");
        Config::new(credentials).with_app(AppRef::new("me", app_id))
    }

    /// The check does not depend on the way in which the checkpoint is resumed.
    #[test]
    fn a_checkpoint_of_another_app_is_refused_before_any_request() {
        let checkpoint = InputDeleted::new("a").into_machine(&config("one")).checkpoint();
        let mut waiter = Wait::resume_from(checkpoint.clone()).into_machine(&config("one"));
        assert!(matches!(waiter.resume(Now::default(), Event::Begin), Step::Send(_)));

        let mut waiter = Wait::resume_from(checkpoint.clone()).into_machine(&config("two"));
        assert_eq!(waiter.checkpoint(), checkpoint, "it still belongs to the first app");
        let step = waiter.resume(Now::default(), Event::Begin);
        assert!(
            matches!(&step, Step::Done(Err(error)) if matches!(error.kind(), ErrorKind::InvalidArgument(_))),
            "{step:?}"
        );
        assert!(Waiter::resume_from(&config("two"), checkpoint).is_err());
    }

    #[test]
    fn a_trained_model_is_polled_on_the_schedule_for_trainings() {
        assert_eq!(ModelTrained::new("m", "v").wait().settings.schedule, Schedule::training());
        assert_eq!(InputsProcessed::all().wait().settings.schedule, Schedule::default());
    }
}
