//! Starting a training and waiting until it ends.

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

/// Trains a model: creates a version of it and waits until the version is trained.
///
/// ```text
/// Begin ─► Send(create version) ─┬─► trained, or failed, already ─► Done
///                 │              └─► in training ─► pause ─► Send(get version) ─► … ─► Done(Trained | Failed)
///                 ├─► without waiting ──► Done(Started)                └─ deadline ─► Done(TimedOut)
///                 └─► error ─► Done(Err)
/// ```
///
/// The three ways in which the wait can end are three results of type [`Training`]. An error means that the training
/// could not be started or that polling failed; in the second case the error contains the version.
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
    /// The wait has ended; its last known state is still available.
    Ended(Box<Running<WaitForTraining>>),
    Spent,
}

/// The outcome of a training.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Training {
    /// The version is trained and ready.
    Trained(ModelVersion),
    /// The training failed; the status of the version contains the reason.
    Failed(ModelVersion),
    /// The deadline passed while the training was still running. Continue to wait with [`WaitForTraining`].
    TimedOut(ModelVersion),
    /// Training was started; completion was not awaited.
    Started(ModelVersion),
}

impl Training {
    /// Returns the version, whatever the outcome.
    pub fn version(&self) -> &ModelVersion {
        match self {
            Self::Trained(version) | Self::Failed(version) | Self::TimedOut(version) | Self::Started(version) => {
                version
            }
        }
    }

    /// Returns the version if it is trained.
    pub fn trained(&self) -> Option<&ModelVersion> {
        match self {
            Self::Trained(version) => Some(version),
            _ => None,
        }
    }
}

impl Train {
    const NAME: &'static str = "train";

    /// Creates a training of the model with this id, which waits for up to 1 hour and polls on [`Schedule::training`].
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

    /// Starts the training without waiting for it: the result is [`Training::Started`].
    #[doc(alias = "sync")]
    pub fn without_waiting(mut self) -> Self {
        self.settings.wait = false;
        self
    }

    /// Sets the maximum time to wait after the training was started. Default: [`Wait::DEFAULT_DEADLINE`], 1 hour.
    #[doc(alias = "timeout")]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.settings.deadline = Some(deadline);
        self
    }

    /// Removes the deadline, so that the wait can last any length of time.
    pub fn without_deadline(mut self) -> Self {
        self.settings.deadline = None;
        self
    }

    /// Sets the schedule of the pauses between polls. Default: [`Schedule::training`].
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.settings.schedule = schedule;
        self
    }

    /// Sets how many consecutive transient polling errors are tolerated; one more ends the wait. Default:
    /// [`Wait::DEFAULT_MAX_ERRORS`].
    pub fn max_consecutive_errors(mut self, errors: u32) -> Self {
        self.settings.most_errors = errors;
        self
    }

    /// Returns the version being trained as of the last poll, or `None` before it was created. Available after the end
    /// of the wait as well.
    pub fn progress(&self) -> Option<&ModelVersion> {
        match &self.state {
            State::Waiting(wait) | State::Ended(wait) => wait.condition().last(),
            _ => None,
        }
    }

    /// Returns a snapshot of the wait, or `None` before the training was started. Available after the end of the wait
    /// as well, for example if polling failed. Resume it with [`WaitForTraining`]`::resume_from`.
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
            return Step::Done(Err(Error::new(CreateModelVersion::SPEC.name, InvalidResponse::of_content(problem))));
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
            // However the wait ended, the training was started.
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
