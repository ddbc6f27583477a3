//! A scenario as a value, and how it runs: on sockets with an adapter, or in virtual time with core's mock transport.

use std::fmt::Write as _;
use std::ops::RangeInclusive;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use clarifai_core::error::ErrorKind;
use clarifai_core::inputs::{CreateInputs, DeleteInputs, InputPatch, NewInput, PatchInputs};
use clarifai_core::machine::{Call, Driver as _};
use clarifai_core::models::{GetModel, ListModels, Predict};
use clarifai_core::policy::RetryPolicy;
use clarifai_core::testing::MockTransport;
use clarifai_core::{
    Config, Credentials, Error, Exchange, Operation,
    operation::RawResponse,
    transport::{Body, TransportError, TransportErrorKind},
};
use http::{Request, Response};

use super::TOO_SLOW;
use super::difference::Difference;
use super::driver::{AnyMachine, Settings};
use super::reply::Reply;
use super::secrets;
use super::server::{Act, Arrived, Server};
use super::stage::Stage;

/// A scenario: what happens, and the required outcome.
#[derive(Debug)]
pub struct Scenario {
    /// Short name, which does not change.
    pub name: &'static str,
    /// The rule, in one sentence.
    pub rule: &'static str,
    /// How it runs.
    pub play: Play,
}

/// How a scenario runs.
#[derive(Debug)]
pub enum Play {
    /// From data: on sockets, and in virtual time.
    Plain(Box<Plain>),
    /// By a function, on sockets only. The text is the reason why not in virtual time.
    Sockets(&'static str, Scene),
}

/// Time for a client to return a connection to its pool: some do that in a task that runs a little after the response.
/// A slower one opens another connection, and no scenario fails because of that.
pub(super) const BACK_IN_POOL: Duration = Duration::from_millis(50);

/// A scenario that is a function.
pub type Scene = fn(&Stage) -> Result<(), String>;

/// A condition on what was observed.
pub type Check = fn(&Seen) -> Result<(), String>;

/// An operation that scenarios call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// A list: safe to repeat.
    List,
    /// One model by its id.
    Get(&'static str),
    /// A prediction for a URL: a POST that is safe to repeat.
    Predict,
    /// A prediction for an image of this many bytes, which are encoded while they are sent.
    PredictBytes(usize),
    /// Creates an input whose id the service chooses, which must not be repeated.
    CreateOnce,
    /// Creates an input with a caller-chosen id, which may be repeated.
    CreateByName,
    /// A DELETE with a body.
    DeleteMany,
    /// A PATCH.
    Patch,
}

macro_rules! with_operation {
    ($op:expr, $name:ident => $body:expr) => {
        match $op {
            Op::List => {
                let $name = ListModels::new();
                $body
            }
            Op::Get(id) => {
                let $name = GetModel::new(id);
                $body
            }
            Op::Predict => {
                let $name = Predict::new("m").image_url("https://example.com/cat.jpg");
                $body
            }
            Op::PredictBytes(count) => {
                let $name = Predict::new("m").image_bytes(image(count));
                $body
            }
            Op::CreateOnce => {
                let $name = CreateInputs::new().input(NewInput::image_url("https://example.com/cat.jpg"));
                $body
            }
            Op::CreateByName => {
                let $name = CreateInputs::new().input(NewInput::image_url("https://example.com/cat.jpg").id("cat"));
                $body
            }
            Op::DeleteMany => {
                let $name = DeleteInputs::ids(["a", "b"]);
                $body
            }
            Op::Patch => {
                let $name = PatchInputs::merge().input(InputPatch::new("cat").concept("tame"));
                $body
            }
        }
    };
}

impl Op {
    /// Returns a machine for the operation.
    pub fn machine(self, config: &Config) -> AnyMachine {
        with_operation!(self, operation => machine(config, operation))
    }

    /// Returns its request.
    ///
    /// # Panics
    ///
    /// Never: the arguments are valid.
    pub fn request(self, config: &Config) -> Request<Body> {
        with_operation!(self, operation => request(config, operation))
    }
}

/// Returns a machine for any operation, which returns the raw JSON.
pub fn machine<O: Operation + Send + 'static>(config: &Config, operation: O) -> AnyMachine {
    Box::new(Call::new(config, operation.raw()))
}

/// Returns the request of any operation.
///
/// # Panics
///
/// If its arguments are invalid.
pub fn request<O: Operation>(config: &Config, operation: O) -> Request<Body> {
    Exchange::new(config, operation).unwrap_or_else(|error| panic!("{error}")).into_parts().0
}

/// Returns a configuration for building requests that are not sent.
///
/// # Panics
///
/// Never: the arguments are valid.
pub fn unsent() -> Config {
    let config = Credentials::key("another").and_then(|key| Config::new(key).with_base_url("http://127.0.0.1:9"));
    config.unwrap_or_else(|error| panic!("{error}"))
}

/// Returns bytes in which neighboring parts differ.
pub fn image(count: usize) -> Bytes {
    (0..=250).cycle().take(count).collect::<Vec<u8>>().into()
}

/// Outcome of a call, as far as adapters must agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The machine succeeded.
    Done,
    /// The single request got a response with this HTTP status.
    Status(u16),
    /// The machine failed with this HTTP status.
    Refused(u16),
    /// The response could not be decoded.
    Unreadable,
    /// The transport failed.
    Failed(TransportErrorKind),
    /// Another error.
    Else,
}

/// Short names of the three failures of a transport.
pub const NOT_SENT: Outcome = Outcome::Failed(TransportErrorKind::NotSent);
/// The certificate of the server is not trusted.
pub const UNTRUSTED: Outcome = Outcome::Failed(TransportErrorKind::Untrusted);
/// The request may have been sent.
pub const MAYBE_SENT: Outcome = Outcome::Failed(TransportErrorKind::MaybeSent);
/// The response is too large.
pub const TOO_LARGE: Outcome = Outcome::Failed(TransportErrorKind::TooLarge);

/// Result of a call.
#[derive(Debug)]
pub enum Ended {
    /// Result of a machine.
    Run(Result<RawResponse, Error>),
    /// Result of a single request.
    Sent(Result<Response<Bytes>, TransportError>),
}

impl Ended {
    /// Returns the outcome.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Run(Ok(_)) => Outcome::Done,
            Self::Run(Err(error)) => match error.kind() {
                ErrorKind::Api(api) => Outcome::Refused(api.http_status),
                ErrorKind::InvalidResponse(_) => Outcome::Unreadable,
                ErrorKind::Transport(failure) => Outcome::Failed(failure.kind),
                _ => Outcome::Else,
            },
            Self::Sent(Ok(response)) => Outcome::Status(response.status().as_u16()),
            Self::Sent(Err(failure)) => Outcome::Failed(failure.kind),
        }
    }

    /// Returns the error of a machine.
    pub fn error(&self) -> Option<&Error> {
        match self {
            Self::Run(Err(error)) => Some(error),
            _ => None,
        }
    }

    /// Returns the response to a single request.
    pub fn response(&self) -> Option<&Response<Bytes>> {
        match self {
            Self::Sent(Ok(response)) => Some(response),
            _ => None,
        }
    }

    /// Searches everything that a user could print for secrets.
    pub fn search(&self, place: &str) {
        match self {
            Self::Run(Err(error)) => secrets::search_error(error, place),
            Self::Sent(Err(failure)) => secrets::search_error(failure, place),
            // The body is what the server wrote, so it may contain secrets. Errors made from it must not.
            Self::Run(Ok(_)) | Self::Sent(Ok(_)) => {}
        }
    }
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Run(Ok(_)) => f.write_str("it succeeded"),
            Self::Run(Err(error)) => write!(f, "{error} ({:?})", error.kind()),
            Self::Sent(Ok(response)) => write!(f, "HTTP {}", response.status()),
            Self::Sent(Err(failure)) => write!(f, "{failure}: {:?}", failure.source),
        }
    }
}

/// The method of the client that makes a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// `run`, with retries and tokens.
    Run,
    /// `send`, a single request.
    Send,
}

/// A call, the reactions of the server to its requests, and the required outcome.
#[derive(Debug)]
pub struct Step {
    via: Via,
    op: Op,
    replies: Vec<(Reply, Option<(&'static str, &'static str)>)>,
    expect: Vec<Outcome>,
}

/// A scenario as data.
#[derive(Debug)]
pub struct Plain {
    steps: Vec<Step>,
    settings: Settings,
    allowed: Vec<(Outcome, Difference)>,
    at_least: Duration,
    within: Duration,
    check: Option<Check>,
    policy: RetryPolicy,
    by_secret: bool,
    not_scripted: Option<&'static str>,
    arrives: Option<RangeInclusive<usize>>,
}

/// What was observed in a plain scenario.
#[derive(Debug)]
pub struct Seen {
    /// Results of the calls.
    pub ended: Vec<Ended>,
    /// Requests that arrived.
    pub arrived: Vec<Arrived>,
    /// Duration, in real or virtual time.
    pub took: Duration,
}

/// Starts a scenario with a machine for this operation.
pub fn run(op: Op) -> Plain {
    Plain::new().run(op)
}

/// Starts a scenario with a single request of this operation.
pub fn send(op: Op) -> Plain {
    Plain::new().send(op)
}

/// Returns a retry policy with very short pauses.
pub fn quick() -> RetryPolicy {
    let mut policy = RetryPolicy::default();
    policy.base_delay = Duration::from_millis(4);
    policy.throttled_delay = Duration::from_millis(4);
    policy.max_delay = Duration::from_millis(20);
    policy
}

impl Plain {
    fn new() -> Self {
        Self {
            steps: Vec::new(),
            settings: Settings::default(),
            allowed: Vec::new(),
            at_least: Duration::ZERO,
            within: Duration::from_secs(15),
            check: None,
            policy: quick(),
            by_secret: false,
            not_scripted: None,
            arrives: None,
        }
    }

    fn step(mut self, via: Via, op: Op) -> Self {
        self.steps.push(Step { via, op, replies: Vec::new(), expect: Vec::new() });
        self
    }

    fn last(&mut self) -> &mut Step {
        self.steps.last_mut().expect("a scenario begins with a call")
    }

    /// Adds a machine.
    pub fn run(self, op: Op) -> Self {
        self.step(Via::Run, op)
    }

    /// Adds a single request.
    pub fn send(self, op: Op) -> Self {
        self.step(Via::Send, op)
    }

    /// Sets the reaction of the server to the next request of the call.
    pub fn gets(mut self, reply: impl Into<Reply>) -> Self {
        self.last().replies.push((reply.into(), None));
        self
    }

    /// Sets the reaction to the next request, which is not that of the operation.
    pub fn first_gets(mut self, method: &'static str, path: &'static str, reply: impl Into<Reply>) -> Self {
        self.last().replies.push((reply.into(), Some((method, path))));
        self
    }

    /// Sets the actions on the connection of the next request.
    pub fn meets(self, acts: impl Into<Vec<Act>>, kind: TransportErrorKind) -> Self {
        self.gets(Reply::Trouble(acts.into(), kind))
    }

    /// Sets the required outcome.
    pub fn ends(mut self, outcome: Outcome) -> Self {
        self.last().expect.push(outcome);
        self
    }

    /// Allows another outcome of the last call, for adapters listed with this difference.
    pub fn or(mut self, outcome: Outcome, difference: Difference) -> Self {
        self.allowed.push((outcome, difference));
        self
    }

    /// Sets the settings of the client.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout;
        self
    }

    /// Sets the limit for responses.
    pub fn max_response(mut self, bytes: u64) -> Self {
        self.settings.max_response = bytes;
        self
    }

    /// Disables retries.
    pub fn once(mut self) -> Self {
        self.policy = self.policy.with_max_attempts(1);
        self
    }

    /// Uses the id and secret of an app instead of a key.
    pub fn by_secret(mut self) -> Self {
        self.by_secret = true;
        self
    }

    /// Sets the minimum duration.
    pub fn at_least(mut self, time: Duration) -> Self {
        self.at_least = time;
        self
    }

    /// Sets the maximum duration.
    pub fn within(mut self, time: Duration) -> Self {
        self.within = time;
        self
    }

    /// Adds a condition.
    pub fn check(mut self, check: Check) -> Self {
        self.check = Some(check);
        self
    }

    /// Sets the number of requests that arrive, if it is not one for each reply.
    pub fn arrives(mut self, requests: RangeInclusive<usize>) -> Self {
        self.arrives = Some(requests);
        self
    }

    /// Excludes the scenario from virtual time, for this reason.
    pub fn sockets_only(mut self, why: &'static str) -> Self {
        self.not_scripted = Some(why);
        self
    }

    /// Returns the reason why the scenario does not run in virtual time, if it does not.
    pub fn not_scripted(&self) -> Option<&'static str> {
        self.not_scripted
    }

    fn config(&self, base: &str) -> Config {
        let credentials = match self.by_secret {
            true => Credentials::app_secret(secrets::APP_ID, secrets::KEY),
            false => Credentials::key(secrets::KEY),
        };
        let config = credentials.and_then(|credentials| Config::new(credentials).with_base_url(base));
        config.unwrap_or_else(|error| panic!("{error}")).with_seed(7).with_retry(self.policy.clone())
    }

    fn requests(&self) -> RangeInclusive<usize> {
        let replies = self.steps.iter().map(|step| step.replies.len()).sum();
        self.arrives.clone().unwrap_or(replies..=replies)
    }

    /// Runs the scenario on sockets.
    pub(super) fn on_sockets(&self, stage: &Stage) -> Result<(), String> {
        // Replies with a time count it from now.
        let begin = Instant::now();
        let replies = || self.steps.iter().flat_map(|step| &step.replies).map(|(reply, _)| reply);
        let plan = replies().map(Reply::acts).collect();
        let server = match replies().any(Reply::keeps) {
            true => Server::by_request(plan),
            false => Server::start(plan),
        };
        let server = stage.keep(server, self.requests());
        let config = self.config(&server.url());
        let client = stage.driver().client(config.clone(), &self.settings);
        let mut ended = Vec::new();
        for step in &self.steps {
            let end = match step.via {
                Via::Run => Ended::Run(client.run(step.op.machine(&config))),
                Via::Send => Ended::Sent(client.send(step.op.request(&config))),
            };
            ended.push(end);
            if step.replies.last().is_some_and(|(reply, _)| reply.keeps()) {
                thread::sleep(BACK_IN_POOL);
            }
        }
        let took = begin.elapsed();
        // The call may end before the server has recorded the request.
        server.wait_for(*self.requests().start());
        stage.search_debug(&format!("{config:?}"));
        let seen = Seen { ended, arrived: server.arrived(), took };
        self.judge(&seen, |difference| stage.differs(difference))
    }

    /// Runs the scenario in virtual time.
    ///
    /// # Errors
    ///
    /// The condition that is not fulfilled.
    ///
    /// # Panics
    ///
    /// If the scenario needs a difference: core has none.
    pub fn in_virtual_time(&self) -> Result<(), String> {
        let config = self.config("http://127.0.0.1:9");
        let mut script = MockTransport::new();
        for step in &self.steps {
            let request = step.op.request(&unsent());
            for (reply, instead) in &step.replies {
                let own = (request.method().as_str(), request.uri().path_and_query().map_or("", |path| path.as_str()));
                let (method, path) = instead.unwrap_or(own);
                script = reply.script(script, method, path, self.settings.max_response);
            }
        }
        let mut ended = Vec::new();
        for step in &self.steps {
            let end = match step.via {
                Via::Run => Ended::Run(script.run(step.op.machine(&config))),
                Via::Send => Ended::Sent(script.send(step.op.request(&config))),
            };
            ended.push(end);
        }
        let took = script.clock().elapsed();
        let arrived =
            script.requests().iter().enumerate().map(|(number, request)| written_down(request, number)).collect();
        secrets::search(&script.log().to_string(), "the log of the mock transport");
        script.finish().map_err(|mismatch| mismatch.to_string())?;
        let differs = |difference: Difference| panic!("the mock transport differs: {difference}");
        self.judge(&Seen { ended, arrived, took }, differs)
    }

    fn judge(&self, seen: &Seen, differs: impl Fn(Difference)) -> Result<(), String> {
        for (number, (step, ended)) in self.steps.iter().zip(&seen.ended).enumerate() {
            ended.search(&format!("{:?}", step.op));
            let outcome = ended.outcome();
            if step.expect.contains(&outcome) {
                continue;
            }
            let last = number + 1 == self.steps.len();
            match self.allowed.iter().find(|(allowed, _)| *allowed == outcome && last) {
                Some((_, difference)) => differs(difference.clone()),
                None => return Err(format!("call {number} ended as {outcome:?}, not {:?}: {ended}", step.expect)),
            }
        }
        let (took, least, most) = (seen.took, self.at_least, self.within);
        if took < least {
            return Err(format!("it took {took:?}, not at least {least:?}"));
        }
        if took > most {
            return Err(format!("{TOO_SLOW}it took {took:?}, not at most {most:?}"));
        }
        let expected = self.requests();
        if !expected.contains(&seen.arrived.len()) {
            let lines: Vec<_> =
                seen.arrived.iter().map(|request| request.head.lines().next().unwrap_or_default()).collect();
            return Err(format!("{} requests arrived, not {expected:?}: {lines:?}", lines.len()));
        }
        self.check.map_or(Ok(()), |check| check(seen))
    }
}

/// Returns a request of the script as a server would record it.
fn written_down(request: &Request<Body>, number: usize) -> Arrived {
    let mut head =
        format!("{} {} HTTP/1.1", request.method(), request.uri().path_and_query().map_or("", |path| path.as_str()));
    for (name, value) in request.headers() {
        let _ = write!(head, "\r\n{name}: {}", String::from_utf8_lossy(value.as_bytes()));
    }
    let body = request.body().to_bytes().to_vec();
    Arrived { head, length: body.len() as u64, body, complete: true, connection: number }
}
