//! Random sequences of events for every machine that runs calls. In each of them a machine ends, pauses after a
//! failure, returns neither before the time it was given nor later than its policy allows, and repeats no uncertain
//! call.
//!
//! Machines that wait for a condition have rules that are exact to the tick: see `random_wait_events.rs`.

use std::time::Duration;

use bytes::Bytes;
use clarifai_core::bulk::{Bulk as _, IntoBulk as _, PredictMany, Upload};
use clarifai_core::error::ErrorKind;
use clarifai_core::inputs::{ListInputs, NewInput};
use clarifai_core::machine::{
    Call, Event, FindModel, IntoMachine as _, Machine, ModelCache, Step, Train, Training, WarmModelCache,
};
use clarifai_core::models::{GetModel, Predict};
use clarifai_core::pagination::Pages;
use clarifai_core::policy::RetryPolicy;
use clarifai_core::time::{Instant, Now};
use clarifai_core::{
    Config, Credentials,
    operation::Replay,
    transport::{Body, TransportError, TransportErrorKind},
};
use fastrand::Rng;
use http::{Method, Request, Response};
use serde_json::{Value, json};

use crate::support::CreateThing;
use crate::support::cases::{self, Case, Count, hold};

const SECOND: u64 = 1_000_000_000;

/// The longest `Retry-After` that is accepted by default. Above it a call fails, and a wait continues after this time.
const LONGEST_HINT: u64 = 120 * SECOND;

/// The longest pause of any policy in this file, including a lease on a token, plus one second for a lost call to take
/// effect.
const LONGEST_PAUSE: u64 = 31 * SECOND;

fn mono(nanos: u64) -> Instant {
    Instant::new(Duration::from_nanos(nanos))
}

fn nanos(time: Instant) -> u64 {
    u64::try_from(time.since_start().as_nanos()).unwrap()
}

/// Any machine, reduced to whether its result is that its time ran out.
struct TimedOut<M: Machine>(M, fn(&M::Output) -> bool);

impl<M: Machine> Machine for TimedOut<M> {
    type Output = bool;

    fn resume(&mut self, now: Now, event: Event) -> Step<bool> {
        self.0.resume(now, event).map(|result| result.map(|output| (self.1)(&output)))
    }
}

type AnyMachine = Box<dyn Machine<Output = bool>>;

fn plain<M: Machine + 'static>(machine: M) -> AnyMachine {
    Box::new(TimedOut(machine, |_| false))
}

/// A machine under test, and what it may do.
struct Kind {
    name: &'static str,
    make: fn(&Config, &mut World) -> AnyMachine,
    /// The most calls it makes. Each may be attempted as often as the policy allows.
    calls: u32,
    /// Whether a POST whose execution is uncertain must not be sent again, or not before it was looked up.
    cautious: bool,
}

const fn kind(name: &'static str, calls: u32, make: fn(&Config, &mut World) -> AnyMachine) -> Kind {
    Kind { name, make, calls, cautious: false }
}

impl Kind {
    const fn cautious(mut self) -> Self {
        self.cautious = true;
        self
    }
}

fn images(rng: &mut Rng) -> Vec<NewInput> {
    let count = rng.usize(1..5);
    (0..count).map(|number| NewInput::image_url(format!("https://example.com/{number}.jpg"))).collect()
}

const KINDS: [Kind; 8] = [
    kind("call", 1, |config, world| match world.rng.u8(..3) {
        0 => plain(Call::new(config, CreateThing(Replay::Safe))),
        1 => plain(Call::new(config, CreateThing(Replay::Idempotent))),
        _ => plain(Call::new(config, GetModel::new("m"))),
    }),
    kind("once", 1, |config, _| plain(Call::new(config, CreateThing(Replay::Once)))).cautious(),
    kind("find", 2, |config, world| {
        let cache = ModelCache::new();
        if world.rng.u8(..4) == 0 {
            cache.insert("general", None, "m".into());
        }
        plain(FindModel::new("general").cached_in(&cache).into_machine(config))
    }),
    kind("warm", MOST_PAGES, |config, _| {
        plain(WarmModelCache::new(&ModelCache::new()).with_all().into_machine(config))
    }),
    kind("pages", MOST_PAGES, |config, world| {
        let pages = Pages::new(ListInputs::new()).per_page(2);
        match world.rng.bool() {
            true => plain(pages.into_machine(config)),
            false => plain(pages.limit(world.rng.u64(..6)).into_machine(config)),
        }
    }),
    kind("train", 20_000, |config, world| {
        let train = Train::new("m");
        if world.rng.u8(..4) == 0 {
            return plain(train.without_waiting().into_machine(config));
        }
        let deadline = world.rng.u64(..300 * SECOND);
        world.deadline = Some(deadline);
        let train = train.deadline(Duration::from_nanos(deadline));
        Box::new(TimedOut(train.into_machine(config), |training| matches!(training, Training::TimedOut(_))))
    })
    .cautious(),
    // Each of four inputs may be looked up in each of three rounds, and each look-up may be attempted four times.
    kind("upload", 4 + 4 * 3 * 4, |config, world| {
        let (images, named) = (images(&mut world.rng), world.rng.bool());
        let inputs = images.into_iter().enumerate();
        let inputs = inputs.map(|(id, input)| if named { input.id(id.to_string()) } else { input });
        plain(Upload::new(inputs).max_retries(3).into_bulk(config).next().unwrap())
    })
    .cautious(),
    kind("predict_many", 4 * 4, |config, world| {
        plain(
            PredictMany::new(Predict::new("m"), images(&mut world.rng))
                .max_retries(3)
                .into_bulk(config)
                .next()
                .unwrap(),
        )
    }),
];

/// The most pages of a list in this file, including the empty page at its end. No item is listed twice.
const MOST_PAGES: u32 = 6;

/// The service as these machines see it.
struct World {
    rng: Rng,
    /// Deadline of the machine, counted from the response to its call.
    deadline: Option<u64>,
    pages: u32,
}

fn response(status: u16, body: impl Into<Bytes>) -> Event {
    Event::Response(Response::builder().status(status).body(body.into()).unwrap())
}

fn code(status: u16, code: u32) -> Event {
    response(status, json!({"status": {"code": code}}).to_string())
}

/// What a response means according to the documentation.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Meaning {
    /// The call failed, so the next one must come after a pause.
    pause: bool,
    /// The pause that the service asks for, in nanoseconds.
    hint: u64,
    /// The call may have been executed.
    uncertain: bool,
}

impl World {
    /// Returns a failed call.
    fn failure(&mut self, request: &Request<Body>) -> (Event, Meaning) {
        let paused = Meaning { pause: true, ..Meaning::default() };
        let uncertain = Meaning { uncertain: true, ..paused };
        let transport = |kind| Event::Failed(TransportError::new(kind, "test"));
        let expired = || response(401, r#"{"status": {"code": 11102, "details": "expired token"}}"#);
        match self.rng.u8(..17) {
            0 => (transport(TransportErrorKind::NotSent), paused),
            1 | 2 => (transport(TransportErrorKind::MaybeSent), uncertain),
            3 => (transport(TransportErrorKind::TooLarge), uncertain),
            4 => (response(500, "{}"), uncertain),
            5 => (response(502, "<html></html>"), uncertain),
            6 => (code(503, 98004), uncertain),
            7 => (code(429, 11005), paused),
            8 | 9 => {
                let seconds = if self.rng.bool() { self.rng.u64(..40) } else { self.rng.u64(..100_000) };
                let (status, number, uncertain) =
                    if self.rng.bool() { (429, 11005, false) } else { (503, 98004, true) };
                let Event::Response(mut response) = code(status, number) else { unreachable!() };
                response.headers_mut().insert(http::header::RETRY_AFTER, seconds.into());
                (Event::Response(response), Meaning { uncertain, hint: LONGEST_HINT.min(seconds * SECOND), ..paused })
            }
            10 => (code(200, 10030), paused),
            11 => (code(200, [21354, 21355, 40030][self.rng.usize(..3)]), paused),
            // The following failures are permanent.
            12 => (code(504, 11001), Meaning { uncertain: true, ..Meaning::default() }),
            13 => (code(429, 11003), Meaning::default()),
            14 => (code(401, 11009), Meaning::default()),
            15 if request.headers().contains_key("authorization") => (expired(), Meaning::default()),
            _ => (code(400, 11102), Meaning::default()),
        }
    }

    /// Returns a successful response.
    fn good(&mut self, request: &Request<Body>) -> Event {
        let path = request.uri().path();
        let inputs = || -> Value { serde_json::from_slice(&request.body().to_bytes()).unwrap() };
        let mut body = match (request.method().as_str(), path) {
            ("POST", "/v2/token") => json!({"access_token": "t", "expires_in": self.rng.u32(..200)}),
            ("POST", "/v2/inputs") => {
                let sent = inputs()["inputs"].as_array().unwrap().clone();
                let stored = sent.into_iter().map(|input| {
                    let status = [30000, 30001, 30001, 30100, 11102, 10030, 98004][self.rng.usize(..7)];
                    json!({"id": input["id"], "status": {"code": status}})
                });
                json!({"inputs": stored.collect::<Vec<_>>()})
            }
            ("POST", "/v2/models/m/outputs") => {
                let count = inputs()["inputs"].as_array().unwrap().len();
                let output = |status: u32| json!({"status": {"code": status}});
                let outputs = (0..count).map(|_| output([10000, 10000, 30002, 10030][self.rng.usize(..4)]));
                json!({"outputs": outputs.collect::<Vec<_>>()})
            }
            ("GET", "/v2/models" | "/v2/inputs") => {
                let page = self.pages;
                self.pages += 1;
                let items: Vec<_> = match page < MOST_PAGES - 1 && self.rng.u8(..4) > 0 {
                    true => (0..2).map(|item| json!({"id": format!("{page}-{item}"), "name": "n"})).collect(),
                    false => Vec::new(),
                };
                json!({path.rsplit('/').next().unwrap(): items})
            }
            ("POST", "/v2/models/m/versions") => {
                json!({"model": {"id": "m", "model_version": {"id": "v", "status": {"code": self.training()}}}})
            }
            ("GET", "/v2/models/m/versions/v") => {
                json!({"model_version": {"id": "v", "status": {"code": self.training()}}})
            }
            ("GET", "/v2/models/general") if self.rng.bool() => return code(404, 21200),
            ("GET", path) if path.starts_with("/v2/inputs/") => match self.rng.bool() {
                true => return code(404, 11101),
                false => json!({"input": {"id": path.rsplit('/').next(), "status": {"code": 30000}}}),
            },
            ("GET", "/repos/clarifai-rs/clarifai/tags") => return response(200, r#"[{"name": "v9.9.9"}]"#),
            ("POST", "/v2/models/searches") => json!({"models": [{"id": "m", "name": "general"}]}),
            _ => json!({"model": {"id": "m"}}),
        };
        body["status"] = json!({"code": 10000});
        response(200, body.to_string())
    }

    fn training(&mut self) -> u32 {
        match self.rng.u8(..16) {
            0 => 21100,
            1 => 21106,
            _ => [21101, 21103, 21107][self.rng.usize(..3)],
        }
    }
}

/// A bug that is planted on purpose.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Bug {
    None,
    /// It does not pause after a failure.
    Hasty,
    /// It starts again where it should end.
    Endless,
    /// It ends its pauses too early.
    Early,
    /// It polls after its deadline.
    Late,
}

/// What the machine requested last.
enum Asked {
    Begin,
    Response(Box<Request<Body>>),
    Wake(u64),
}

/// A machine in progress, and what the rules require of it.
struct Sequence<'a> {
    kind: &'a Kind,
    attempts: u32,
    world: World,
    asked: Asked,
    /// What the last response meant.
    meaning: Meaning,
    /// The latest time that was passed to the machine.
    latest: u64,
    /// The number of requests it sent, without those for tokens.
    sends: u32,
    uncertain: bool,
    /// The time of its deadline, once it runs.
    end: Option<u64>,
    /// The earliest time of the next call.
    not_before: u64,
    history: Vec<String>,
}

impl Sequence<'_> {
    /// Does what the machine requested, and lets every third call fail.
    fn event(&mut self) -> Event {
        let Asked::Response(request) = &self.asked else {
            return if matches!(self.asked, Asked::Begin) { Event::Begin } else { Event::Woke };
        };
        let path = request.uri().path();
        let event = if self.world.rng.u8(..3) == 0 {
            let (event, meaning) = self.world.failure(request);
            self.meaning = meaning;
            self.uncertain |= meaning.uncertain && *request.method() == Method::POST && path != "/v2/token";
            event
        } else {
            if path.ends_with("/versions") {
                self.end = self.world.deadline.map(|deadline| self.latest + deadline);
            }
            self.meaning = Meaning::default();
            self.world.good(request)
        };
        self.not_before = if self.meaning.pause { self.latest + self.meaning.hint } else { 0 };
        self.history.push(format!("{} {path} {:?} at {}", request.method(), self.meaning, self.latest));
        event
    }

    /// Checks that the machine may send this request now.
    fn may_send(&mut self, request: &Request<Body>) -> Case {
        let (latest, path) = (self.latest, request.uri().path());
        match self.asked {
            Asked::Wake(until) => hold!(latest >= until, "sent before its wait was over"),
            Asked::Response(_) => hold!(!self.meaning.pause, "no pause after a failure"),
            Asked::Begin => {}
        }
        hold!(latest >= self.not_before, "sent before the time that the service asked for");
        // A poll that is due at the very moment of the deadline still counts.
        hold!(self.end.is_none_or(|end| latest <= end), "sent after its deadline");
        if path == "/v2/token" {
            return Ok(());
        }
        self.sends += 1;
        hold!(self.sends <= self.attempts * self.kind.calls, "sent {} times", self.sends);
        let is_post = *request.method() == Method::POST;
        hold!(!(self.kind.cautious && self.uncertain && is_post), "sent again although the first call is uncertain");
        // Everything uncertain is looked up before anything is sent.
        self.uncertain &= !path.starts_with("/v2/inputs/");
        Ok(())
    }

    /// Checks that the machine may wait until this time.
    fn may_wait(&self, until: u64) -> Case {
        let latest = self.latest;
        if let Asked::Wake(before) = self.asked {
            hold!(latest >= before || until == before, "woken early, it waits until another time than before");
        }
        hold!(until >= latest, "waits until {until}, which is past");
        hold!(self.end.is_none_or(|end| until <= end), "waits until {until}, after its deadline {:?}", self.end);
        let soonest = self.not_before.min(self.end.unwrap_or(u64::MAX));
        hold!(until >= soonest, "waits until {until}, before {soonest}");
        // The pauses of a training are up to a minute.
        let longest = self.meaning.hint + if self.kind.name == "train" { 60 * SECOND } else { LONGEST_PAUSE };
        hold!(until - latest <= longest, "waits until {until}, longer than {longest}");
        Ok(())
    }

    /// Checks a step by the rules. Returns whether it was the last one.
    fn accept(&mut self, step: Step<bool>) -> Result<bool, String> {
        self.asked = match step {
            Step::Send(request) => {
                self.may_send(&request)?;
                Asked::Response(Box::new(request))
            }
            Step::WaitUntil(until) => {
                self.may_wait(nanos(until))?;
                Asked::Wake(nanos(until))
            }
            Step::Done(result) => {
                let timed_out = matches!(result, Ok(true));
                hold!(!timed_out || self.end.is_some_and(|end| self.latest >= end), "timed out before its deadline");
                return Ok(true);
            }
        };
        Ok(false)
    }
}

/// Checks that each of these events, which come at the wrong time, is reported as misuse.
fn misuse(machine: &mut AnyMachine, now: Now, events: impl IntoIterator<Item = Event>) -> Case {
    for event in events {
        let step = machine.resume(now, event);
        let misuse = matches!(&step, Step::Done(Err(error)) if matches!(error.kind(), ErrorKind::Misuse(_)));
        hold!(misuse, "{step:?} after an event at the wrong time");
    }
    Ok(())
}

/// Changes a step as the bug would.
fn broken(
    bug: Bug,
    machine: &mut AnyMachine,
    now: Now,
    meaning: Meaning,
    responded: bool,
    step: Step<bool>,
) -> Step<bool> {
    match (bug, step) {
        (Bug::Hasty, Step::WaitUntil(until)) if responded && meaning.pause => {
            machine.resume(Now::new(until, now.unix), Event::Woke)
        }
        (Bug::Endless, Step::Done(_)) if !meaning.pause => Step::Send(Request::new(Body::empty())),
        (Bug::Early, Step::WaitUntil(until)) if meaning.hint > 0 => {
            Step::WaitUntil(mono(nanos(until).saturating_sub(LONGEST_PAUSE)))
        }
        (Bug::Late, Step::WaitUntil(until)) => Step::WaitUntil(until + Duration::from_nanos(1)),
        (_, step) => step,
    }
}

/// Runs one random sequence of events, and checks every step.
fn sequence(rng: &mut Rng, kind: &Kind, bug: Bug) -> Case {
    let attempts = rng.u32(1..5);
    let credentials = match rng.bool() {
        true => Credentials::app_secret("id", "secret"),
        false => Credentials::key("key"),
    };
    let config = Config::new(credentials.unwrap())
        .with_retry(RetryPolicy::default().with_max_attempts(attempts))
        .with_seed(rng.u64(..));
    let begin = |mut world: World, latest, meaning| {
        (world.deadline, world.pages) = (None, 0);
        let machine = (kind.make)(&config, &mut world);
        let (sends, uncertain, end, not_before, history) = (0, false, None, 0, Vec::new());
        let asked = Asked::Begin;
        (
            machine,
            Sequence { kind, attempts, world, asked, meaning, latest, sends, uncertain, end, not_before, history },
        )
    };
    let world = World { rng: rng.fork(), deadline: None, pages: 0 };
    let (mut machine, mut sequence) = begin(world, 0, Meaning::default());
    let mut time = rng.u64(..100 * SECOND);
    // At first some random moves, then only what the machine requests, until it ends.
    let moves = rng.usize(..24);
    for step in 0..60_000 {
        let wild = step < moves;
        if wild && rng.u8(..40) == 0 {
            // The machine is dropped. The next one shares its token and its rate limiter, and with it the last
            // `Retry-After`; nothing else of it may matter.
            let held = Meaning { pause: false, ..sequence.meaning };
            (machine, sequence) = begin(sequence.world, sequence.latest, held);
        }
        match sequence.asked {
            Asked::Wake(until) if wild && rng.u8(..4) == 0 => time = time.max(rng.u64(..until + SECOND)),
            Asked::Wake(until) => time = time.max(until),
            _ if wild && rng.bool() => time += rng.u64(..5 * SECOND),
            _ => {}
        }
        // The clock of the machine may run backwards.
        let back = wild && rng.u8(..8) == 0 && !matches!(sequence.asked, Asked::Begin);
        let clock = if back { rng.u64(..=time) } else { time };
        let now = Now::new(mono(clock), Duration::from_secs(rng.u64(..1 << 40)));
        if wild && rng.u8(..40) == 0 {
            let wrong = match sequence.asked {
                Asked::Begin => Event::Woke,
                Asked::Wake(_) => code(200, 10000),
                Asked::Response(_) => Event::Begin,
            };
            return misuse(&mut machine, now, [wrong, Event::Begin, Event::Woke, code(200, 10000)]);
        }
        sequence.latest = sequence.latest.max(clock);
        let responded = matches!(sequence.asked, Asked::Response(_));
        let event = sequence.event();
        let step = machine.resume(now, event);
        let step = broken(bug, &mut machine, now, sequence.meaning, responded, step);
        match sequence.accept(step) {
            Ok(false) => {}
            Ok(true) => return misuse(&mut machine, now, [Event::Woke]),
            Err(broken) => return Err(format!("{broken}, at {}, {:?}", sequence.latest, sequence.history)),
        }
    }
    Err(format!("does not end: {:?}", sequence.history))
}

fn check(name: &str) {
    let kind = KINDS.iter().find(|kind| kind.name == name).unwrap();
    let count = Count { quick: 2_000, full: 1_000_000 };
    cases::check(&format!("machine-{name}"), count, |rng| sequence(rng, kind, Bug::None));
}

mod machines_uphold_contract {
    use super::{KINDS, check};
    use crate::support::test_each_kind;

    test_each_kind!(check, KINDS; call, once, find, warm, pages, train, upload, predict_many);
}

#[test]
fn planted_bugs_are_caught() {
    for (bug, kind, expected) in [
        (Bug::Hasty, "once", "no pause"),
        (Bug::Endless, "call", "sent "),
        (Bug::Early, "call", "waits until "),
        (Bug::Late, "train", "after its deadline"),
    ] {
        let kind = KINDS.iter().find(|known| known.name == kind).unwrap();
        let message = cases::catch_bug("machines", 1000, |rng| sequence(rng, kind, bug));
        assert!(message.contains(expected), "{bug:?}: {message}");
    }
}
