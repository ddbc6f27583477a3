//! Sending requests, over the network or to the simulator in the process, and running machines.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use clarifai_core::bulk::{Action, Bulk, Scheduler, TaskId};
use clarifai_core::error::InvalidArgument;
use clarifai_core::machine::{Call, Event, IntoMachine, Items, Machine, Step, StreamCall};
use clarifai_core::policy::{CallOptions, RateLimiter};
use clarifai_core::repair::Repaired;
use clarifai_core::time::{self, Now};
use clarifai_core::transport::{Body, RequestTimeout, StreamTransport, Transport, TransportError, TransportErrorKind};
use clarifai_core::{Config, Credentials, Error, Operation, StreamOperation};
use clarifai_simulator::{Delays, Recognition, Simulator};
use clarifai_ureq::RootCertificates;
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
    /// The time limit of each request.
    request_timeout: Option<Duration>,
    /// Requests without a response that were not reported as slow, by their task.
    pending: RefCell<HashMap<TaskId, (Instant, String)>>,
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
            let transport = transport(global, &app)?;
            let service = Service::Network(clarifai_ureq::Client::with_transport(app, transport));
            let request_timeout = global.request_timeout.map(Duration::from_secs);
            return Ok(Self { request_timeout, ..Self::of(service, log, None) });
        }
        // Each key is a separate app.
        let option = |name| global.settings.option(name);
        let key = option(SettingName::Key).or(option(SettingName::Pat)).map_or("simulator", |one| one.value.as_str());
        let mut app = settings.app_with(Credentials::key(key)?)?;
        if rate.is_some() {
            app = app.with_rate_limiter(limiter(rate));
        }
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
        let service = Service::Simulator(client);
        Ok(Self::of(service, log, state))
    }

    fn of(service: Service, log: RequestLog, state: Option<SimulatorState>) -> Self {
        Self {
            service,
            log,
            state,
            request_timeout: None,
            pending: RefCell::default(),
            stats: Cell::default(),
            max_requests: Cell::default(),
        }
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

    /// Executes an operation whose response arrives item by item, and calls `on_item` with each.
    ///
    /// Over the network a thread reads the response, so that an interrupt ends the command also while nothing arrives.
    pub(crate) fn stream<O>(
        &self,
        operation: O,
        mut on_item: impl FnMut(O::Item) -> Result<(), Failure>,
    ) -> Result<(), Failure>
    where
        O: StreamOperation + Send + 'static,
        O::Item: Send + 'static,
    {
        let mut options = CallOptions::default();
        options.timeout = self.request_timeout;
        let call = StreamCall::with_options(self.config(), operation, options);
        let log = self.log;
        match &self.service {
            Service::Simulator(client) => {
                for item in Items::new(call, Logged { transport: client.transport(), log }) {
                    check_interrupt()?;
                    on_item(item?)?;
                }
                Ok(())
            }
            Service::Network(client) => {
                let (sender, items) = mpsc::sync_channel(64);
                let transport = Logged { transport: client.transport().clone(), log };
                // After an interrupt there is no receiver any more, which ends the thread and closes the connection.
                let read = move || Items::new(call, transport).try_for_each(|item| sender.send(item));
                thread::Builder::new()
                    .spawn(read)
                    .map_err(|error| Failure::new(Exit::Service, format!("cannot start a thread: {error}")))?;
                loop {
                    check_interrupt()?;
                    match items.recv_timeout(TICK) {
                        Ok(item) => on_item(item?)?,
                        Err(mpsc::RecvTimeoutError::Timeout) => {}
                        Err(mpsc::RecvTimeoutError::Disconnected) => return Ok(()),
                    }
                }
            }
        }
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
                let request = self.limited(request);
                let line = format!("{} {}", request.method(), request.uri().path());
                self.pending.borrow_mut().insert(task, (Instant::now(), line.clone()));
                // After an interrupt there is no receiver any more.
                let send = move || {
                    let response = log.send(request, |request| client.send(request));
                    if let Ok(response) = &response {
                        report_unreadable(response, &line);
                    }
                    let _ = sender.send((task, response));
                };
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
        until: Option<time::Instant>,
    ) -> Option<TaskResponse> {
        match &self.service {
            Service::Simulator(client) => responses.try_recv().ok().or_else(|| {
                client.transport().wait_until(until?);
                None
            }),
            Service::Network(_) => {
                let left = until.map_or(TICK, |time| time.since(self.now().instant));
                let response = responses.recv_timeout(left.min(TICK)).ok();
                if let Some((task, _)) = &response {
                    self.pending.borrow_mut().remove(task);
                }
                self.report_slow_requests();
                response
            }
        }
    }

    /// Adds the time limit of the options to a request.
    fn limited(&self, mut request: Request<Body>) -> Request<Body> {
        let limits = [self.request_timeout, RequestTimeout::of(&request)];
        if let Some(limit) = limits.into_iter().flatten().min() {
            request.extensions_mut().insert(RequestTimeout(limit));
        }
        request
    }

    /// Prints a line about each request that has taken long, so that the program does not seem to be stuck.
    fn report_slow_requests(&self) {
        self.pending.borrow_mut().retain(|_, (start, line)| {
            let is_slow = start.elapsed() >= SLOW;
            if is_slow {
                terminal::note(format_args!("{line}: no response for {} s, still waiting", SLOW.as_secs()));
            }
            !is_slow
        });
    }
}

/// A transport that logs its requests.
#[derive(Debug)]
struct Logged<T> {
    transport: T,
    log: RequestLog,
}

impl<T: Transport> Transport for Logged<T> {
    fn now(&self) -> Now {
        self.transport.now()
    }

    fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportError> {
        self.log.send(request, |request| self.transport.send(request))
    }

    fn wait_until(&self, time: time::Instant) {
        self.log.pause(time.since(self.now().instant));
        self.transport.wait_until(time);
    }

    fn seed(&self) -> u64 {
        self.transport.seed()
    }
}

impl<T: StreamTransport> StreamTransport for Logged<T> {
    type Body = T::Body;

    fn open(&self, request: Request<Body>) -> Result<Response<T::Body>, TransportError> {
        self.log.open(request, |request| self.transport.open(request))
    }
}

/// How long a request takes before it is reported.
const SLOW: Duration = Duration::from_secs(10);

/// Warns about the parts of a response that cannot be read, which are missing in the results.
fn report_unreadable(response: &Response<Bytes>, line: &str) {
    let is_html = response.body().trim_ascii_start().first() == Some(&b'<');
    if let Some(Repaired { replaced: replaced @ 1.., .. }) = Repaired::new(response.body()).filter(|_| !is_html) {
        let parts = if replaced == 1 { "1 part".to_owned() } else { format!("{replaced} parts") };
        terminal::warning(format_args!("{line}: {parts} of the response cannot be read and were left out"));
    }
}

/// Creates the transport for the network with the root certificates that the options select.
pub(crate) fn transport(global: &GlobalArgs, config: &Config) -> Result<clarifai_ureq::Ureq, Failure> {
    let roots = match config.origin().starts_with("https:") {
        true => roots(global)?,
        // Without TLS, files of certificates are not needed, and need not be readable.
        false => RootCertificates::mozilla(),
    };
    Ok(clarifai_ureq::Ureq::with_roots(roots).checked(config)?)
}

fn roots(global: &GlobalArgs) -> Result<RootCertificates, Failure> {
    let refuse = |what: String| move |invalid: InvalidArgument| Failure::usage(format!("{what} {}", invalid.problem()));
    let roots = match global.native_roots {
        true => RootCertificates::native().map_err(refuse("the root certificates of the system".to_owned()))?,
        false => RootCertificates::mozilla(),
    };
    let from_env = |invalid: InvalidArgument| Failure::usage(format!("{} {}", invalid.argument(), invalid.problem()));
    let roots = roots.with_env().map_err(from_env)?;
    match &global.ca_file {
        Some(path) => roots.with_file(path).map_err(refuse(format!("--ca-file {}:", path.display()))),
        None => Ok(roots),
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
            Stopped::Interrupted => {
                let (exit, text) = interrupt::reason();
                Self::new(exit, text)
            }
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
