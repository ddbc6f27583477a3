//! Sending requests, over the network or to the simulator in the process, and running machines.

use std::collections::BTreeMap;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use clarifai_core::bulk::Bulk;
use clarifai_core::machine::{self, Call, Event, IntoMachine, Machine, Now, Step};
use clarifai_core::policy::RateLimiter;
use clarifai_core::transport::Transport as _;
use clarifai_core::{
    Config, Credentials, Error, Operation,
    transport::{Body, TransportError, TransportErrorKind},
};
use clarifai_simulator::{Delays, Recognition, Simulator};
use http::{Request, Response};

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
}

impl Client {
    /// Creates the client that the options select.
    pub(crate) fn new(global: &GlobalArgs, settings: &Settings) -> Result<Self, Failure> {
        interrupt::install_handler();
        let log = RequestLog(global.verbose);
        if !global.simulator {
            // All requests of a command share the rate limit of the service.
            let app = settings.app_with(settings.credentials()?)?.with_rate_limiter(RateLimiter::default());
            let service = Service::Network(clarifai_ureq::Client::new(app)?);
            return Ok(Self { service, log, state: None });
        }
        // Each key is a separate app.
        let option = |name| global.settings.option(name);
        let key = option(SettingName::Key).or(option(SettingName::Pat)).map_or("simulator", |one| one.value.as_str());
        let app = settings.app_with(Credentials::key(key)?)?;
        terminal::note(format_args!("responses come from the built-in simulator: {}", offline_model()));
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
        Ok(Self { service: Service::Simulator(client), log, state })
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
                    self.start(request, 0, &sender);
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

    /// Runs bulk work with up to `jobs` concurrent requests, and calls `watch` with it about ten times a second.
    ///
    /// This is one event loop in the calling thread; only requests have threads of their own. Therefore everything
    /// known is available whenever it ends, also after an interrupt. Pending requests are abandoned then.
    pub(crate) fn run_bulk<B: Bulk>(
        &self,
        work: &mut B,
        jobs: usize,
        mut watch: impl FnMut(&mut B) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        // The simulator's clock advances only while somebody waits, so concurrency gains nothing.
        let jobs = if matches!(self.service, Service::Simulator(_)) { 1 } else { jobs };
        let (sender, responses) = mpsc::channel();
        let mut active: ActiveMachines<B::Task> = BTreeMap::new();
        let mut started = 0;
        loop {
            while active.len() < jobs {
                check_interrupt()?;
                let Some(machine) = work.next() else { break };
                started += 1;
                self.step(work, &mut active, (started, machine), Event::Begin, &sender);
                watch(work)?;
            }
            if active.is_empty() {
                return watch(work);
            }
            let wake = active.iter().filter_map(|(number, (_, wake))| Some(((*wake)?, *number))).min();
            let event = match self.next_response(&responses, wake.map(|(time, _)| time)) {
                Some((number, response)) => Some((number, response.map_or_else(Event::Failed, Event::Response))),
                None => wake.filter(|(time, _)| self.now().instant >= *time).map(|(_, number)| (number, Event::Woke)),
            };
            if let Some((number, event)) = event
                && let Some((machine, _)) = active.remove(&number)
            {
                self.step(work, &mut active, (number, machine), event, &sender);
            }
            watch(work)?;
            check_interrupt()?;
        }
    }

    /// Resumes one machine of bulk work with an event.
    fn step<B: Bulk>(
        &self,
        work: &mut B,
        active: &mut ActiveMachines<B::Task>,
        (number, mut machine): (usize, B::Task),
        event: Event,
        responses: &mpsc::Sender<NumberedResponse>,
    ) {
        match machine.resume(self.now(), event) {
            Step::Send(request) => {
                self.start(request, number, responses);
                active.insert(number, (machine, None));
            }
            Step::WaitUntil(time) => {
                self.log.pause(time.since(self.now().instant));
                active.insert(number, (machine, Some(time)));
            }
            Step::Done(result) => work.record(result),
        }
    }

    fn now(&self) -> Now {
        match &self.service {
            Service::Network(client) => client.transport().now(),
            Service::Simulator(client) => client.transport().now(),
        }
    }

    /// Sends a request. Its response arrives in `responses` with this number.
    fn start(&self, request: Request<Body>, number: usize, responses: &mpsc::Sender<NumberedResponse>) {
        let log = self.log;
        match &self.service {
            Service::Simulator(client) => {
                let response = log.send(request, |request| client.transport().send(request));
                let _ = responses.send((number, response));
            }
            Service::Network(client) => {
                let (client, sender) = (client.clone(), responses.clone());
                // After an interrupt there is no receiver any more.
                let send = move || _ = sender.send((number, log.send(request, |request| client.send(request))));
                if let Err(error) = thread::Builder::new().spawn(send) {
                    let failure = TransportError::new(TransportErrorKind::NotSent, error);
                    let _ = responses.send((number, Err(failure)));
                }
            }
        }
    }

    /// Returns the next response. Returns `None` at the time `until`, or after a tenth of a second.
    fn next_response(
        &self,
        responses: &mpsc::Receiver<NumberedResponse>,
        until: Option<machine::Instant>,
    ) -> Option<NumberedResponse> {
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

/// A response, and the number of its request.
type NumberedResponse = (usize, Result<Response<Bytes>, TransportError>);

/// The running machines of bulk work by number, each with the time to wake it, if it waits for a time.
type ActiveMachines<M> = BTreeMap<usize, (M, Option<machine::Instant>)>;

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

/// Describes how the simulator recognizes images, and what it does not recognize.
pub(crate) fn offline_model() -> &'static str {
    match Recognition::default() {
        Recognition::Pixels => "it measures pixels, and does not recognize objects",
        _ => {
            "its offline model EfficientNet-Lite0 knows 1,000 things, and another one faces; people, scenes and drawings \
             get wrong words, and the concepts are not Clarifai's"
        }
    }
}

/// Creates the simulator, with its folder of URLs if there is one.
pub(crate) fn new_simulator(global: &GlobalArgs) -> Result<Simulator, Failure> {
    match &global.mount {
        None => Ok(Simulator::new()),
        Some(folder) if folder.is_dir() => Ok(Simulator::new().mount(folder)),
        Some(folder) => Err(Failure::usage(format!("--mount {}: no such directory", folder.display()))),
    }
}
