//! Any course of events on any machine: no panic, no doubled call, no wait into the past.

use std::time::Duration;

use arbitrary::{Arbitrary, Unstructured};
use bytes::Bytes;
use clarifai_core::bulk::{Bulk as _, PredictMany, Upload};
use clarifai_core::error::{ErrorKind, Invalid};
use clarifai_core::inputs::{ListInputs, NewInput};
use clarifai_core::machine::{
    Attempt, Event, FindModel, Machine, ModelCache, Mono, Now, Step, Train, UpdateCheck, WaitForInputDeleted,
    WaitForInputsDeleted, WaitForModelDeleted, WaitForModelsDeleted, WaitForTraining, WaitForUploads, WaitForUploadsOf,
    WarmModelCache,
};
use clarifai_core::models::{GetModel, Predict};
use clarifai_core::pages::Pages;
use clarifai_core::policy::{Pacer, RetryPolicy};
use clarifai_core::{
    App, Body, Credentials, Envelope, Operation, Replay, Target, TransportFailure, TransportFailureKind, Unreadable,
};
use http::{HeaderValue, Method, Response, StatusCode};
use serde_json::{Value, json};

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
    Wait { kind: u8, deadline: u8 },
    Train { deadline: u8 },
    Pages { take: u8 },
    Warm,
    Upload { ids: bool },
    PredictMany,
    Update,
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
        self.0.resume(now, event).map(|result| result.map(drop))
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
    /// The last request: method, path with query, and its inputs' ids.
    request: (Method, String, Vec<Value>),
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
            Choice::Wait { kind, deadline } => wait(app, kind, Duration::from_millis(u64::from(deadline) * 100)),
            Choice::Train { deadline } => {
                Box::new(Forget(Train::new(app, "m").deadline(Duration::from_millis(u64::from(deadline) * 100))))
            }
            Choice::Pages { take: 0 } => Box::new(Forget(Pages::new(app, ListInputs::new()).per_page(1).all())),
            Choice::Pages { take } => {
                Box::new(Forget(Pages::new(app, ListInputs::new()).per_page(1).take(u64::from(take % 4)).all()))
            }
            Choice::Warm => Box::new(Forget(WarmModelCache::new(app, cache).with_all())),
            Choice::Upload { ids } => {
                let inputs = pictures().map(|(name, input)| if ids { input.with_id(name) } else { input });
                Box::new(Forget(Upload::new(app, inputs).rounds(2).next().expect("a piece")))
            }
            Choice::PredictMany => {
                let inputs = pictures().map(|(_, input)| input);
                Box::new(Forget(PredictMany::new(app, Predict::with("m"), inputs).next().expect("a piece")))
            }
            Choice::Update => Box::new(Forget(UpdateCheck::new(None))),
        };
        Self {
            machine: Some(machine),
            choice,
            asked: Asked::Nothing,
            request: (Method::GET, String::new(), Vec::new()),
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
        // Of an upload only the calls that store something can be in doubt, not the looks.
        let looked = matches!(self.choice, Choice::Upload { .. }) && self.request.0 == Method::GET;
        if was == (Asked::Answer { token: false }) && !looked {
            self.in_doubt |= leaves_doubt(&event);
        }
        self.latest = self.latest.max(now.mono);
        let failed = matches!(event, Event::Failed(_)) && was == (Asked::Answer { token: false });
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
                    let most = self.calls().map_or(u32::MAX, |calls| limit.max(1) * calls);
                    assert!(self.sends <= most, "sent {} times", self.sends);
                    assert!(!(matches!(self.choice, Choice::Once) && self.in_doubt), "a call sent twice in doubt");
                    let uploads = matches!(self.choice, Choice::Upload { .. });
                    let looks = request.method() == Method::GET;
                    assert!(!(uploads && self.in_doubt && !looks), "inputs sent again before they were looked up");
                    self.in_doubt &= !(uploads && looks);
                    let waits = matches!(self.choice, Choice::Wait { .. });
                    assert!(!(waits && failed), "it looks again without a pause");
                }
                match self.choice {
                    Choice::Update => assert!(request.headers().get("authorization").is_none()),
                    _ => assert!(request.headers()["authorization"].is_sensitive()),
                }
                let path = request.uri().path_and_query().map_or("", |path| path.as_str()).to_owned();
                let body: Value = serde_json::from_slice(&request.body().to_bytes()).unwrap_or_default();
                let inputs = body["inputs"].as_array().into_iter().flatten().map(|input| input["id"].clone());
                self.request = (request.method().clone(), path, inputs.collect());
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
                    let doubt = self.in_doubt && self.is_one_call() && was != Asked::Done;
                    assert!(!doubt || error.may_have_happened(), "the doubt was forgotten: {error}");
                } else {
                    assert!(fits, "a result after a wrong event");
                }
                Asked::Done
            }
        };
    }

    /// How many calls the machine is made of, where that is known beforehand.
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

fn pictures() -> impl Iterator<Item = (&'static str, NewInput)> {
    ["a", "b"].into_iter().map(|name| (name, NewInput::image_url(format!("https://example.com/{name}.jpg"))))
}

fn wait(app: &App, kind: u8, deadline: Duration) -> Box<dyn Machine<Output = ()>> {
    match kind % 7 {
        0 => Box::new(Forget(WaitForTraining::new(app, "m", "v").deadline(deadline))),
        1 => Box::new(Forget(WaitForUploads::new(app).deadline(deadline))),
        2 => Box::new(Forget(WaitForUploadsOf::new(app, ["a", "b"]).deadline(deadline))),
        3 => Box::new(Forget(WaitForInputsDeleted::new(app).deadline(deadline))),
        4 => Box::new(Forget(WaitForInputDeleted::new(app, "a").deadline(deadline))),
        5 => Box::new(Forget(WaitForModelsDeleted::new(app).deadline(deadline))),
        _ => Box::new(Forget(WaitForModelDeleted::new(app, "m").without_deadline())),
    }
}

/// What the service answers when all is well: enough for each machine to get on.
fn good_answer(asked: Asked, request: &(Method, String, Vec<Value>)) -> Response<Bytes> {
    let (method, path, inputs) = request;
    let mut answer = match asked {
        Asked::Answer { token: true } => json!({"access_token": "token-of-the-service", "expires_in": 100}),
        _ => json!({"outputs": vec![json!({}); inputs.len().max(1)], "model": {"id": "abc"}, "models": [],
            "input": {"id": "a"}, "counts": {"to_process": 0}}),
    };
    answer["status"] = json!({"code": 10000});
    answer["model_version"] = json!({"id": "v", "status": {"code": 21100}});
    answer["model"]["model_version"] = json!({"id": "v", "status": {"code": 21103}});
    answer["inputs"] = match (method == Method::POST, path.contains("page=1&")) {
        (true, _) => inputs.iter().map(|id| json!({"id": id, "status": {"code": 30001}})).collect(),
        (false, true) => json!([{"id": "first"}]),
        (false, false) => json!([]),
    };
    Response::new(Bytes::from(answer.to_string()))
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
    let mut app = App::new(credentials.expect("a secret"))
        .with_retry(RetryPolicy::default().with_max_attempts(limit))
        .with_seed(course.seed);
    if course.seed % 3 == 0 {
        app = app.with_pacer(Pacer::per_second(2));
    }
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
            (What::Fitting, asked @ Asked::Answer { .. }) => Event::Response(good_answer(asked, &watched.request)),
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
