//! A scenario as a value, and how it is played: on sockets by an adapter, or in virtual time by core's script.

use std::fmt::Write as _;
use std::ops::RangeInclusive;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use clarifai_core::error::ErrorKind;
use clarifai_core::inputs::{CreateInputs, DeleteInputs, InputPatch, NewInput, PatchInputs};
use clarifai_core::machine::{Attempt, Driver as _};
use clarifai_core::models::{GetModel, ListModels, Predict};
use clarifai_core::policy::RetryPolicy;
use clarifai_core::testing::Script;
use clarifai_core::{
    App, Body, Credentials, Error, Exchange, Operation, RawAnswer, TransportFailure, TransportFailureKind,
};
use http::{Request, Response};

use super::TOO_SLOW;
use super::difference::Difference;
use super::driver::{AnyMachine, Settings};
use super::reply::Reply;
use super::secrets;
use super::server::{Act, Arrived, Server};
use super::stage::Stage;

/// One scenario: what happens, and what must come of it.
#[derive(Debug)]
pub struct Scenario {
    /// A short name, the same for ever.
    pub name: &'static str,
    /// What it shows, in one sentence.
    pub says: &'static str,
    /// How it is played.
    pub play: Play,
}

/// How a scenario is played.
#[derive(Debug)]
pub enum Play {
    /// As the data say: on sockets, and by core's script in virtual time.
    Plain(Box<Plain>),
    /// On sockets only, by hand. The text says why the script has no part in it.
    Sockets(&'static str, Scene),
}

/// How long a client is given to take a kept connection back into its pool: some leave that to a task that runs a
/// little after the answer. One that is slower all the same opens another connection, and no scenario fails by that.
pub(super) const BACK_IN_POOL: Duration = Duration::from_millis(50);

/// A scenario played by hand.
pub type Scene = fn(&Stage) -> Result<(), String>;

/// What must hold of what was seen.
pub type Check = fn(&Seen) -> Result<(), String>;

/// One of the operations that scenarios call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// A list: safe to repeat.
    List,
    /// One model by its id.
    Get(&'static str),
    /// A prediction for a URL: a POST that is safe to repeat.
    Predict,
    /// A prediction for so many bytes of a picture, encoded while they are sent.
    PredictBytes(usize),
    /// Creates an input whose id the service chooses: must not be repeated.
    CreateOnce,
    /// Creates an input under an id of one's own: may be repeated.
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
                let $name = Predict::with("m").image_url("https://example.com/cat.jpg");
                $body
            }
            Op::PredictBytes(count) => {
                let $name = Predict::with("m").image_bytes(picture(count));
                $body
            }
            Op::CreateOnce => {
                let $name = CreateInputs::new().input(NewInput::image_url("https://example.com/cat.jpg"));
                $body
            }
            Op::CreateByName => {
                let $name =
                    CreateInputs::new().input(NewInput::image_url("https://example.com/cat.jpg").with_id("cat"));
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
    /// A machine for it.
    pub fn machine(self, app: &App) -> AnyMachine {
        with_operation!(self, operation => machine(app, operation))
    }

    /// Its request.
    ///
    /// # Panics
    ///
    /// Never: the arguments are good.
    pub fn request(self, app: &App) -> Request<Body> {
        with_operation!(self, operation => request(app, operation))
    }
}

/// A machine for any operation, which answers the untouched JSON.
pub fn machine<O: Operation + Send + 'static>(app: &App, operation: O) -> AnyMachine {
    Box::new(Attempt::new(app, operation.raw()))
}

/// The request of any operation.
///
/// # Panics
///
/// Where its arguments cannot be sent.
pub fn request<O: Operation>(app: &App, operation: O) -> Request<Body> {
    Exchange::new(app, operation).unwrap_or_else(|error| panic!("{error}")).into_parts().0
}

/// An app that nobody calls, to look at requests.
///
/// # Panics
///
/// Never: its arguments are good.
pub fn nobody() -> App {
    let app = Credentials::key("another").and_then(|key| App::new(key).with_base("http://127.0.0.1:9"));
    app.unwrap_or_else(|error| panic!("{error}"))
}

/// Bytes that no two neighbouring parts have alike.
pub fn picture(count: usize) -> Bytes {
    (0..=250).cycle().take(count).collect::<Vec<u8>>().into()
}

/// What came of a call, as far as adapters must agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The machine reached its answer.
    Done,
    /// The one request was answered with this HTTP status.
    Status(u16),
    /// The machine was refused, with this HTTP status.
    Refused(u16),
    /// The answer could not be read.
    Unreadable,
    /// The transport failed.
    Failed(TransportFailureKind),
    /// Something else.
    Else,
}

/// Shorthands of the three failures.
pub const NOT_SENT: Outcome = Outcome::Failed(TransportFailureKind::NotSent);
/// It may have been sent.
pub const MAYBE_SENT: Outcome = Outcome::Failed(TransportFailureKind::MaybeSent);
/// The answer is too large.
pub const TOO_LARGE: Outcome = Outcome::Failed(TransportFailureKind::TooLarge);

/// The end of one call.
#[derive(Debug)]
pub enum Ended {
    /// Of a machine.
    Run(Result<RawAnswer, Error>),
    /// Of one request.
    Sent(Result<Response<Bytes>, TransportFailure>),
}

impl Ended {
    /// In short.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Run(Ok(_)) => Outcome::Done,
            Self::Run(Err(error)) => match error.kind() {
                ErrorKind::Api(api) => Outcome::Refused(api.http_status),
                ErrorKind::Decode(_) => Outcome::Unreadable,
                ErrorKind::Transport(failure) => Outcome::Failed(failure.kind),
                _ => Outcome::Else,
            },
            Self::Sent(Ok(response)) => Outcome::Status(response.status().as_u16()),
            Self::Sent(Err(failure)) => Outcome::Failed(failure.kind),
        }
    }

    /// The error of a machine.
    pub fn error(&self) -> Option<&Error> {
        match self {
            Self::Run(Err(error)) => Some(error),
            _ => None,
        }
    }

    /// The response to one request.
    pub fn response(&self) -> Option<&Response<Bytes>> {
        match self {
            Self::Sent(Ok(response)) => Some(response),
            _ => None,
        }
    }

    /// Searches what a user could print for secrets.
    pub fn search(&self, place: &str) {
        match self {
            Self::Run(Err(error)) => secrets::search_error(error, place),
            Self::Sent(Err(failure)) => secrets::search_error(failure, place),
            // What the server itself wrote is the caller's to keep; the errors made of it are not.
            Self::Run(Ok(_)) | Self::Sent(Ok(_)) => {}
        }
    }
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Run(Ok(_)) => f.write_str("it was answered"),
            Self::Run(Err(error)) => write!(f, "{error} ({:?})", error.kind()),
            Self::Sent(Ok(response)) => write!(f, "HTTP {}", response.status()),
            Self::Sent(Err(failure)) => write!(f, "{failure}: {:?}", failure.source),
        }
    }
}

/// Through which door a call goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// `run`, with everything core decides.
    Run,
    /// `send`, the bare request.
    Send,
}

/// One call, what the server makes of its requests, and how it must end.
#[derive(Debug)]
pub struct Step {
    door: Door,
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

/// What was seen of a plain scenario.
#[derive(Debug)]
pub struct Seen {
    /// The ends of the calls.
    pub ended: Vec<Ended>,
    /// The requests that arrived.
    pub arrived: Vec<Arrived>,
    /// How long it took, in real or in virtual time.
    pub took: Duration,
}

/// Begins a scenario with a machine for this operation.
pub fn run(op: Op) -> Plain {
    Plain::new().run(op)
}

/// Begins a scenario with one bare request of this operation.
pub fn send(op: Op) -> Plain {
    Plain::new().send(op)
}

/// Repeats with waits too short to notice.
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

    fn step(mut self, door: Door, op: Op) -> Self {
        self.steps.push(Step { door, op, replies: Vec::new(), expect: Vec::new() });
        self
    }

    fn last(&mut self) -> &mut Step {
        self.steps.last_mut().expect("a scenario begins with a call")
    }

    /// Then drives a machine.
    pub fn run(self, op: Op) -> Self {
        self.step(Door::Run, op)
    }

    /// Then sends one request.
    pub fn send(self, op: Op) -> Self {
        self.step(Door::Send, op)
    }

    /// What the server makes of the next request of the call.
    pub fn gets(mut self, reply: impl Into<Reply>) -> Self {
        self.last().replies.push((reply.into(), None));
        self
    }

    /// What the server makes of the next request, which is not that of the operation.
    pub fn first_gets(mut self, method: &'static str, path: &'static str, reply: impl Into<Reply>) -> Self {
        self.last().replies.push((reply.into(), Some((method, path))));
        self
    }

    /// The server does this with the connection of the next request.
    pub fn meets(self, acts: impl Into<Vec<Act>>, kind: TransportFailureKind) -> Self {
        self.gets(Reply::Trouble(acts.into(), kind))
    }

    /// How the call must end.
    pub fn ends(mut self, outcome: Outcome) -> Self {
        self.last().expect.push(outcome);
        self
    }

    /// Another end of the last call that is allowed to adapters listed with this difference.
    pub fn or(mut self, outcome: Outcome, difference: Difference) -> Self {
        self.allowed.push((outcome, difference));
        self
    }

    /// With these settings of the client.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout;
        self
    }

    /// With this limit for answers.
    pub fn max_response(mut self, bytes: u64) -> Self {
        self.settings.max_response = bytes;
        self
    }

    /// Never repeats.
    pub fn once(mut self) -> Self {
        self.policy = self.policy.with_max_attempts(1);
        self
    }

    /// With the id and secret of an app in place of a key.
    pub fn by_secret(mut self) -> Self {
        self.by_secret = true;
        self
    }

    /// Must last so long.
    pub fn at_least(mut self, time: Duration) -> Self {
        self.at_least = time;
        self
    }

    /// Must end in this time.
    pub fn within(mut self, time: Duration) -> Self {
        self.within = time;
        self
    }

    /// What must hold besides.
    pub fn check(mut self, check: Check) -> Self {
        self.check = Some(check);
        self
    }

    /// How many requests arrive, where that is not one for each reply.
    pub fn arrives(mut self, requests: RangeInclusive<usize>) -> Self {
        self.arrives = Some(requests);
        self
    }

    /// Has no meaning without sockets, for this reason.
    pub fn sockets_only(mut self, why: &'static str) -> Self {
        self.not_scripted = Some(why);
        self
    }

    /// Why the script has no part in it, where it has none.
    pub fn not_scripted(&self) -> Option<&'static str> {
        self.not_scripted
    }

    fn app(&self, base: &str) -> App {
        let credentials = match self.by_secret {
            true => Credentials::app_secret(secrets::APP_ID, secrets::KEY),
            false => Credentials::key(secrets::KEY),
        };
        let app = credentials.and_then(|credentials| App::new(credentials).with_base(base));
        app.unwrap_or_else(|error| panic!("{error}")).with_seed(7).with_retry(self.policy.clone())
    }

    fn requests(&self) -> RangeInclusive<usize> {
        let replies = self.steps.iter().map(|step| step.replies.len()).sum();
        self.arrives.clone().unwrap_or(replies..=replies)
    }

    /// Plays it on sockets.
    pub(super) fn on_sockets(&self, stage: &Stage) -> Result<(), String> {
        // Replies that name a time name it from here on.
        let begin = Instant::now();
        let replies = || self.steps.iter().flat_map(|step| &step.replies).map(|(reply, _)| reply);
        let plan = replies().map(Reply::acts).collect();
        let server = match replies().any(Reply::keeps) {
            true => Server::by_request(plan),
            false => Server::start(plan),
        };
        let server = stage.keep(server, self.requests());
        let app = self.app(&server.url());
        let client = stage.driver().client(app.clone(), &self.settings);
        let mut ended = Vec::new();
        for step in &self.steps {
            let end = match step.door {
                Door::Run => Ended::Run(client.run(step.op.machine(&app))),
                Door::Send => Ended::Sent(client.send(step.op.request(&app))),
            };
            ended.push(end);
            if step.replies.last().is_some_and(|(reply, _)| reply.keeps()) {
                thread::sleep(BACK_IN_POOL);
            }
        }
        let took = begin.elapsed();
        // The server may still be writing down what it read when the call has ended already.
        server.wait_for(*self.requests().start());
        stage.search_debug(&format!("{app:?}"));
        let seen = Seen { ended, arrived: server.arrived(), took };
        self.judge(&seen, |difference| stage.differs(difference))
    }

    /// Plays it in virtual time.
    ///
    /// # Errors
    ///
    /// What did not come out as it must.
    ///
    /// # Panics
    ///
    /// Where a difference would be needed: the script has none.
    pub fn in_virtual_time(&self) -> Result<(), String> {
        let app = self.app("http://127.0.0.1:9");
        let mut script = Script::new();
        for step in &self.steps {
            let request = step.op.request(&nobody());
            for (reply, instead) in &step.replies {
                let own = (request.method().as_str(), request.uri().path_and_query().map_or("", |path| path.as_str()));
                let (method, path) = instead.unwrap_or(own);
                script = reply.script(script, method, path, self.settings.max_response);
            }
        }
        let mut ended = Vec::new();
        for step in &self.steps {
            let end = match step.door {
                Door::Run => Ended::Run(script.run(step.op.machine(&app))),
                Door::Send => Ended::Sent(script.send(step.op.request(&app))),
            };
            ended.push(end);
        }
        let took = script.clock().elapsed();
        let arrived =
            script.requests().iter().enumerate().map(|(number, request)| written_down(request, number)).collect();
        secrets::search(&script.log().to_string(), "the log of a script");
        script.finish().map_err(|mismatch| mismatch.to_string())?;
        let differs = |difference: Difference| panic!("the script differs: {difference}");
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

/// A request of the script as a server would have written it down.
fn written_down(request: &Request<Body>, number: usize) -> Arrived {
    let mut head =
        format!("{} {} HTTP/1.1", request.method(), request.uri().path_and_query().map_or("", |path| path.as_str()));
    for (name, value) in request.headers() {
        let _ = write!(head, "\r\n{name}: {}", String::from_utf8_lossy(value.as_bytes()));
    }
    let body = request.body().to_bytes().to_vec();
    Arrived { head, length: body.len() as u64, body, complete: true, connection: number }
}
