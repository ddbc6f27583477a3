//! Starting a training, and waiting for its end.

use std::mem;
use std::ops::ControlFlow;
use std::time::Duration;

use super::wait::{Checkpoint, ModelTrained};
use super::{Call, Event, IntoMachine as _, Machine as _, Now, Procedure, Running, Step, Wait, WaitForTraining, runs};
use crate::config::Config;
use crate::error::{Error, ErrorKind, InvalidResponse, Misuse, WaitCause, WaitError};
use crate::models::{CreateModelVersion, ModelRef};
use crate::operation::Operation;
use crate::policy::Schedule;
use crate::time::Latest;
use crate::types::{Model, ModelVersion, StatusClass};

/// Trains a model: creates a version of it, and waits until that is trained.
///
/// ```text
/// Begin ─► Send(create version) ─┬─► trained, or failed, already ─► Done
///                 │              └─► in training ─► pause ─► Send(get version) ─► … ─► Done(Trained | Failed)
///                 ├─► told not to wait ─► Done(Started)                └─ deadline ─► Done(TimedOut)
///                 └─► error ─► Done(Err)
/// ```
///
/// The three ways a wait can end are three [answers](Training). An error means that the training could not be started,
/// or that it could not be looked at; in the second case the error holds the version.
///
/// ```
/// use clarifai_core::{Config, Credentials, machine::{IntoMachine, Train, Training}, testing::MockTransport};
/// use serde_json::json;
///
/// let config = Config::new(Credentials::key("0123456789abcdef")?);
/// let version = |code| json!({"id": "v1", "status": {"code": code}});
/// let mut script = MockTransport::new()
///     .expect("POST", "/v2/models/sorter/versions")
///     .reply(200, json!({"status": {"code": 10000}, "model": {"id": "sorter", "model_version": version(21103)}}))
///     .expect("GET", "/v2/models/sorter/versions/v1")
///     .reply(200, json!({"status": {"code": 10000}, "model_version": version(21111)}));
///
/// match script.run(Train::new("sorter").into_machine(&config))? {
///     Training::Trained(version) => println!("{} is ready", version.id),
///     Training::Failed(version) => println!("{} failed: {:?}", version.id, version.status),
///     Training::TimedOut(version) => println!("{} goes on", version.id),
///     _ => {}
/// }
/// assert_eq!(script.clock().elapsed().as_secs(), 1);
/// # Ok::<(), clarifai_core::Error>(())
/// ```
#[doc(alias = "Model.train")]
#[derive(Debug)]
pub struct Train {
    config: Config,
    model: ModelRef,
    settings: Settings,
    state: State,
    clock: Latest,
}

#[derive(Clone, Debug)]
struct Settings {
    wait: bool,
    schedule: Schedule,
    deadline: Option<Duration>,
    most_errors: u32,
}

#[derive(Debug)]
enum State {
    Start,
    Creating(Box<Call<CreateModelVersion>>),
    Waiting(Box<Running<WaitForTraining>>),
    /// The wait is over; what it saw last is still told.
    Ended(Box<Running<WaitForTraining>>),
    Spent,
}

/// How a training ended, or where it was left.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Training {
    /// The version is trained and ready.
    Trained(ModelVersion),
    /// The training failed; the version's status says why.
    Failed(ModelVersion),
    /// The deadline passed, and the service trains on. Wait on with [`WaitForTraining`].
    TimedOut(ModelVersion),
    /// It was started, and nobody waited.
    Started(ModelVersion),
}

impl Training {
    /// The version, whatever became of it.
    pub fn version(&self) -> &ModelVersion {
        match self {
            Self::Trained(version) | Self::Failed(version) | Self::TimedOut(version) | Self::Started(version) => {
                version
            }
        }
    }

    /// The version if it is trained.
    pub fn trained(&self) -> Option<&ModelVersion> {
        match self {
            Self::Trained(version) => Some(version),
            _ => None,
        }
    }
}

impl Train {
    const NAME: &'static str = "train";

    /// Trains the model with this id, and waits for up to an hour, at the pauses of [`Schedule::training`].
    pub fn new(model: impl Into<ModelRef>) -> Self {
        let settings = Settings {
            wait: true,
            schedule: Schedule::training(),
            deadline: Some(WaitForTraining::DEFAULT_DEADLINE),
            most_errors: WaitForTraining::DEFAULT_MAX_ERRORS,
        };
        Self {
            config: Config::placeholder(),
            model: model.into(),
            settings,
            state: State::Start,
            clock: Latest::default(),
        }
    }

    /// Starts it, and does not wait: the answer is [`Training::Started`].
    #[doc(alias = "sync")]
    pub fn without_waiting(mut self) -> Self {
        self.settings.wait = false;
        self
    }

    /// Waits for at most so long, counted from when the training was started.
    #[doc(alias = "timeout")]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.settings.deadline = Some(deadline);
        self
    }

    /// Waits for as long as it takes.
    pub fn without_deadline(mut self) -> Self {
        self.settings.deadline = None;
        self
    }

    /// Looks as often as this schedule says.
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.settings.schedule = schedule;
        self
    }

    /// Goes on after so many looks in a row that failed for a reason that passes. Default:
    /// [`Wait::DEFAULT_MAX_ERRORS`].
    pub fn max_consecutive_errors(mut self, errors: u32) -> Self {
        self.settings.most_errors = errors;
        self
    }

    /// The version in training as it was at the last look, once there is one; also after the end of the wait.
    pub fn progress(&self) -> Option<&ModelVersion> {
        match &self.state {
            State::Waiting(wait) | State::Ended(wait) => wait.condition().last(),
            _ => None,
        }
    }

    /// The wait written down, once the training was started; also after the end of the wait, where looking failed. Go on
    /// with [`WaitForTraining`]`::resume_from`.
    pub fn checkpoint(&self) -> Option<Checkpoint<ModelTrained>> {
        match &self.state {
            State::Waiting(wait) | State::Ended(wait) => Some(wait.checkpoint()),
            _ => None,
        }
    }

    fn create(&mut self, mut attempt: Box<Call<CreateModelVersion>>, now: Now, event: Event) -> Step<Training> {
        match attempt.resume(now, event).into_control_flow() {
            ControlFlow::Break(Ok(model)) => self.started(now, model),
            ControlFlow::Break(Err(error)) => Step::Done(Err(error)),
            ControlFlow::Continue(step) => {
                self.state = State::Creating(attempt);
                step
            }
        }
    }

    fn started(&mut self, now: Now, model: Model) -> Step<Training> {
        let Some(version) = model.model_version.filter(|version| !version.id.is_empty()) else {
            let problem = "it names no version, so nobody can tell which one is being trained";
            return Step::Done(Err(Error::new(CreateModelVersion::NAME, InvalidResponse::of_content(problem))));
        };
        let class = version.status.as_ref().map_or(StatusClass::Unknown, crate::types::Status::class);
        match class {
            _ if !self.settings.wait => Step::Done(Ok(Training::Started(*version))),
            StatusClass::Success => Step::Done(Ok(Training::Trained(*version))),
            StatusClass::Terminal => Step::Done(Ok(Training::Failed(*version))),
            _ => {
                let condition = ModelTrained::seen(self.model.clone(), *version);
                let mut wait = Wait::until(condition).schedule(self.settings.schedule.clone()).after_a_pause();
                wait = wait.max_consecutive_errors(self.settings.most_errors);
                wait = match self.settings.deadline {
                    Some(deadline) => wait.deadline(deadline),
                    None => wait.without_deadline(),
                };
                self.wait(Box::new(wait.into_machine(&self.config)), now, Event::Begin)
            }
        }
    }

    fn wait(&mut self, mut wait: Box<Running<WaitForTraining>>, now: Now, event: Event) -> Step<Training> {
        let ended = match wait.resume(now, event).into_control_flow() {
            ControlFlow::Break(ended) => ended,
            ControlFlow::Continue(step) => {
                self.state = State::Waiting(wait);
                return step;
            }
        };
        let version = wait.condition().last().cloned();
        self.state = State::Ended(wait);
        let error = match ended {
            Ok(version) => return Step::Done(Ok(Training::Trained(version))),
            Err(error) => error,
        };
        match (error.kind(), version) {
            (ErrorKind::Wait(WaitError { cause: WaitCause::Deadline, .. }), Some(version)) => {
                Step::Done(Ok(Training::TimedOut(version)))
            }
            (ErrorKind::Wait(WaitError { cause: WaitCause::Failed(_), .. }), Some(version)) => {
                Step::Done(Ok(Training::Failed(version)))
            }
            // Whatever became of the wait, the training was started.
            _ => Step::Done(Err(error.in_doubt())),
        }
    }
}

runs!(Train);

impl Procedure for Train {
    type Output = Training;

    fn configure(&mut self, config: &Config) {
        self.config = config.clone();
    }

    fn step(&mut self, now: Now, event: Event) -> Step<Training> {
        let now = self.clock.observe(now);
        match (mem::replace(&mut self.state, State::Spent), event) {
            (State::Start, Event::Begin) => {
                let attempt = Box::new(Call::new(&self.config, CreateModelVersion::new(&self.model)).redacted());
                self.create(attempt, now, Event::Begin)
            }
            (State::Start, _) => Step::Done(Err(Error::new(Self::NAME, Misuse("it has not begun")))),
            (State::Creating(attempt), event) => self.create(attempt, now, event),
            (State::Waiting(wait), event) => self.wait(wait, now, event),
            (ended @ State::Ended(_), _) => {
                self.state = ended;
                Step::Done(Err(Error::new(Self::NAME, Misuse("it has ended already"))))
            }
            (State::Spent, _) => Step::Done(Err(Error::new(Self::NAME, Misuse("it has ended already")))),
        }
    }
}
