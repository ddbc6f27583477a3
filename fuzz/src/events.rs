//! Any sequence of events for any machine: no panic, no call executed twice, no wait until a past time.

use std::time::Duration;

use arbitrary::{Arbitrary, Unstructured};
use bytes::Bytes;
use clarifai_core::bulk::{Bulk as _, IntoBulk as _, PredictMany, Upload};
use clarifai_core::error::{ErrorKind, InvalidArgument};
use clarifai_core::inputs::{ListInputs, NewInput};
use clarifai_core::machine::{
    AllInputsDeleted, AllModelsDeleted, Call, Condition as _, Event, FindModel, InputDeleted, InputsProcessed,
    IntoMachine as _, Machine, ModelCache, ModelDeleted, ModelTrained, Step, Train, WarmModelCache,
};
use clarifai_core::models::{GetModel, Predict};
use clarifai_core::pagination::Pages;
use clarifai_core::policy::{RateLimiter, RetryPolicy};
use clarifai_core::time::{Instant, Now};
use clarifai_core::{
    Config, Credentials, Operation,
    operation::{DecodeError, Envelope, Replay, Spec, Target},
    transport::{Body, TransportError, TransportErrorKind},
};
use http::{HeaderValue, Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::check_error;

const SECRET: &str = "fuzz-secret-0123456789";

/// One run: options of a client, three machines, and their events.
#[derive(Arbitrary, Debug)]
struct Sequence {
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
    Wait { kind: u8, deadline: u8 },
    Train { deadline: u8 },
    Pages { take: u8 },
    Warm,
    Upload { ids: bool },
    PredictMany,
    Raw,
}

/// An event for one of the machines.
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
    /// To the time for which the machine waits.
    There,
    Set(u64),
}

#[derive(Arbitrary, Debug)]
enum What {
    /// The event that its last step requests: begin, a successful response, or waking.
    Fitting,
    /// This response, whether its last step requests one or not.
    Respond(Answer),
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
    const SPEC: Spec = Spec::post("create thing");

    fn replay(&self) -> Replay {
        self.0
    }

    fn target(&self, target: &mut Target) {
        target.path("things");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        Ok(Body::from_bytes("{}"))
    }

    fn decode(&self, answer: &Envelope) -> Result<Value, DecodeError> {
        answer.parse()
    }
}

/// Any machine, without its output.
struct Forget<M>(M);

impl<M: Machine> Machine for Forget<M> {
    type Output = ();

    fn resume(&mut self, now: Now, event: Event) -> Step<()> {
        self.0.resume(now, event).map(|result| result.map(drop))
    }
}

/// What a machine requested last.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Asked {
    Nothing,
    Answer { token: bool },
    Wake(Instant),
    Done,
}

struct Watched {
    machine: Option<Box<dyn Machine<Output = ()>>>,
    choice: Choice,
    asked: Asked,
    /// The last request: method, path with query, and the ids of its inputs.
    request: (Method, String, Vec<Value>),
    sends: u32,
    /// Whether the call may have been executed.
    uncertain: bool,
    latest: Instant,
}

impl Watched {
    fn new(config: &Config, cache: &ModelCache, choice: Choice) -> Self {
        let machine: Box<dyn Machine<Output = ()>> = match choice {
            Choice::Safe => Box::new(Forget(Call::new(config, Create(Replay::Safe)))),
            Choice::Idempotent => Box::new(Forget(Call::new(config, Create(Replay::Idempotent)))),
            Choice::Once => Box::new(Forget(Call::new(config, Create(Replay::Once)))),
            Choice::Get => Box::new(Forget(Call::new(config, GetModel::new("m")))),
            Choice::Predict => {
                Box::new(Forget(Call::new(config, Predict::new("m").image_url("https://example.com/1"))))
            }
            Choice::BadArgument => Box::new(Forget(Call::new(config, GetModel::new("..")))),
            Choice::Find { cached: true } => {
                Box::new(Forget(FindModel::new("general").cached_in(cache).into_machine(config)))
            }
            Choice::Find { cached: false } => Box::new(Forget(FindModel::new("general").into_machine(config))),
            Choice::Wait { kind, deadline } => wait(config, kind, Duration::from_millis(u64::from(deadline) * 100)),
            Choice::Train { deadline } => Box::new(Forget(
                Train::new("m").deadline(Duration::from_millis(u64::from(deadline) * 100)).into_machine(config),
            )),
            Choice::Pages { take: 0 } => {
                Box::new(Forget(Pages::new(ListInputs::new()).per_page(1).into_machine(config)))
            }
            Choice::Pages { take } => Box::new(Forget(
                Pages::new(ListInputs::new()).per_page(1).limit(u64::from(take % 4)).into_machine(config),
            )),
            Choice::Warm => Box::new(Forget(WarmModelCache::new(cache).with_all().into_machine(config))),
            Choice::Upload { ids } => {
                let inputs = images().map(|(name, input)| if ids { input.id(name) } else { input });
                Box::new(Forget(Upload::new(inputs).max_retries(2).into_bulk(config).next().expect("a task")))
            }
            Choice::PredictMany => {
                let inputs = images().map(|(_, input)| input);
                Box::new(Forget(PredictMany::new(Predict::new("m"), inputs).into_bulk(config).next().expect("a task")))
            }
            Choice::Raw => Box::new(Forget(Call::new(config, GetModel::new("m").raw()))),
        };
        Self {
            machine: Some(machine),
            choice,
            asked: Asked::Nothing,
            request: (Method::GET, String::new(), Vec::new()),
            sends: 0,
            uncertain: false,
            latest: Instant::default(),
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
        // Of an upload only calls that store inputs can be uncertain, not the look-ups.
        let is_look_up = matches!(self.choice, Choice::Upload { .. }) && self.request.0 == Method::GET;
        if was == (Asked::Answer { token: false }) && !is_look_up {
            self.uncertain |= is_uncertain(&event);
        }
        self.latest = self.latest.max(now.instant);
        let failed = matches!(event, Event::Failed(_)) && was == (Asked::Answer { token: false });
        let step = machine.resume(now, event);
        self.asked = match step {
            Step::Send(request) => {
                assert!(fits, "a request after an event at the wrong time");
                if let Asked::Wake(until) = was {
                    assert!(self.latest >= until, "sent before the wait was over");
                }
                let token = request.uri().path() == "/v2/token";
                if !token {
                    self.sends += 1;
                    let most = self.calls().map_or(u32::MAX, |calls| limit.max(1) * calls);
                    assert!(self.sends <= most, "sent {} times", self.sends);
                    assert!(
                        !(matches!(self.choice, Choice::Once) && self.uncertain),
                        "an uncertain call was sent again"
                    );
                    let uploads = matches!(self.choice, Choice::Upload { .. });
                    let looks_up = request.method() == Method::GET;
                    assert!(!(uploads && self.uncertain && !looks_up), "inputs sent again before they were looked up");
                    self.uncertain &= !(uploads && looks_up);
                    let waits = matches!(self.choice, Choice::Wait { .. });
                    assert!(!(waits && failed), "polled again without a pause");
                }
                assert!(request.headers()["authorization"].is_sensitive());
                let path = request.uri().path_and_query().map_or("", |path| path.as_str()).to_owned();
                let body: Value = serde_json::from_slice(&request.body().to_bytes()).unwrap_or_default();
                let inputs = body["inputs"].as_array().into_iter().flatten().map(|input| input["id"].clone());
                self.request = (request.method().clone(), path, inputs.collect());
                Asked::Answer { token }
            }
            Step::WaitUntil(time) => {
                assert!(fits, "a wait after an event at the wrong time");
                assert!(time >= self.latest, "a wait until a past time: {time:?} at {:?}", self.latest);
                if let Asked::Wake(until) = was
                    && self.latest < until
                {
                    assert_eq!(time, until, "woken early, it must wait until the same time");
                }
                Asked::Wake(time)
            }
            Step::Done(result) => {
                if let Err(error) = result {
                    check_error(&error, SECRET);
                    let misuse = matches!(error.kind(), ErrorKind::Misuse(_));
                    assert_eq!(misuse, !fits, "only events at the wrong time are misuse: {error}");
                    let reads = matches!(self.choice, Choice::Safe | Choice::Get | Choice::Predict | Choice::Raw);
                    let uncertain = self.uncertain && self.is_one_call() && was != Asked::Done && !reads;
                    assert!(
                        !uncertain || error.may_have_happened(),
                        "the error does not report that the call is uncertain: {error}"
                    );
                } else {
                    assert!(fits, "a result after an event at the wrong time");
                }
                Asked::Done
            }
        };
    }

    /// Returns the number of calls of the machine, if it is known beforehand.
    fn calls(&self) -> Option<u32> {
        match self.choice {
            Choice::Find { .. } => Some(2),
            _ => self.is_one_call().then_some(1),
        }
    }

    fn is_one_call(&self) -> bool {
        use Choice::{BadArgument, Get, Idempotent, Once, Predict, Safe};
        matches!(self.choice, Safe | Idempotent | Once | Get | Predict | BadArgument)
    }
}

/// Returns whether the call may have been executed, by a second implementation of the rules.
fn is_uncertain(event: &Event) -> bool {
    match event {
        Event::Failed(failure) => failure.kind != TransportErrorKind::NotSent,
        Event::Response(response) => {
            let code = serde_json::from_slice::<Value>(response.body()).ok();
            let code = code.and_then(|json| json.pointer("/status/code").and_then(Value::as_u64)).unwrap_or(0);
            response.status().is_server_error() && !matches!(code, 10030 | 11005 | 21354 | 21355 | 40030)
                // A body of the fuzzer may contain a code in a form that only lenient decoding recognizes.
                && (response.body().starts_with(br#"{"status":{"code":"#) || response.body().starts_with(b"<html>"))
        }
        _ => false,
    }
}

fn images() -> impl Iterator<Item = (&'static str, NewInput)> {
    ["a", "b"].into_iter().map(|name| (name, NewInput::image_url(format!("https://example.com/{name}.jpg"))))
}

fn wait(config: &Config, kind: u8, deadline: Duration) -> Box<dyn Machine<Output = ()>> {
    match kind % 7 {
        0 => Box::new(Forget(ModelTrained::new("m", "v").wait().deadline(deadline).into_machine(config))),
        1 => Box::new(Forget(InputsProcessed::all().wait().deadline(deadline).into_machine(config))),
        2 => Box::new(Forget(InputsProcessed::of(["a", "b"]).wait().deadline(deadline).into_machine(config))),
        3 => Box::new(Forget(AllInputsDeleted::new().wait().deadline(deadline).into_machine(config))),
        4 => Box::new(Forget(InputDeleted::new("a").wait().deadline(deadline).into_machine(config))),
        5 => Box::new(Forget(AllModelsDeleted::new().wait().deadline(deadline).into_machine(config))),
        _ => Box::new(Forget(ModelDeleted::new("m").wait().without_deadline().into_machine(config))),
    }
}

/// Returns a successful response that lets each machine continue.
fn success(asked: Asked, request: &(Method, String, Vec<Value>)) -> Response<Bytes> {
    let (method, path, inputs) = request;
    let mut body = match asked {
        Asked::Answer { token: true } => json!({"access_token": "token-of-the-service", "expires_in": 100}),
        _ => json!({"outputs": vec![json!({}); inputs.len().max(1)], "model": {"id": "abc"}, "models": [],
            "input": {"id": "a"}, "counts": {"to_process": 0}}),
    };
    body["status"] = json!({"code": 10000});
    body["model_version"] = json!({"id": "v", "status": {"code": 21100}});
    body["model"]["model_version"] = json!({"id": "v", "status": {"code": 21103}});
    body["inputs"] = match (method == Method::POST, path.contains("page=1&")) {
        (true, _) => inputs.iter().map(|id| json!({"id": id, "status": {"code": 30001}})).collect(),
        (false, true) => json!([{"id": "first"}]),
        (false, false) => json!([]),
    };
    Response::new(Bytes::from(body.to_string()))
}

/// Drives three machines of one client through any sequence of events.
///
/// # Panics
///
/// If a rule is broken.
pub fn events(data: &[u8]) {
    let Ok(sequence) = Sequence::arbitrary_take_rest(Unstructured::new(data)) else { return };
    let credentials = match sequence.with_token {
        true => Credentials::app_secret("id", SECRET),
        false => Credentials::key(SECRET),
    };
    let limit = u32::from(sequence.max_attempts % 6);
    let mut config = Config::new(credentials.expect("a secret"))
        .with_retry(RetryPolicy::default().with_max_attempts(limit))
        .with_seed(sequence.seed);
    if sequence.seed % 3 == 0 {
        config = config.with_rate_limiter(RateLimiter::per_second(2));
    }
    let cache = ModelCache::new();
    let mut machines = sequence.machines.map(|choice| Watched::new(&config, &cache, choice));
    let mut now = Now::default();
    for Move { machine, clock, what } in sequence.moves {
        let watched = &mut machines[usize::from(machine) % 3];
        match (clock, watched.asked) {
            (Clock::On(millis), _) => now.instant = now.instant + Duration::from_millis(millis.into()),
            (Clock::There, Asked::Wake(time)) => now.instant = now.instant.max(time),
            (Clock::Set(nanos), _) => now.instant = Instant::new(Duration::from_nanos(nanos)),
            _ => {}
        }
        now.unix = now.instant.since_start();
        let event = match (what, watched.asked) {
            (What::Fitting, Asked::Nothing) | (What::Begin, _) => Event::Begin,
            (What::Fitting, asked @ Asked::Answer { .. }) => Event::Response(success(asked, &watched.request)),
            (What::Fitting, Asked::Wake(_) | Asked::Done) | (What::Woke, _) => Event::Woke,
            (What::Respond(answer), _) => Event::Response(answer.response()),
            (What::Failed(kind), _) => {
                let kind = match kind % 3 {
                    0 => TransportErrorKind::NotSent,
                    1 => TransportErrorKind::MaybeSent,
                    _ => TransportErrorKind::TooLarge,
                };
                Event::Failed(TransportError::new(kind, "fuzz"))
            }
            (What::Drop, _) => {
                watched.machine = None;
                continue;
            }
        };
        watched.resume(now, event, limit);
    }
}
