//! Any course of events on any machine: no panic, no doubled call, no wait into the past.

use std::time::Duration;

use arbitrary::{Arbitrary, Unstructured};
use bytes::Bytes;
use clarifai_core::error::{ErrorKind, Invalid};
use clarifai_core::machine::{Attempt, Event, FindModel, Machine, ModelCache, Mono, Now, Step};
use clarifai_core::models::{GetModel, Predict};
use clarifai_core::policy::RetryPolicy;
use clarifai_core::{
    App, Body, Credentials, Envelope, Operation, Replay, Target, TransportFailure, TransportFailureKind, Unreadable,
};
use http::{HeaderValue, Method, Response, StatusCode};
use serde_json::Value;

use crate::check_error;

const SECRET: &str = "fuzz-secret-0123456789";

/// One run: an app, a few machines of it, and what happens to them.
#[derive(Arbitrary, Debug)]
struct Course {
    with_token: bool,
    max_attempts: u8,
    seed: u64,
    machines: [Choice; 3],
    moves: Vec<Move>,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Choice {
    Safe,
    Idempotent,
    Once,
    Get,
    Predict,
    BadArgument,
    Find { cached: bool },
}

/// Something happens to one of the machines.
#[derive(Arbitrary, Debug)]
struct Move {
    machine: u8,
    clock: Clock,
    what: What,
}

#[derive(Arbitrary, Debug)]
enum Clock {
    Still,
    On(u16),
    /// To the time the machine waits for.
    There,
    Set(u64),
}

#[derive(Arbitrary, Debug)]
enum What {
    /// What its last step asks for: begin, a good answer, waking.
    Fitting,
    /// As its last step asks for, with this answer.
    Answer(Answer),
    Failed(u8),
    Begin,
    Woke,
    Drop,
}

#[derive(Arbitrary, Debug)]
struct Answer {
    status: u8,
    code: u8,
    retry_after: Option<u16>,
    body: Option<Vec<u8>>,
}

const STATUSES: [u16; 16] = [200, 200, 201, 207, 302, 400, 401, 401, 404, 408, 429, 500, 502, 503, 504, 999];
const CODES: [u32; 20] = [
    0, 10000, 10010, 10020, 10030, 11001, 11002, 11003, 11005, 11009, 11102, 21200, 21354, 21355, 39998, 40030, 98004,
    98009, 99009, 123_456,
];

impl Answer {
    fn response(&self) -> Response<Bytes> {
        let code = CODES[usize::from(self.code) % CODES.len()];
        let body = match (&self.body, code) {
            (Some(body), _) => Bytes::copy_from_slice(body),
            (None, 0) => Bytes::from_static(b"<html></html>"),
            (None, code) => {
                Bytes::from(format!(r#"{{"status":{{"code":{code},"details":"{SECRET} expired token"}}}}"#))
            }
        };
        let mut response = Response::new(body);
        let status = STATUSES[usize::from(self.status) % STATUSES.len()];
        *response.status_mut() = StatusCode::from_u16(status).expect("a status");
        if let Some(hint) = self.retry_after {
            response.headers_mut().insert(http::header::RETRY_AFTER, HeaderValue::from(hint));
        }
        response
    }
}

#[derive(Clone, Copy, Debug)]
struct Create(Replay);

impl Operation for Create {
    type Output = Value;
    const NAME: &'static str = "create thing";
    const METHOD: Method = Method::POST;

    fn replay(&self) -> Replay {
        self.0
    }

    fn target(&self, target: &mut Target) {
        target.path("things");
    }

    fn body(&self) -> Result<Body, Invalid> {
        Ok(Body::from_bytes("{}"))
    }

    fn decode(&self, answer: &Envelope) -> Result<Value, Unreadable> {
        answer.parse()
    }
}

/// Any machine, whatever it leads to.
struct Forget<M>(M);

impl<M: Machine> Machine for Forget<M> {
    type Output = ();

    fn resume(&mut self, now: Now, event: Event) -> Step<()> {
        match self.0.resume(now, event) {
            Step::Send(request) => Step::Send(request),
            Step::WaitUntil(time) => Step::WaitUntil(time),
            Step::Done(result) => Step::Done(result.map(drop)),
        }
    }
}

/// What a machine asked for last.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Asked {
    Nothing,
    Answer { token: bool },
    Wake(Mono),
    Done,
}

struct Watched {
    machine: Option<Box<dyn Machine<Output = ()>>>,
    choice: Choice,
    asked: Asked,
    sends: u32,
    /// The call may have been carried out.
    in_doubt: bool,
    latest: Mono,
}

impl Watched {
    fn new(app: &App, cache: &ModelCache, choice: Choice) -> Self {
        let machine: Box<dyn Machine<Output = ()>> = match choice {
            Choice::Safe => Box::new(Forget(Attempt::new(app, Create(Replay::Safe)))),
            Choice::Idempotent => Box::new(Forget(Attempt::new(app, Create(Replay::Idempotent)))),
            Choice::Once => Box::new(Forget(Attempt::new(app, Create(Replay::Once)))),
            Choice::Get => Box::new(Forget(Attempt::new(app, GetModel::new("m")))),
            Choice::Predict => {
                Box::new(Forget(Attempt::new(app, Predict::with("m").image_url("https://example.com/1"))))
            }
            Choice::BadArgument => Box::new(Forget(Attempt::new(app, GetModel::new("..")))),
            Choice::Find { cached: true } => Box::new(Forget(FindModel::new(app, "general").cached_in(cache))),
            Choice::Find { cached: false } => Box::new(Forget(FindModel::new(app, "general"))),
        };
        Self {
            machine: Some(machine),
            choice,
            asked: Asked::Nothing,
            sends: 0,
            in_doubt: false,
            latest: Mono::default(),
        }
    }

    fn resume(&mut self, now: Now, event: Event, limit: u32) {
        let Some(machine) = &mut self.machine else { return };
        let (fits, was) = (
            matches!(
                (self.asked, &event),
                (Asked::Nothing, Event::Begin)
                    | (Asked::Answer { .. }, Event::Response(_) | Event::Failed(_))
                    | (Asked::Wake(_), Event::Woke)
            ),
            self.asked,
        );
        if was == (Asked::Answer { token: false }) {
            self.in_doubt |= leaves_doubt(&event);
        }
        self.latest = self.latest.max(now.mono);
        let step = machine.resume(now, event);
        self.asked = match step {
            Step::Send(request) => {
                assert!(fits, "a request after a wrong event");
                if let Asked::Wake(until) = was {
                    assert!(self.latest >= until, "sent before the wait was over");
                }
                let token = request.uri().path() == "/v2/token";
                if !token {
                    self.sends += 1;
                    assert!(self.sends <= limit.max(1) * self.calls(), "sent {} times", self.sends);
                    assert!(!(matches!(self.choice, Choice::Once) && self.in_doubt), "a call sent twice in doubt");
                }
                assert!(request.headers()["authorization"].is_sensitive());
                Asked::Answer { token }
            }
            Step::WaitUntil(time) => {
                assert!(fits, "a wait after a wrong event");
                assert!(time >= self.latest, "a wait into the past: {time:?} at {:?}", self.latest);
                if let Asked::Wake(until) = was
                    && self.latest < until
                {
                    assert_eq!(time, until, "the same wait comes back");
                }
                Asked::Wake(time)
            }
            Step::Done(result) => {
                if let Err(error) = result {
                    check_error(&error, SECRET);
                    let misuse = matches!(error.kind(), ErrorKind::Misuse(_));
                    assert_eq!(misuse, !fits, "wrong events are misuse, and nothing else is: {error}");
                    let doubt = self.in_doubt && !matches!(self.choice, Choice::Find { .. }) && was != Asked::Done;
                    assert!(!doubt || error.may_have_happened(), "the doubt was forgotten: {error}");
                } else {
                    assert!(fits, "a result after a wrong event");
                }
                Asked::Done
            }
        };
    }

    /// How many calls the machine is made of.
    fn calls(&self) -> u32 {
        if matches!(self.choice, Choice::Find { .. }) { 2 } else { 1 }
    }
}

/// Whether the call may have been carried out, as far as anyone can tell from this. Written from the rules and apart
/// from the code under test.
fn leaves_doubt(event: &Event) -> bool {
    match event {
        Event::Failed(failure) => failure.kind != TransportFailureKind::NotSent,
        Event::Response(response) => {
            let code = serde_json::from_slice::<Value>(response.body()).ok();
            let code = code.and_then(|json| json.pointer("/status/code").and_then(Value::as_u64)).unwrap_or(0);
            response.status().is_server_error() && !matches!(code, 10030 | 11005 | 21354 | 21355 | 40030)
                // Bytes of the fuzzer's own may hold a code in a spelling that only a lenient reader knows.
                && (response.body().starts_with(br#"{"status":{"code":"#) || response.body().starts_with(b"<html>"))
        }
        _ => false,
    }
}

fn good_answer(asked: Asked) -> Response<Bytes> {
    Response::new(Bytes::from_static(match asked {
        Asked::Answer { token: true } => br#"{"access_token": "token-of-the-service", "expires_in": 100}"#,
        _ => br#"{"status": {"code": 10000}, "outputs": [{}], "model": {"id": "abc"}, "models": []}"#,
    }))
}

/// Drives three machines of one app through any course of events.
///
/// # Panics
///
/// Where one of the laws is broken.
pub fn events(data: &[u8]) {
    let Ok(course) = Course::arbitrary_take_rest(Unstructured::new(data)) else { return };
    let credentials = match course.with_token {
        true => Credentials::app_secret("id", SECRET),
        false => Credentials::key(SECRET),
    };
    let limit = u32::from(course.max_attempts % 6);
    let app = App::new(credentials.expect("a secret"))
        .with_retry(RetryPolicy::default().with_max_attempts(limit))
        .with_seed(course.seed);
    let cache = ModelCache::new();
    let mut machines = course.machines.map(|choice| Watched::new(&app, &cache, choice));
    let mut now = Now::default();
    for Move { machine, clock, what } in course.moves {
        let watched = &mut machines[usize::from(machine) % 3];
        match (clock, watched.asked) {
            (Clock::On(millis), _) => now.mono = now.mono + Duration::from_millis(millis.into()),
            (Clock::There, Asked::Wake(time)) => now.mono = now.mono.max(time),
            (Clock::Set(nanos), _) => now.mono = Mono::new(Duration::from_nanos(nanos)),
            _ => {}
        }
        now.unix = now.mono.since_start();
        let event = match (what, watched.asked) {
            (What::Fitting, Asked::Nothing) | (What::Begin, _) => Event::Begin,
            (What::Fitting, asked @ Asked::Answer { .. }) => Event::Response(good_answer(asked)),
            (What::Fitting, Asked::Wake(_) | Asked::Done) | (What::Woke, _) => Event::Woke,
            (What::Answer(answer), _) => Event::Response(answer.response()),
            (What::Failed(kind), _) => {
                let kind = match kind % 3 {
                    0 => TransportFailureKind::NotSent,
                    1 => TransportFailureKind::MaybeSent,
                    _ => TransportFailureKind::TooLarge,
                };
                Event::Failed(TransportFailure::new(kind, "fuzz"))
            }
            (What::Drop, _) => {
                watched.machine = None;
                continue;
            }
        };
        watched.resume(now, event, limit);
    }
}
