//! Looking again and again until something is as it should be: the one loop of all waits.

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

/// What a [`Wait`] waits for: what to ask, and what the answers mean.
pub trait Condition {
    /// The question.
    type Operation: Operation;

    /// What is known when it is reached.
    type Output;

    /// Name of the wait in errors, such as `wait for training`.
    const NAME: &'static str;

    /// Looks at the condition before anything is asked: what is reached already, or can never be asked for.
    ///
    /// # Errors
    ///
    /// Names the argument that cannot be sent.
    fn begin(&self) -> Result<Option<Self::Output>, InvalidArgument> {
        Ok(None)
    }

    /// The next question. Several are asked in turn where one look takes more than one: see [`Evaluation::RequestMore`].
    fn request(&self) -> Self::Operation;

    /// What an answer means. Errors that say nothing about the thing waited for are handed back in
    /// [`Evaluation::Error`].
    fn evaluate(&mut self, answer: Result<<Self::Operation as Operation>::Output, Error>) -> Evaluation<Self::Output>;

    /// The last known state, in the API's own shape, to go with an error.
    fn last_state(&self) -> Option<Value>;
}

/// What an answer means for a wait.
#[derive(Debug)]
#[non_exhaustive]
pub enum Evaluation<T> {
    /// The condition holds.
    Success(T),
    /// It will never be reached.
    Failure(Box<Status>),
    /// Not yet; look again after a pause.
    Pending,
    /// The look takes another question, which is asked at once.
    RequestMore,
    /// The answer says nothing. What passes is tolerated for a while, see [`Wait::max_consecutive_errors`]; the rest ends the wait.
    Error(Error),
}

/// Looks again and again until a [`Condition`] is reached, a deadline passes, or looking fails.
///
/// ```text
///            ┌───────────────── Woke ─────────────────┐
///            ▼                                        │
/// Begin ─► Send ─ answer ─► reached ──────► Done(Ok)  │
///            ▲        ├───► failed ───────► Done(Err) │
///            └─ More ─┤                               │
///                     ├───► not yet ──► pause ────► WaitUntil(next look, or deadline)
///                     └───► error ─┬─► passes ──► pause │
///                                  └─► else: Done(Err)  └─ deadline ─► Done(Err)
/// ```
///
/// It pauses after each look, after one that failed as well, and never for less than its [`Schedule`] or the server's
/// `Retry-After` asks for, of which it waits two minutes at most ([`max_server_wait`] of the app's policy). At the deadline
/// it ends to the tick; a look that is due at that moment, and an answer that is under way then, still count. Three ways to
/// fail are three [causes](WaitCause), and each comes with the last known state: [`ErrorKind::Wait`].
///
/// [`max_server_wait`]: crate::policy::RetryPolicy::max_server_wait
///
/// A wait can go on where another process stopped: see [`checkpoint`](Self::checkpoint).
pub struct Wait<G: Condition> {
    config: Config,
    condition: G,
    patience: Patience,
    state: State<G::Operation>,
    clock: Latest,
    began: Option<Instant>,
    /// How long it waited before it was taken up again.
    before: Duration,
    polls: u64,
    errors: u32,
}

enum State<O> {
    Start,
    Asking {
        attempt: Box<Call<O>>,
        /// Until when the attempt itself waits.
        wake: Option<Instant>,
    },
    Pausing {
        until: Instant,
        last: bool,
    },
    Spent,
}

/// How long, and how patiently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Patience {
    schedule: Schedule,
    deadline: Option<Duration>,
    most_errors: u32,
    pause_first: bool,
}

/// A wait written down, to go on in another process: see [`Wait::checkpoint`].
///
/// It holds no credentials. The time between writing it and taking it up again does not count as waited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint<G> {
    /// Name of the wait, and where it asks, so that it is not taken for another one.
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
    /// What is waited for, with what was known of it.
    pub fn condition(&self) -> &G {
        &self.condition
    }

    /// How long it had waited.
    pub fn waited(&self) -> Duration {
        self.waited
    }
}

impl<G: Condition> Wait<G> {
    /// The longest wait unless told otherwise: an hour.
    pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(3600);

    /// How many looks in a row may fail unless told otherwise.
    pub const DEFAULT_MAX_ERRORS: u32 = 10;

    /// Waits for this condition of one's own.
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

    /// Looks as often as this schedule says.
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.patience.schedule = schedule;
        self
    }

    /// Waits for at most so long. Default: [`DEFAULT_DEADLINE`](Self::DEFAULT_DEADLINE).
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.patience.deadline = Some(deadline);
        self
    }

    /// Waits for as long as it takes.
    pub fn without_deadline(mut self) -> Self {
        self.patience.deadline = None;
        self
    }

    /// Goes on after so many looks in a row that failed for a reason that passes. Default:
    /// [`DEFAULT_MAX_ERRORS`](Self::DEFAULT_MAX_ERRORS).
    pub fn max_consecutive_errors(mut self, errors: u32) -> Self {
        self.patience.most_errors = errors;
        self
    }

    /// Pauses before the first look too.
    pub(crate) fn after_a_pause(mut self) -> Self {
        self.patience.pause_first = true;
        self
    }

    /// What is waited for, with what is known of it.
    pub fn condition(&self) -> &G {
        &self.condition
    }

    /// How often it looked, failed looks among them.
    pub fn polls(&self) -> u64 {
        self.polls
    }

    /// How long it has waited, as of its last event.
    pub fn waited(&self) -> Duration {
        self.before.saturating_add(self.began.map_or(Duration::ZERO, |began| self.clock.instant().since(began)))
    }

    /// The wait written down as it is now. Hand it to [`resume_from`](Self::resume_from) later, in this process or in
    /// another; a question under way is asked again then.
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

    /// Goes on with a wait that was written down. It looks at once.
    ///
    /// # Errors
    ///
    /// Where it was another kind of wait, or one about another service, user or app: what is asked there says nothing
    /// about what was waited for.
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
            Evaluation::Failure(status) => self.fail(WaitCause::Failed(Box::new(self.config.redact_status(&status)))),
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
        // The caller's own mistake needs no story around it.
        if matches!(error.kind(), ErrorKind::InvalidArgument(_) | ErrorKind::Misuse(_)) {
            return self.end(Err(error));
        }
        let passes = retry::cause(&error, Replay::Safe).is_some();
        self.errors = self.errors.saturating_add(1);
        if !passes || self.errors > self.patience.most_errors {
            return self.fail(WaitCause::Polling(Box::new(error)));
        }
        // A wait goes on, however long the server asks to leave it alone.
        let hint = error.retry_after().map(|hint| hint.min(self.config.retry().max_server_wait));
        self.pause(now, hint)
    }

    /// Waits for the next look, or for the deadline if that comes first.
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

    /// `last` says that the deadline comes then, and not a look.
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

/// Where an app asks: service, user and app.
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
            // The deadline comes before the request may be sent, or passed while the adapter slept on.
            (State::Asking { wake: Some(wake), .. }, Event::Woke) if self.is_over(now) && now.instant != wake => {
                self.fail(WaitCause::Deadline)
            }
            (State::Asking { attempt, .. }, event) => self.go(attempt, now, event),
            (State::Pausing { until, last }, Event::Woke) if now.instant < until => self.wait(until, last),
            (State::Pausing { last: true, .. }, Event::Woke) => self.fail(WaitCause::Deadline),
            // Woken so late that the deadline has passed as well.
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
