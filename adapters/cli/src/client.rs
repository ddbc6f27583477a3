//! Who answers: the service over the network, or the simulator in the process. And the log of `-v`.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use clarifai_core::machine::{self, Attempt, Driver, Machine, Mono, Now};
use clarifai_core::{App, Body, Credentials, Error, Operation, TransportFailure};
use clarifai_simulator::{Delays, Simulator};
use http::{HeaderMap, HeaderValue, Request, Response};

use crate::args::Global;
use crate::exit::{Exit, Failure};
use crate::output;
use crate::settings::Settings;
use crate::state::State;

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
            Service::Network(clarifai_ureq::Client::new(settings.app_with(settings.credentials()?)?))
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

    pub(crate) fn call<O: Operation>(&self, operation: O) -> Result<O::Output, Error> {
        self.run(Attempt::new(self.app(), operation))
    }

    pub(crate) fn run<M: Machine>(&self, machine: M) -> Result<M::Output, Error> {
        match (&self.service, self.verbose) {
            (Service::Network(client), 0) => client.run(machine),
            (Service::Simulator(client), 0) => client.run(machine),
            (Service::Network(client), verbose) => machine::drive(machine, &mut Logged { driver: client, verbose }),
            (Service::Simulator(client), verbose) => machine::drive(machine, &mut Logged { driver: client, verbose }),
        }
    }
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

/// A driver that tells what it does.
struct Logged<D> {
    driver: D,
    verbose: u8,
}

impl<D: Driver> Driver for Logged<D> {
    fn now(&mut self) -> Now {
        self.driver.now()
    }

    fn send(&mut self, request: Request<Body>) -> Result<Response<Bytes>, TransportFailure> {
        let call = format!("{} {}", request.method(), request.uri());
        if self.verbose > 1 {
            output::note!("> {call} ({} bytes)", request.body().len());
            log_headers('>', request.headers());
        }
        let start = Instant::now();
        let result = self.driver.send(request);
        let seconds = start.elapsed().as_secs_f64();
        match &result {
            Ok(response) => {
                let status = response.status().as_u16();
                let id = request_id(response.body()).map(|id| format!(", request {id}")).unwrap_or_default();
                output::note!("{call}: {status} in {seconds:.3} s{id}");
                if self.verbose > 1 {
                    output::note!("< {} bytes", response.body().len());
                }
                if self.verbose > 2 {
                    log_headers('<', response.headers());
                }
            }
            Err(failure) => output::note!("{call}: {failure} after {seconds:.3} s"),
        }
        result
    }

    fn wait_until(&mut self, time: Mono) {
        let wait = time.since(self.driver.now().mono);
        output::note!("waiting {:.3} s", wait.as_secs_f64());
        self.driver.wait_until(time);
    }
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
