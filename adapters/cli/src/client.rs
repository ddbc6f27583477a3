//! Who answers: the service over the network, or the simulator in the process. And the log of `-v`.

use std::collections::BTreeMap;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use clarifai_core::bulk::Bulk;
use clarifai_core::machine::{Attempt, Driver as _, Event, Machine, Mono, Now, Step};
use clarifai_core::policy::Pacer;
use clarifai_core::{App, Body, Credentials, Error, Operation, TransportFailure, TransportFailureKind};
use clarifai_simulator::{Delays, Simulator};
use http::{HeaderMap, HeaderValue, Request, Response};

use crate::args::Global;
use crate::exit::{Exit, Failure};
use crate::settings::Settings;
use crate::state::State;
use crate::{interrupt, output};

/// Who answers.
enum Service {
    Network(clarifai_ureq::Client),
    Simulator(clarifai_simulator::Client),
}

/// Makes calls, and logs them where that is asked for.
pub(crate) struct Client {
    service: Service,
    verbose: u8,
    /// What the simulator remembers.
    state: Option<State>,
}

impl Client {
    /// The one the options ask for.
    pub(crate) fn new(global: &Global, settings: &Settings) -> Result<Self, Failure> {
        interrupt::listen();
        let mut state = None;
        let service = if global.simulator {
            // Each key is an app of its own; without one it is always the same.
            let key = global.key.as_deref().or(global.pat.as_deref()).unwrap_or("simulator");
            let app = settings.app_with(Credentials::key(key)?)?;
            if !global.quiet {
                output::note!("Answered by the built-in simulator, which measures pixels and recognises no objects.");
            }
            let mut simulator = simulator(global)?;
            if global.state.is_some() {
                // Done by the next command, whenever that comes; this one still hears that it is waited for.
                let soon = Duration::from_nanos(1);
                simulator =
                    simulator.with_delays(Delays { processing: soon, queueing: soon, training: soon, deleting: soon });
            }
            state = global.state.as_deref().map(|path| State::read(path, &simulator)).transpose()?;
            let client = clarifai_simulator::Client::with(app, simulator);
            // What is remembered has a place in time, so time goes on from one command to the next.
            Service::Simulator(match state {
                Some(_) => client.at(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()),
                None => client,
            })
        } else {
            // All that a command asks for shares the service's limit.
            let app = settings.app_with(settings.credentials()?)?.with_pacer(Pacer::default());
            Service::Network(clarifai_ureq::Client::new(app))
        };
        Ok(Self { service, verbose: global.verbose, state })
    }

    /// Writes what the simulator remembers to its file, where it has one.
    pub(crate) fn keep(&self) -> Result<(), Failure> {
        match (&self.service, &self.state) {
            (Service::Simulator(client), Some(state)) => state.clone().keep(client.simulator()),
            _ => Ok(()),
        }
    }

    pub(crate) fn app(&self) -> &App {
        match &self.service {
            Service::Network(client) => client.app(),
            Service::Simulator(client) => client.app(),
        }
    }

    /// Carries out one operation.
    pub(crate) fn call<O: Operation>(&self, operation: O) -> Result<O::Output, Stopped> {
        self.run(Attempt::new(self.app(), operation))
    }

    /// Drives a machine to its end.
    pub(crate) fn run<M: Machine>(&self, mut machine: M) -> Result<M::Output, Stopped> {
        self.watched(&mut machine, |_| ())
    }

    /// Drives a machine to its end, and shows it to `watch` again and again meanwhile.
    pub(crate) fn watched<M: Machine>(&self, machine: &mut M, mut watch: impl FnMut(&M)) -> Result<M::Output, Stopped> {
        let (sender, answers) = mpsc::channel();
        let mut event = Event::Begin;
        loop {
            // A machine in virtual time may never give the flag another chance.
            go_on()?;
            let step = machine.resume(self.now(), event);
            watch(machine);
            let until = match step {
                Step::Send(request) => {
                    self.start(request, 0, &sender);
                    None
                }
                Step::WaitUntil(time) => {
                    self.log_wait(time);
                    Some(time)
                }
                Step::Done(result) => return result.map_err(Stopped::Failed),
            };
            event = loop {
                if let Some((_, answer)) = self.next_answer(&answers, until) {
                    break answer.map_or_else(Event::Failed, Event::Response);
                }
                if until.is_some_and(|time| self.now().mono >= time) {
                    break Event::Woke;
                }
                go_on()?;
                watch(machine);
            };
        }
    }

    /// Carries out work in pieces, up to `jobs` of them at once, and shows it to `watch` again and again meanwhile. It
    /// is one loop in this thread: only requests have threads of their own. So all that is known is at hand whenever it
    /// ends, early as well; what is under way then is left behind.
    pub(crate) fn bulk<B: Bulk>(
        &self,
        work: &mut B,
        jobs: usize,
        mut watch: impl FnMut(&mut B) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        // Where time only passes while somebody waits, there is nothing to be gained.
        let jobs = if matches!(self.service, Service::Simulator(_)) { 1 } else { jobs };
        let (sender, answers) = mpsc::channel();
        let mut under_way: UnderWay<B::Piece> = BTreeMap::new();
        let mut begun = 0;
        loop {
            while under_way.len() < jobs {
                go_on()?;
                let Some(piece) = work.next() else { break };
                begun += 1;
                self.step(work, &mut under_way, (begun, piece), Event::Begin, &sender);
                watch(work)?;
            }
            if under_way.is_empty() {
                return watch(work);
            }
            let wake = under_way.iter().filter_map(|(number, (_, wake))| Some(((*wake)?, *number))).min();
            let happened = match self.next_answer(&answers, wake.map(|(time, _)| time)) {
                Some((number, answer)) => Some((number, answer.map_or_else(Event::Failed, Event::Response))),
                None => wake.filter(|(time, _)| self.now().mono >= *time).map(|(_, number)| (number, Event::Woke)),
            };
            if let Some((number, event)) = happened
                && let Some((piece, _)) = under_way.remove(&number)
            {
                self.step(work, &mut under_way, (number, piece), event, &sender);
            }
            watch(work)?;
            go_on()?;
        }
    }

    /// Drives one piece on by one event.
    fn step<B: Bulk>(
        &self,
        work: &mut B,
        under_way: &mut UnderWay<B::Piece>,
        (number, mut piece): (usize, B::Piece),
        event: Event,
        answers: &mpsc::Sender<Answered>,
    ) {
        match piece.resume(self.now(), event) {
            Step::Send(request) => {
                self.start(request, number, answers);
                under_way.insert(number, (piece, None));
            }
            Step::WaitUntil(time) => {
                self.log_wait(time);
                under_way.insert(number, (piece, Some(time)));
            }
            Step::Done(result) => work.record(result),
        }
    }

    fn now(&self) -> Now {
        match &self.service {
            Service::Network(client) => (&mut &*client).now(),
            Service::Simulator(client) => (&mut &*client).now(),
        }
    }

    /// Sends a request; the answer will be among the `answers`, with this number.
    fn start(&self, request: Request<Body>, number: usize, answers: &mpsc::Sender<Answered>) {
        let verbose = self.verbose;
        match &self.service {
            Service::Simulator(client) => {
                let answer = logged(verbose, request, |request| (&mut &*client).send(request));
                let _ = answers.send((number, answer));
            }
            Service::Network(client) => {
                let (client, sender) = (client.clone(), answers.clone());
                // Nobody listens any more where the program was asked to end meanwhile.
                let send = move || _ = sender.send((number, logged(verbose, request, |request| client.send(request))));
                if let Err(error) = thread::Builder::new().spawn(send) {
                    let failure = TransportFailure::new(TransportFailureKind::NotSent, error);
                    let _ = answers.send((number, Err(failure)));
                }
            }
        }
    }

    /// An answer that has come, or that comes soon; `None` when it is that late, or after a short while.
    fn next_answer(&self, answers: &mpsc::Receiver<Answered>, until: Option<Mono>) -> Option<Answered> {
        match &self.service {
            Service::Simulator(client) => answers.try_recv().ok().or_else(|| {
                (&mut &*client).wait_until(until?);
                None
            }),
            Service::Network(_) => {
                let left = until.map_or(TICK, |time| time.since(self.now().mono));
                answers.recv_timeout(left.min(TICK)).ok()
            }
        }
    }

    fn log_wait(&self, until: Mono) {
        if self.verbose > 0 {
            output::note!("waiting {:.3} s", until.since(self.now().mono).as_secs_f64());
        }
    }
}

/// How often somebody who waits looks up: whether to end, and to show how far it is.
const TICK: Duration = Duration::from_millis(100);

/// An answer, and which of the requests it belongs to.
type Answered = (usize, Result<Response<Bytes>, TransportFailure>);

/// Pieces by number, and until when those wait that do not wait for an answer.
type UnderWay<P> = BTreeMap<usize, (P, Option<Mono>)>;

/// Why a machine has no result.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// The program was asked to end.
    Interrupted,
    /// It ended in an error.
    Failed(Error),
}

impl From<Stopped> for Failure {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Interrupted => Self::Said(Exit::Interrupted, "interrupted".to_owned()),
            Stopped::Failed(error) => error.into(),
        }
    }
}

/// Ends here when the program was asked to.
fn go_on() -> Result<(), Stopped> {
    if interrupt::asked() { Err(Stopped::Interrupted) } else { Ok(()) }
}

/// The simulator, with its folder of addresses where one is named.
pub(crate) fn simulator(global: &Global) -> Result<Simulator, Failure> {
    match &global.mount {
        None => Ok(Simulator::new()),
        Some(folder) if folder.is_dir() => Ok(Simulator::new().mount(folder)),
        Some(folder) => {
            Err(Failure::Said(Exit::Usage, format!("--mount {}: there is no such folder", folder.display())))
        }
    }
}

/// Sends a request, and tells what comes of it as far as that is asked for.
fn logged(
    verbose: u8,
    request: Request<Body>,
    send: impl FnOnce(Request<Body>) -> Result<Response<Bytes>, TransportFailure>,
) -> Result<Response<Bytes>, TransportFailure> {
    if verbose == 0 {
        return send(request);
    }
    let call = format!("{} {}", request.method(), request.uri());
    if verbose > 1 {
        output::note!("> {call} ({} bytes)", request.body().len());
        log_headers('>', request.headers());
    }
    let start = Instant::now();
    let result = send(request);
    let seconds = start.elapsed().as_secs_f64();
    match &result {
        Ok(response) => {
            let status = response.status().as_u16();
            let id = request_id(response.body()).map(|id| format!(", request {id}")).unwrap_or_default();
            output::note!("{call}: {status} in {seconds:.3} s{id}");
            if verbose > 1 {
                output::note!("< {} bytes", response.body().len());
            }
            if verbose > 2 {
                log_headers('<', response.headers());
            }
        }
        Err(failure) => output::note!("{call}: {failure} after {seconds:.3} s"),
    }
    result
}

fn log_headers(mark: char, headers: &HeaderMap) {
    for (name, value) in headers {
        // What an answer sets as a cookie is nobody's business either.
        let shown = if name.as_str().contains("cookie") { "***".to_owned() } else { masked(value) };
        output::note!("{mark} {name}: {shown}");
    }
}

/// A header's value for people to see: of credentials only their scheme.
pub(crate) fn masked(value: &HeaderValue) -> String {
    let text = value.to_str().unwrap_or("(not text)");
    match (value.is_sensitive(), text.split_once(' ')) {
        (false, _) => output::tame(text),
        (true, Some((scheme, _))) => format!("{scheme} ***"),
        (true, None) => "***".to_owned(),
    }
}

/// The service's id of the request, where the answer has one.
fn request_id(body: &[u8]) -> Option<String> {
    let answer: serde_json::Value = serde_json::from_slice(body).ok()?;
    answer["status"]["req_id"].as_str().map(output::tame)
}
