//! Starting a training and waiting until it ends.

use std::mem;
use std::ops::ControlFlow;
use std::time::Duration;

use super::{Call, Checkpoint, Event, IntoMachine, Machine, ModelTrained, Now, Step, Wait, Waiter};
use crate::config::Config;
use crate::error::{Error, ErrorKind, InvalidResponse, Misuse, WaitCause, WaitError};
use crate::models::{CreateModelVersion, ModelRef};
use crate::operation::Operation;
use crate::policy::Schedule;
use crate::time::Latest;
use crate::types::{Model, ModelVersion, Status, StatusClass};

/// Trains a model: creates a version of it (`POST /v2/models/{id}/versions`) and waits until it is trained. Run it with
/// `client.run`.
///
/// ```text
/// Begin ─► Send(create version) ─┬─► trained or failed ─► Done
///                 │              └─► in training ─► pause ─► Send(get version) ─► … ─► Done(Trained | Failed)
///                 ├─► without waiting ─► Done(Started)                 └─ deadline ─► Done(TimedOut)
///                 └─► error ─► Done(Err)
/// ```
///
/// The ways in which a wait can end are variants of [`Training`]. An error means that the training could not be
/// started, or that its state could not be polled; in the second case the error contains the version.
///
/// ```
/// use clarifai_core::{Config, Credentials, machine::{IntoMachine as _, Train, Training}, testing::MockTransport};
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
/// // With a client: client.run(Train::new("sorter"))
/// match script.run(Train::new("sorter").into_machine(&config))? {
///     Training::Trained(version) => println!("{} is ready", version.id),
///     Training::Failed(version) => println!("{} failed: {:?}", version.id, version.status),
///     Training::TimedOut(version) => println!("{} is still in training", version.id),
///     _ => {}
/// }
/// assert_eq!(script.clock().elapsed().as_secs(), 1);
/// # Ok::<(), clarifai_core::Error>(())
/// ```
#[doc(alias = "Model.train")]
#[derive(Clone, Debug)]
#[must_use = "a training does not start before it is run"]
pub struct Train {
    model: ModelRef,
    concepts: Vec<String>,
    wait: bool,
    schedule: Schedule,
    deadline: Option<Duration>,
    max_errors: u32,
}

/// The machine of [`Train`].
#[derive(Debug)]
pub struct TrainMachine {
    config: Config,
    train: Train,
    state: State,
    clock: Latest,
}

/// Name of the operation in errors.
const NAME: &str = "train";

#[derive(Debug)]
enum State {
    Start,
    Creating(Box<Call<CreateModelVersion>>),
    Waiting(Box<Waiter<ModelTrained>>),
    /// The wait is over; its last known state is still available.
    Ended(Box<Waiter<ModelTrained>>),
    Spent,
}

/// The result of [`Train`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Training {
    /// The version is trained and ready.
    Trained(ModelVersion),
    /// The training failed; the status of the version contains the reason.
    Failed(ModelVersion),
    /// The deadline passed while the version was in training, which continues. Use [`ModelTrained`] to wait longer.
    TimedOut(ModelVersion),
    /// The training was started, [without waiting](Train::without_waiting) for it.
    Started(ModelVersion),
}

impl Training {
    /// Returns the version.
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
    /// Creates a training of the model with this id. It waits for up to an hour, on the schedule
    /// [`Schedule::training`].
    pub fn new(model: impl Into<ModelRef>) -> Self {
        Self {
            model: model.into(),
            concepts: Vec::new(),
            wait: true,
            schedule: Schedule::training(),
            deadline: Some(Wait::<ModelTrained>::DEFAULT_DEADLINE),
            max_errors: Wait::<ModelTrained>::DEFAULT_MAX_ERRORS,
        }
    }

    /// Adds concepts for the version to learn, by their ids: see [`CreateModelVersion::concepts`]. Default: those of
    /// the model.
    pub fn concepts(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.concepts.extend(ids.into_iter().map(Into::into));
        self
    }

    /// Starts the training without waiting for it: the result is [`Training::Started`], unless starting it failed.
    #[doc(alias = "sync")]
    pub fn without_waiting(mut self) -> Self {
        self.wait = false;
        self
    }

    /// Sets the maximum time to wait after the training was started. Default: one hour.
    #[doc(alias = "timeout")]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Waits without a time limit.
    pub fn without_deadline(mut self) -> Self {
        self.deadline = None;
        self
    }

    /// Sets the schedule of the polls. Default: [`Schedule::training`].
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.schedule = schedule;
        self
    }

    /// Sets the maximum number of consecutive polls that may fail with a transient error. Default:
    /// [`Wait::DEFAULT_MAX_ERRORS`].
    pub fn max_consecutive_errors(mut self, errors: u32) -> Self {
        self.max_errors = errors;
        self
    }
}

impl IntoMachine for Train {
    type Machine = TrainMachine;

    fn into_machine(self, config: &Config) -> TrainMachine {
        TrainMachine { config: config.clone(), train: self, state: State::Start, clock: Latest::default() }
    }
}

impl TrainMachine {
    /// Returns the version in training as of the last poll, once there is one. It remains available after the wait.
    pub fn progress(&self) -> Option<&ModelVersion> {
        match &self.state {
            State::Waiting(wait) | State::Ended(wait) => wait.condition().last(),
            _ => None,
        }
    }

    /// Returns the state of the wait, once the training was started. It remains available after the wait, in case a
    /// poll failed. Continue with [`Wait::resume_from`].
    pub fn checkpoint(&self) -> Option<Checkpoint<ModelTrained>> {
        match &self.state {
            State::Waiting(wait) | State::Ended(wait) => Some(wait.checkpoint()),
            _ => None,
        }
    }

    fn create(&mut self, mut call: Box<Call<CreateModelVersion>>, now: Now, event: Event) -> Step<Training> {
        match call.resume(now, event).into_control_flow() {
            ControlFlow::Break(Ok(model)) => self.started(now, model),
            ControlFlow::Break(Err(error)) => Step::Done(Err(error)),
            ControlFlow::Continue(step) => {
                self.state = State::Creating(call);
                step
            }
        }
    }

    fn started(&mut self, now: Now, model: Model) -> Step<Training> {
        let Some(version) = model.model_version.filter(|version| !version.id.is_empty()) else {
            let problem = "it contains no version, so the training cannot be polled";
            return Step::Done(Err(Error::new(CreateModelVersion::SPEC.name, InvalidResponse::of_content(problem))));
        };
        let class = version.status.as_ref().map_or(StatusClass::Unknown, Status::class);
        match class {
            _ if !self.train.wait => Step::Done(Ok(Training::Started(*version))),
            StatusClass::Success => Step::Done(Ok(Training::Trained(*version))),
            StatusClass::Terminal => Step::Done(Ok(Training::Failed(*version))),
            _ => {
                let condition = ModelTrained::seen(self.train.model.clone(), *version);
                let mut wait = Wait::until(condition).schedule(self.train.schedule.clone()).pause_first();
                wait = wait.max_consecutive_errors(self.train.max_errors);
                wait = match self.train.deadline {
                    Some(deadline) => wait.deadline(deadline),
                    None => wait.without_deadline(),
                };
                self.wait(Box::new(wait.into_machine(&self.config)), now, Event::Begin)
            }
        }
    }

    fn wait(&mut self, mut wait: Box<Waiter<ModelTrained>>, now: Now, event: Event) -> Step<Training> {
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
            // Even where the wait failed, the training was started.
            _ => Step::Done(Err(error.in_doubt())),
        }
    }
}

impl Machine for TrainMachine {
    type Output = Training;

    fn resume(&mut self, now: Now, event: Event) -> Step<Training> {
        let now = self.clock.observe(now);
        match (mem::replace(&mut self.state, State::Spent), event) {
            (State::Start, Event::Begin) => {
                let create = CreateModelVersion::new(&self.train.model).concepts(self.train.concepts.drain(..));
                let call = Box::new(Call::new(&self.config, create).redacted());
                self.create(call, now, Event::Begin)
            }
            (State::Start, _) => Step::Done(Err(Error::new(NAME, Misuse("it has not begun")))),
            (State::Creating(call), event) => self.create(call, now, event),
            (State::Waiting(wait), event) => self.wait(wait, now, event),
            (ended @ State::Ended(_), _) => {
                self.state = ended;
                Step::Done(Err(Error::new(NAME, Misuse("it has ended already"))))
            }
            (State::Spent, _) => Step::Done(Err(Error::new(NAME, Misuse("it has ended already")))),
        }
    }
}
