//! Sending requests, over the network or to the simulator in the process, and running machines.

use std::cell::Cell;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use clarifai_core::bulk::{Action, Bulk, Scheduler, TaskId};
use clarifai_core::machine::{self, Call, Event, IntoMachine, Machine, Now, Step};
use clarifai_core::policy::RateLimiter;
use clarifai_core::transport::Transport as _;
use clarifai_core::{
    Config, Credentials, Error, Operation,
    transport::{Body, TransportError, TransportErrorKind},
};
use clarifai_simulator::{Delays, Simulator};
use http::{Request, Response, StatusCode};

use crate::args::GlobalArgs;
use crate::config_file::SettingName;
use crate::exit::{Exit, Failure};
use crate::request_log::RequestLog;
use crate::settings::Settings;
use crate::simulator_state::SimulatorState;
use crate::{interrupt, terminal};

/// What responds to requests.
enum Service {
    Network(clarifai_ureq::Client),
    Simulator(clarifai_simulator::Client),
}

/// Makes calls until the program is interrupted.
pub(crate) struct Client {
    service: Service,
    log: RequestLog,
    /// The file of the simulator's state.
    state: Option<SimulatorState>,
    stats: Cell<ClientStats>,
    /// Maximum number of requests of bulk work.
    max_requests: Cell<Option<u64>>,
}

/// What was sent so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ClientStats {
    /// Number of requests.
    pub(crate) requests: u64,
    /// Number of bytes in the bodies of requests.
    pub(crate) bytes: u64,
    /// When the service last responded that it receives too many requests.
    throttled_at: Option<Instant>,
    /// Whether the rate limit of this program is what the work waits for.
    is_paced: bool,
}

impl ClientStats {
    /// How long it is shown that the service limits the rate.
    const THROTTLED: Duration = Duration::from_secs(5);

    /// Returns the parts of a progress line.
    #[expect(clippy::cast_precision_loss, reason = "a size with one decimal needs no more precision")]
    pub(crate) fn describe(&self) -> Vec<String> {
        let mut parts = vec![match self.bytes {
            0..1_000_000 => format!("{} KB sent", self.bytes / 1000),
            bytes => format!("{:.1} MB sent", bytes as f64 / 1e6),
        }];
        if self.throttled_at.is_some_and(|time| time.elapsed() < Self::THROTTLED) {
            parts.push("slowed down by the service".to_owned());
        } else if self.is_paced {
            parts.push("waiting for the rate limit".to_owned());
        }
        parts
    }
}

/// Returns the limit of requests per second. All requests of a command share it.
fn limiter(rate: Option<f64>) -> RateLimiter {
    match rate {
        None => RateLimiter::default(),
        // The range of the option is checked.
        Some(rate) => {
            let count = rate.ceil().max(1.0);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is from 1 to 10,000")]
            RateLimiter::new(count as u32, Duration::from_secs_f64(count / rate))
        }
    }
}

impl Client {
    /// Creates the client that the options select.
    pub(crate) fn new(global: &GlobalArgs, settings: &Settings, rate: Option<f64>) -> Result<Self, Failure> {
        interrupt::install_handler();
        let log = RequestLog(global.verbose);
        if !global.simulator {
            // All requests of a command share the rate limit of the service.
            let app = settings.app_with(settings.credentials()?)?.with_rate_limiter(limiter(rate));
            let service = Service::Network(clarifai_ureq::Client::new(app)?);
            return Ok(Self { service, log, state: None, stats: Cell::default(), max_requests: Cell::default() });
        }
        // Each key is a separate app.
        let option = |name| global.settings.option(name);
        let key = option(SettingName::Key).or(option(SettingName::Pat)).map_or("simulator", |one| one.value.as_str());
        let mut app = settings.app_with(Credentials::key(key)?)?;
        if rate.is_some() {
            app = app.with_rate_limiter(limiter(rate));
        }
        terminal::note("responses come from the built-in simulator, which does not recognize objects");
        let mut simulator = new_simulator(global)?;
        if global.state.is_some() {
            // Complete when the next command starts; this one still sees that it has to wait.
            let soon = Duration::from_nanos(1);
            simulator =
                simulator.with_delays(Delays { processing: soon, queueing: soon, training: soon, deleting: soon });
        }
        let state = global.state.as_deref().map(|path| SimulatorState::load(path, &simulator)).transpose()?;
        let client = clarifai_simulator::Client::with(app, simulator);
        // A stored state has times in it, so the clock must continue from one command to the next.
        let client = match state {
            Some(_) => client.at(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()),
            None => client,
        };
        let service = Service::Simulator(client);
        Ok(Self { service, log, state, stats: Cell::default(), max_requests: Cell::default() })
    }

    /// Saves the state of the simulator, if it has a file.
    pub(crate) fn save_state(&self) -> Result<(), Failure> {
        match (&self.service, &self.state) {
            (Service::Simulator(client), Some(state)) => state.clone().save(client.simulator()),
            _ => Ok(()),
        }
    }

    pub(crate) fn config(&self) -> &Config {
        match &self.service {
            Service::Network(client) => client.config(),
            Service::Simulator(client) => client.config(),
        }
    }

    /// Executes one operation.
    pub(crate) fn call<O: Operation>(&self, operation: O) -> Result<O::Output, Stopped> {
        self.run(Call::new(self.config(), operation))
    }

    /// Runs a machine to its end.
    pub(crate) fn run<M: IntoMachine>(&self, machine: M) -> Result<<M::Machine as Machine>::Output, Stopped> {
        self.run_watched(&mut machine.into_machine(self.config()), |_| ())
    }

    /// Runs a machine to its end, and calls `watch` with it about ten times a second.
    pub(crate) fn run_watched<M: Machine>(
        &self,
        machine: &mut M,
        mut watch: impl FnMut(&M),
    ) -> Result<M::Output, Stopped> {
        let (sender, responses) = mpsc::channel();
        let mut event = Event::Begin;
        loop {
            // Needed here too: with the simulator's virtual clock the inner loop may never wait.
            check_interrupt()?;
            let step = machine.resume(self.now(), event);
            watch(machine);
            let until = match step {
                Step::Send(request) => {
                    self.start(request, TaskId(0), &sender);
                    None
                }
                Step::WaitUntil(time) => {
                    self.log.pause(time.since(self.now().instant));
                    Some(time)
                }
                Step::Done(result) => return result.map_err(Stopped::Failed),
            };
            event = loop {
                if let Some((_, response)) = self.next_response(&responses, until) {
                    break response.map_or_else(Event::Failed, Event::Response);
                }
                if until.is_some_and(|time| self.now().instant >= time) {
                    break Event::Woke;
                }
                check_interrupt()?;
                watch(machine);
            };
        }
    }

    /// Sets the maximum number of requests of bulk work.
    pub(crate) fn set_max_requests(&self, max: Option<u64>) {
        self.max_requests.set(max);
    }

    /// Returns what was sent so far.
    pub(crate) fn stats(&self) -> ClientStats {
        self.stats.get()
    }

    /// Runs bulk work, and calls `watch` with it about ten times a second. `watch` returns the maximum number of
    /// concurrent requests.
    ///
    /// This is one event loop in the calling thread; only requests have threads of their own. Therefore everything
    /// known is available whenever it ends, also after an interrupt. Pending requests are abandoned then.
    pub(crate) fn run_bulk<B: Bulk>(
        &self,
        work: &mut Scheduler<B>,
        jobs: usize,
        mut watch: impl FnMut(&Scheduler<B>) -> Result<usize, Failure>,
    ) -> Result<(), Failure> {
        // The simulator's clock advances only while somebody waits, so concurrency gains nothing.
        let most = if let Service::Simulator(_) = self.service { 1 } else { jobs };
        work.set_concurrency(most);
        let (sender, responses) = mpsc::channel();
        let (mut pending, mut is_spent) = (0_usize, false);
        loop {
            check_interrupt()?;
            if is_spent && pending == 0 {
                watch(work)?;
                return Err(Failure::new(Exit::Budget, "stopped at --max-requests"));
            }
            // The inner `Option` is the time until which to wait for the next response.
            let wait = match work.poll(self.now()) {
                Action::Send(..) if self.max_requests.get().is_some_and(|max| self.stats.get().requests >= max) => {
                    // Requests that are pending are waited for, because their results are paid for.
                    is_spent = true;
                    work.cancel();
                    None
                }
                Action::Send(task, request) => {
                    pending += 1;
                    self.start(request, task, &sender);
                    None
                }
                Action::Paused(_, time) => {
                    self.log.pause(time.since(self.now().instant));
                    None
                }
                Action::Ended(_) => None,
                Action::WaitUntil(time) => Some(Some(time)),
                Action::WaitForResponse => Some(None),
                Action::Done => return watch(work).map(drop),
            };
            let is_paced = matches!(wait, Some(Some(_))) && pending == 0;
            self.update_stats(|stats| stats.is_paced = is_paced);
            if let Some((task, response)) = wait.and_then(|until| self.next_response(&responses, until)) {
                pending = pending.saturating_sub(1);
                if response.as_ref().is_ok_and(|response| response.status() == StatusCode::TOO_MANY_REQUESTS) {
                    self.update_stats(|stats| stats.throttled_at = Some(Instant::now()));
                }
                work.on_response(self.now(), task, response);
            }
            let limit = watch(work)?;
            work.set_concurrency(limit.min(most));
        }
    }

    fn update_stats(&self, update: impl FnOnce(&mut ClientStats)) {
        let mut stats = self.stats.get();
        update(&mut stats);
        self.stats.set(stats);
    }

    fn now(&self) -> Now {
        match &self.service {
            Service::Network(client) => client.transport().now(),
            Service::Simulator(client) => client.transport().now(),
        }
    }

    /// Sends a request of this task. Its response arrives in `responses`.
    fn start(&self, request: Request<Body>, task: TaskId, responses: &mpsc::Sender<TaskResponse>) {
        let log = self.log;
        self.update_stats(|stats| {
            stats.requests += 1;
            stats.bytes += request.body().len();
        });
        match &self.service {
            Service::Simulator(client) => {
                let response = log.send(request, |request| client.transport().send(request));
                let _ = responses.send((task, response));
            }
            Service::Network(client) => {
                let (client, sender) = (client.clone(), responses.clone());
                // After an interrupt there is no receiver any more.
                let send = move || _ = sender.send((task, log.send(request, |request| client.send(request))));
                if let Err(error) = thread::Builder::new().spawn(send) {
                    let failure = TransportError::new(TransportErrorKind::NotSent, error);
                    let _ = responses.send((task, Err(failure)));
                }
            }
        }
    }

    /// Returns the next response. Returns `None` at the time `until`, or after a tenth of a second.
    fn next_response(
        &self,
        responses: &mpsc::Receiver<TaskResponse>,
        until: Option<machine::Instant>,
    ) -> Option<TaskResponse> {
        match &self.service {
            Service::Simulator(client) => responses.try_recv().ok().or_else(|| {
                client.transport().wait_until(until?);
                None
            }),
            Service::Network(_) => {
                let left = until.map_or(TICK, |time| time.since(self.now().instant));
                responses.recv_timeout(left.min(TICK)).ok()
            }
        }
    }
}

/// How often a waiting command checks for interrupts and updates its progress.
const TICK: Duration = Duration::from_millis(100);

/// A response, and the task of its request.
type TaskResponse = (TaskId, Result<Response<Bytes>, TransportError>);

/// Why a machine has no result.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// The program was interrupted.
    Interrupted,
    /// The machine ended with an error.
    Failed(Error),
}

impl From<Stopped> for Failure {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Interrupted => Self::new(Exit::Interrupted, "interrupted"),
            Stopped::Failed(error) => error.into(),
        }
    }
}

fn check_interrupt() -> Result<(), Stopped> {
    if interrupt::is_requested() { Err(Stopped::Interrupted) } else { Ok(()) }
}

/// Creates the simulator, with its folder of URLs if there is one.
pub(crate) fn new_simulator(global: &GlobalArgs) -> Result<Simulator, Failure> {
    match &global.mount {
        None => Ok(Simulator::new()),
        Some(folder) if folder.is_dir() => Ok(Simulator::new().mount(folder)),
        Some(folder) => Err(Failure::usage(format!("--mount {}: no such directory", folder.display()))),
    }
}
