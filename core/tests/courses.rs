//! Machines that carry something out, through random courses of events: each comes to its end, pauses after what failed,
//! comes back no sooner than it was told and no later than its policy says, and does nothing twice that is in doubt.
//! Those that wait for something are in `waits.rs`.
#![allow(clippy::unwrap_used)]

mod create;
mod seeded;

use std::time::Duration;

use bytes::Bytes;
use clarifai_core::bulk::{Bulk as _, PredictMany, Upload};
use clarifai_core::error::ErrorKind;
use clarifai_core::inputs::{ListInputs, NewInput};
use clarifai_core::machine::{
    Attempt, Event, FindModel, Machine, ModelCache, Mono, Now, Step, Train, Training, UpdateCheck, WarmModelCache,
};
use clarifai_core::models::{GetModel, Predict};
use clarifai_core::pages::Pages;
use clarifai_core::policy::RetryPolicy;
use clarifai_core::{App, Body, Credentials, Replay, TransportFailure, TransportFailureKind};
use create::Create;
use fastrand::Rng;
use http::{Method, Request, Response};
use seeded::{Case, hold};
use serde_json::{Value, json};

const SECOND: u64 = 1_000_000_000;

/// How long a service may ask anybody to wait, by default: for longer a call fails, and a wait goes on after it.
const LONGEST_HINT: u64 = 120 * SECOND;

/// The longest pause of any policy here, a lease on a token included, and a second for what was lost to take effect.
const LONGEST_PAUSE: u64 = 31 * SECOND;

fn mono(nanos: u64) -> Mono {
    Mono::new(Duration::from_nanos(nanos))
}

fn nanos(time: Mono) -> u64 {
    u64::try_from(time.since_start().as_nanos()).unwrap()
}

/// Any machine, of whose result only this much matters: whether it is that the time ran out.
struct Told<M: Machine>(M, fn(&M::Output) -> bool);

impl<M: Machine> Machine for Told<M> {
    type Output = bool;

    fn resume(&mut self, now: Now, event: Event) -> Step<bool> {
        self.0.resume(now, event).map(|result| result.map(|output| (self.1)(&output)))
    }
}

type AnyMachine = Box<dyn Machine<Output = bool>>;

fn plain<M: Machine + 'static>(machine: M) -> AnyMachine {
    Box::new(Told(machine, |_| false))
}

/// What a machine may do.
struct Kind {
    name: &'static str,
    make: fn(&App, &mut World) -> AnyMachine,
    /// How many calls it is made of at most. Each may be sent as often as the policy says.
    calls: u32,
    /// Whether a POST of it that may have been carried out must not be sent again, or not before it was looked up.
    cautious: bool,
}

const fn kind(name: &'static str, calls: u32, make: fn(&App, &mut World) -> AnyMachine) -> Kind {
    Kind { name, make, calls, cautious: false }
}

impl Kind {
    const fn cautious(mut self) -> Self {
        self.cautious = true;
        self
    }
}

fn pictures(rng: &mut Rng) -> Vec<NewInput> {
    let count = rng.usize(1..5);
    (0..count).map(|number| NewInput::image_url(format!("https://example.com/{number}.jpg"))).collect()
}

const KINDS: [Kind; 9] = [
    kind("call", 1, |app, world| match world.rng.u8(..3) {
        0 => plain(Attempt::new(app, Create(Replay::Safe))),
        1 => plain(Attempt::new(app, Create(Replay::Idempotent))),
        _ => plain(Attempt::new(app, GetModel::new("m"))),
    }),
    kind("once", 1, |app, _| plain(Attempt::new(app, Create(Replay::Once)))).cautious(),
    kind("find", 2, |app, world| {
        let cache = ModelCache::new();
        if world.rng.u8(..4) == 0 {
            cache.insert("general", None, "m".into());
        }
        plain(FindModel::new(app, "general").cached_in(&cache))
    }),
    kind("warm", MOST_PAGES, |app, _| plain(WarmModelCache::new(app, &ModelCache::new()).with_all())),
    kind("pages", MOST_PAGES, |app, world| {
        let pages = Pages::new(app, ListInputs::new()).per_page(2);
        match world.rng.bool() {
            true => plain(pages.all()),
            false => plain(pages.take(world.rng.u64(..6)).all()),
        }
    }),
    kind("train", 20_000, |app, world| {
        let train = Train::new(app, "m");
        if world.rng.u8(..4) == 0 {
            return plain(train.without_waiting());
        }
        let deadline = world.rng.u64(..300 * SECOND);
        world.deadline = Some(deadline);
        let train = train.deadline(Duration::from_nanos(deadline));
        Box::new(Told(train, |training| matches!(training, Training::TimedOut(_))))
    })
    .cautious(),
    kind("update", 1, |_, world| {
        let last = world.rng.bool().then(|| Duration::from_secs(world.rng.u64(..1 << 41)));
        plain(UpdateCheck::new(last))
    }),
    // Each of four inputs may be looked up in each of three rounds, in rounds of their own.
    kind("upload", 4 + 4 * 3 * 4, |app, world| {
        let (pictures, named) = (pictures(&mut world.rng), world.rng.bool());
        let inputs = pictures.into_iter().enumerate();
        let inputs = inputs.map(|(id, input)| if named { input.with_id(id.to_string()) } else { input });
        plain(Upload::new(app, inputs).rounds(3).next().unwrap())
    })
    .cautious(),
    kind("predict many", 4 * 4, |app, world| {
        plain(PredictMany::new(app, Predict::with("m"), pictures(&mut world.rng)).rounds(3).next().unwrap())
    }),
];

/// No list here is longer, with the empty page at its end, and no word of it is repeated.
const MOST_PAGES: u32 = 6;

/// The service, as far as these machines see it.
struct World {
    rng: Rng,
    /// Of the machine, counted from when its call was answered.
    deadline: Option<u64>,
    pages: u32,
}

fn response(status: u16, body: impl Into<Bytes>) -> Event {
    Event::Response(Response::builder().status(status).body(body.into()).unwrap())
}

fn code(status: u16, code: u32) -> Event {
    response(status, json!({"status": {"code": code}}).to_string())
}

/// What follows from an answer, by the documentation.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Meaning {
    /// It failed, so the next call comes after a pause.
    pause: bool,
    /// How long the service wants it to be.
    hint: u64,
    /// The call may have been carried out.
    doubt: bool,
}

impl World {
    /// A call that fails.
    fn failure(&mut self, request: &Request<Body>) -> (Event, Meaning) {
        let paused = Meaning { pause: true, ..Meaning::default() };
        let doubtful = Meaning { doubt: true, ..paused };
        let transport = |kind| Event::Failed(TransportFailure::new(kind, "test"));
        let expired = || response(401, r#"{"status": {"code": 11102, "details": "expired token"}}"#);
        match self.rng.u8(..16) {
            0 => (transport(TransportFailureKind::NotSent), paused),
            1 | 2 => (transport(TransportFailureKind::MaybeSent), doubtful),
            3 => (transport(TransportFailureKind::TooLarge), doubtful),
            4 => (response(500, "{}"), doubtful),
            5 => (response(502, "<html></html>"), doubtful),
            6 => (code(503, 98004), doubtful),
            7 => (code(429, 11005), paused),
            8 | 9 => {
                let seconds = if self.rng.bool() { self.rng.u64(..40) } else { self.rng.u64(..100_000) };
                let (status, number, doubt) = if self.rng.bool() { (429, 11005, false) } else { (503, 98004, true) };
                let Event::Response(mut answer) = code(status, number) else { unreachable!() };
                answer.headers_mut().insert(http::header::RETRY_AFTER, seconds.into());
                (Event::Response(answer), Meaning { doubt, hint: LONGEST_HINT.min(seconds * SECOND), ..paused })
            }
            10 => (code(200, 10030), paused),
            11 => (code(200, [21354, 21355, 40030][self.rng.usize(..3)]), paused),
            // The rest is no matter of patience.
            12 => (code(429, 11003), Meaning::default()),
            13 => (code(401, 11009), Meaning::default()),
            14 if request.headers().contains_key("authorization") => (expired(), Meaning::default()),
            _ => (code(400, 11102), Meaning::default()),
        }
    }

    /// A call that is answered.
    fn good(&mut self, request: &Request<Body>) -> Event {
        let path = request.uri().path();
        let inputs = || -> Value { serde_json::from_slice(&request.body().to_bytes()).unwrap() };
        let mut answer = match (request.method().as_str(), path) {
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
        answer["status"] = json!({"code": 10000});
        response(200, answer.to_string())
    }

    fn training(&mut self) -> u32 {
        match self.rng.u8(..16) {
            0 => 21100,
            1 => 21106,
            _ => [21101, 21103, 21107][self.rng.usize(..3)],
        }
    }
}

/// How a machine is broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Bug {
    None,
    /// After something that failed it goes on at once.
    Hasty,
    /// It begins anew where it should end.
    Endless,
    /// It comes back a second before it was told to.
    Early,
    /// It looks on after its deadline.
    Late,
}

/// What the machine asked for last.
enum Asked {
    Begin,
    Answer(Box<Request<Body>>),
    Wake(u64),
}

/// A machine on its way, and what the rules say of it.
struct Course<'a> {
    kind: &'a Kind,
    attempts: u32,
    world: World,
    asked: Asked,
    /// What the last answer meant.
    meaning: Meaning,
    /// The latest time the machine was told.
    latest: u64,
    /// How often it sent a request of its own.
    sends: u32,
    in_doubt: bool,
    /// When its time is over, once it runs.
    end: Option<u64>,
    /// When the next call may come.
    not_before: u64,
    history: Vec<String>,
}

impl Course<'_> {
    /// What the machine asked for, well or badly done.
    fn event(&mut self) -> Event {
        let Asked::Answer(request) = &self.asked else {
            return if matches!(self.asked, Asked::Begin) { Event::Begin } else { Event::Woke };
        };
        let path = request.uri().path();
        let event = if self.world.rng.u8(..3) == 0 {
            let (event, meaning) = self.world.failure(request);
            self.meaning = meaning;
            self.in_doubt |= meaning.doubt && *request.method() == Method::POST && path != "/v2/token";
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

    /// Whether the machine may send this now.
    fn may_send(&mut self, request: &Request<Body>) -> Case {
        let (latest, path) = (self.latest, request.uri().path());
        match self.asked {
            Asked::Wake(until) => hold!(latest >= until, "it goes on before its time"),
            Asked::Answer(_) => hold!(!self.meaning.pause, "no pause after what failed"),
            Asked::Begin => {}
        }
        hold!(latest >= self.not_before, "before the service wants it");
        // A look that is due the very moment its time is over still counts.
        hold!(self.end.is_none_or(|end| latest <= end), "after its deadline");
        if path == "/v2/token" {
            return Ok(());
        }
        self.sends += 1;
        hold!(self.sends <= self.attempts * self.kind.calls, "sent {} times", self.sends);
        let is_post = *request.method() == Method::POST;
        hold!(!(self.kind.cautious && self.in_doubt && is_post), "sent again in doubt");
        // Whatever is in doubt is looked up, all of it before anything is sent.
        self.in_doubt &= !path.starts_with("/v2/inputs/");
        Ok(())
    }

    /// Whether the machine may wait so long.
    fn may_wait(&self, until: u64) -> Case {
        let latest = self.latest;
        if let Asked::Wake(before) = self.asked {
            hold!(latest >= before || until == before, "another wait than before");
        }
        hold!(until >= latest, "until {until}, which is over");
        hold!(self.end.is_none_or(|end| until <= end), "until {until}, after its deadline {:?}", self.end);
        let soonest = self.not_before.min(self.end.unwrap_or(u64::MAX));
        hold!(until >= soonest, "until {until}, before {soonest}");
        // The pauses of a training are up to a minute.
        let longest = self.meaning.hint + if self.kind.name == "train" { 60 * SECOND } else { LONGEST_PAUSE };
        hold!(until - latest <= longest, "until {until}, longer than {longest}");
        Ok(())
    }

    /// Whether the step is as the rules want it, and whether it was the last one.
    fn takes(&mut self, step: Step<bool>) -> Result<bool, String> {
        self.asked = match step {
            Step::Send(request) => {
                self.may_send(&request)?;
                Asked::Answer(Box::new(request))
            }
            Step::WaitUntil(until) => {
                self.may_wait(nanos(until))?;
                Asked::Wake(nanos(until))
            }
            Step::Done(result) => {
                let timed_out = matches!(result, Ok(true));
                hold!(!timed_out || self.end.is_some_and(|end| self.latest >= end), "it ran out of time too soon");
                return Ok(true);
            }
        };
        Ok(false)
    }
}

/// These events all come at the wrong time.
fn misuse(machine: &mut AnyMachine, now: Now, events: impl IntoIterator<Item = Event>) -> Case {
    for event in events {
        let step = machine.resume(now, event);
        let misuse = matches!(&step, Step::Done(Err(error)) if matches!(error.kind(), ErrorKind::Misuse(_)));
        hold!(misuse, "{step:?} after a wrong event");
    }
    Ok(())
}

fn broken(
    bug: Bug,
    machine: &mut AnyMachine,
    now: Now,
    meaning: Meaning,
    answered: bool,
    step: Step<bool>,
) -> Step<bool> {
    match (bug, step) {
        (Bug::Hasty, Step::WaitUntil(until)) if answered && meaning.pause => {
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

fn course(rng: &mut Rng, kind: &Kind, bug: Bug) -> Case {
    let attempts = rng.u32(1..5);
    let credentials = match rng.bool() {
        true => Credentials::app_secret("id", "secret"),
        false => Credentials::key("key"),
    };
    let app = App::new(credentials.unwrap())
        .with_retry(RetryPolicy::default().with_max_attempts(attempts))
        .with_seed(rng.u64(..));
    let begin = |mut world: World, latest, meaning| {
        (world.deadline, world.pages) = (None, 0);
        let machine = (kind.make)(&app, &mut world);
        let (sends, in_doubt, end, not_before, history) = (0, false, None, 0, Vec::new());
        let asked = Asked::Begin;
        (machine, Course { kind, attempts, world, asked, meaning, latest, sends, in_doubt, end, not_before, history })
    };
    let world = World { rng: rng.fork(), deadline: None, pages: 0 };
    let (mut machine, mut course) = begin(world, 0, Meaning::default());
    let mut time = rng.u64(..100 * SECOND);
    // Some moves at random, then nothing but what is asked for, until it ends.
    let moves = rng.usize(..24);
    for step in 0..60_000 {
        let wild = step < moves;
        if wild && rng.u8(..40) == 0 {
            // Dropped: it must not matter to the next, which shares its token, and its pace with what that was told.
            let held = Meaning { pause: false, ..course.meaning };
            (machine, course) = begin(course.world, course.latest, held);
        }
        match course.asked {
            Asked::Wake(until) if wild && rng.u8(..4) == 0 => time = time.max(rng.u64(..until + SECOND)),
            Asked::Wake(until) => time = time.max(until),
            _ if wild && rng.bool() => time += rng.u64(..5 * SECOND),
            _ => {}
        }
        // The clock of the machine runs as it likes, now and then backwards.
        let back = wild && rng.u8(..8) == 0 && !matches!(course.asked, Asked::Begin);
        let clock = if back { rng.u64(..=time) } else { time };
        let now = Now::new(mono(clock), Duration::from_secs(rng.u64(..1 << 40)));
        if wild && rng.u8(..40) == 0 {
            let wrong = match course.asked {
                Asked::Begin => Event::Woke,
                Asked::Wake(_) => code(200, 10000),
                Asked::Answer(_) => Event::Begin,
            };
            return misuse(&mut machine, now, [wrong, Event::Begin, Event::Woke, code(200, 10000)]);
        }
        course.latest = course.latest.max(clock);
        let answered = matches!(course.asked, Asked::Answer(_));
        let event = course.event();
        let step = machine.resume(now, event);
        let step = broken(bug, &mut machine, now, course.meaning, answered, step);
        match course.takes(step) {
            Ok(false) => {}
            Ok(true) => return misuse(&mut machine, now, [Event::Woke]),
            Err(broken) => return Err(format!("{broken}, at {}, {:?}", course.latest, course.history)),
        }
    }
    Err(format!("it does not end: {:?}", course.history))
}

/// A million courses of each kind in two tests, so that two cores share them.
fn courses(part: u8) {
    for kind in &KINDS {
        seeded::cases(&format!("courses-{}-{part}", kind.name), 500_000, |rng| course(rng, kind, Bug::None));
    }
}

#[test]
fn machines_keep_their_rules_in_any_course_part_one() {
    courses(1);
}

#[test]
fn machines_keep_their_rules_in_any_course_part_two() {
    courses(2);
}

#[test]
fn broken_machines_are_caught() {
    for (bug, kind, said) in [
        (Bug::Hasty, "once", "no pause"),
        (Bug::Endless, "call", "sent "),
        (Bug::Early, "call", "until "),
        (Bug::Late, "train", "after its deadline"),
    ] {
        let kind = KINDS.iter().find(|known| known.name == kind).unwrap();
        let told = seeded::caught("courses", 1000, |rng| course(rng, kind, bug));
        assert!(told.contains(said), "{bug:?}: {told}");
    }
}
