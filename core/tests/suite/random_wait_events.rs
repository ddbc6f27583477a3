//! Random sequences of events for every wait. Each step must match a second implementation of the rules exactly, to the
//! nanosecond, and a wait that is serialized and resumed at any step must come to the same end.

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use clarifai_core::error::{ErrorKind, WaitCause};
use clarifai_core::machine::{
    AllInputsDeleted, AllModelsDeleted, Checkpoint, Condition, Event, InputDeleted, InputsProcessed, IntoMachine as _,
    Machine as _, ModelDeleted, ModelTrained, Step, Wait, Waiter,
};
use clarifai_core::policy::{RateLimiter, Schedule};
use clarifai_core::time::{Instant, Now};
use clarifai_core::{
    Config, Credentials,
    transport::{TransportError, TransportErrorKind},
};
use fastrand::Rng;
use http::Response;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::support::cases::{self, Case, Count, hold};

const SECOND: u64 = 1_000_000_000;

fn mono(nanos: u64) -> Instant {
    Instant::new(Duration::from_nanos(nanos))
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap()
}

/// A wait for any condition.
trait AnyWait {
    fn resume_with(&mut self, now: Now, event: Event) -> Step<()>;
    fn serialized(&self) -> String;
    fn polls(&self) -> u64;
    fn waited(&self) -> u64;
}

impl<G: Condition + Clone + Serialize> AnyWait for Waiter<G> {
    fn resume_with(&mut self, now: Now, event: Event) -> Step<()> {
        self.resume(now, event).map(|result| result.map(drop))
    }

    fn serialized(&self) -> String {
        serde_json::to_string(&self.checkpoint()).unwrap()
    }

    fn polls(&self) -> u64 {
        Waiter::polls(self)
    }

    fn waited(&self) -> u64 {
        nanos(Waiter::waited(self))
    }
}

fn resume<G: Condition + Clone + Serialize + DeserializeOwned + 'static>(
    config: &Config,
    serialized: &str,
) -> Box<dyn AnyWait> {
    let checkpoint: Checkpoint<G> = serde_json::from_str(serialized).unwrap();
    assert_eq!(serde_json::to_string(&checkpoint).unwrap(), serialized, "serialized as before");
    Box::new(Waiter::resume_from(config, checkpoint).unwrap())
}

/// Options of a wait.
#[derive(Clone, Debug)]
struct Settings {
    schedule: Schedule,
    deadline: Option<u64>,
    max_errors: u32,
}

fn boxed<G: Condition + Clone + Serialize + 'static>(
    config: &Config,
    wait: Wait<G>,
    settings: &Settings,
) -> Box<dyn AnyWait> {
    let wait = wait.schedule(settings.schedule.clone()).max_consecutive_errors(settings.max_errors);
    Box::new(
        match settings.deadline {
            Some(deadline) => wait.deadline(Duration::from_nanos(deadline)),
            None => wait.without_deadline(),
        }
        .into_machine(config),
    )
}

/// What a response means according to the documentation.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Meaning {
    Done,
    Failed,
    Pending,
    /// Not known until another page or item was requested, which happens at once.
    More,
    /// A poll failed in a way that is transient, with the pause that the service asks for.
    Transient(Option<u64>),
    /// A poll failed permanently.
    Final,
    /// A poll failed permanently because of the request itself.
    Refused,
}

/// The service as a wait sees it.
#[derive(Debug, Default)]
struct World {
    /// The number of inputs that are processed.
    done: usize,
    own: u64,
    /// The number of pages that were read.
    pages: usize,
    /// Of many inputs, those that are processed; how many of them the list contained in this poll; whether one of them
    /// is still pending; whether they are requested one by one now, and whether they are from now on.
    found: BTreeSet<usize>,
    seen: usize,
    pending: bool,
    one_by_one: bool,
    without_list: bool,
    /// A JSON pointer into the last known state, and the value there.
    known: Option<(&'static str, Value)>,
}

/// A wait under test.
struct Kind {
    name: &'static str,
    make: fn(&Config, &Settings) -> Box<dyn AnyWait>,
    /// Makes one from a serialized checkpoint.
    resume: fn(&Config, &str) -> Box<dyn AnyWait>,
    /// Returns a random response and what it means.
    respond: fn(&mut Rng, &mut World) -> (Event, Meaning),
    /// Changes what a failed poll means.
    failed: fn(&mut World, Meaning) -> Meaning,
}

fn unchanged(_: &mut World, meaning: Meaning) -> Meaning {
    meaning
}

fn response(status: u16, body: impl Into<Bytes>) -> Event {
    Event::Response(Response::builder().status(status).body(body.into()).unwrap())
}

fn ok(mut json: Value) -> Event {
    json["status"] = json!({"code": 10000});
    response(200, json.to_string())
}

fn code(status: u16, code: u32) -> Event {
    response(status, json!({"status": {"code": code}}).to_string())
}

fn failed(kind: TransportErrorKind) -> Event {
    Event::Failed(TransportError::new(kind, "test"))
}

/// Returns a failed poll, for any wait.
fn failure(rng: &mut Rng) -> (Event, Meaning) {
    let transient = Meaning::Transient(None);
    match rng.u8(..12) {
        0 => (failed(TransportErrorKind::NotSent), transient),
        1 => (failed(TransportErrorKind::MaybeSent), transient),
        2 => (response(500, "{}"), transient),
        3 => (response(502, "<html></html>"), transient),
        4 => (code(429, 11005), transient),
        5 => (response(200, "{\"status\": {\"co"), transient),
        6 | 7 => {
            let seconds = if rng.bool() { rng.u64(..40) } else { rng.u64(..100_000) };
            let Event::Response(mut response) = code(503, 98004) else { unreachable!() };
            response.headers_mut().insert(http::header::RETRY_AFTER, seconds.into());
            // However long the service asks for, a wait continues after two minutes.
            (Event::Response(response), Meaning::Transient(Some(seconds.min(120) * SECOND)))
        }
        8 => (code(401, 11009), Meaning::Final),
        9 => (code(400, 11102), Meaning::Refused),
        10 => (code(429, 11003), Meaning::Final),
        _ => (failed(TransportErrorKind::TooLarge), Meaning::Refused),
    }
}

fn training(rng: &mut Rng, world: &mut World) -> (Event, Meaning) {
    let (status, meaning) = match rng.u8(..16) {
        0 => (21100, Meaning::Done),
        1 => ([21106, 21110, 21113][rng.usize(..3)], Meaning::Failed),
        2 => (21102, Meaning::Failed),
        3 => (99_999, Meaning::Pending),
        4 => return (code(404, 21200), Meaning::Final),
        // Forwards and backwards.
        _ => ([21101, 21103, 21107][rng.usize(..3)], Meaning::Pending),
    };
    world.known = Some(("/status/code", status.into()));
    (ok(json!({"model_version": {"id": "v", "status": {"code": status}}})), meaning)
}

fn uploads(rng: &mut Rng, world: &mut World) -> (Event, Meaning) {
    let left = if rng.u8(..8) == 0 { 0 } else { rng.u32(1..50) };
    world.known = Some(("/to_process", left.into()));
    (
        ok(json!({"counts": {"processed": 3, "to_process": left}})),
        if left == 0 { Meaning::Done } else { Meaning::Pending },
    )
}

const IDS: [&str; 3] = ["a", "b", "c"];

fn uploads_of(rng: &mut Rng, world: &mut World) -> (Event, Meaning) {
    let event = match rng.u8(..6) {
        0 => code(404, 11101),
        1 => ok(json!({"input": {"id": IDS[world.done], "status": {"code": 30000}}})),
        2 => ok(json!({"input": {"id": IDS[world.done], "status": {"code": 30002}}})),
        _ => {
            let status = [30001, 30001, 99_999][rng.usize(..3)];
            return (ok(json!({"input": {"id": IDS[world.done], "status": {"code": status}}})), Meaning::Pending);
        }
    };
    world.done += 1;
    world.known = Some(("/done", world.done.into()));
    (event, if world.done == IDS.len() { Meaning::Done } else { Meaning::More })
}

/// A number of inputs for which the list is read.
const MANY: usize = 23;

fn uploads_of_many(rng: &mut Rng, world: &mut World) -> (Event, Meaning) {
    let input = |id: usize, code: u32| match code {
        0 => json!({"id": format!("{id:02}")}),
        code => json!({"id": format!("{id:02}"), "status": {"code": code}}),
    };
    let event = if world.one_by_one {
        let id = (0..MANY).find(|id| !world.found.contains(id)).unwrap();
        world.pending = rng.u8(..3) == 0;
        if !world.pending {
            world.found.insert(id);
        }
        match (world.pending, rng.u8(..3)) {
            (true, _) => ok(json!({"input": input(id, 30001)})),
            (false, 0) => code(404, 11101),
            (false, _) => ok(json!({"input": input(id, 30000)})),
        }
    } else {
        if world.pages == 0 {
            (world.seen, world.pending) = (0, false);
        }
        let most = [0, 3, MANY][rng.usize(..3)];
        let page: Vec<_> = (0..rng.usize(..=most))
            .map(|_| (rng.usize(..MANY), [30000, 30002, 30001, 99_999, 0][rng.usize(..5)]))
            .collect();
        for (id, code) in page.iter().copied().filter(|(_, code)| *code > 0) {
            match code {
                30000 | 30002 => _ = world.found.insert(id),
                _ => world.pending |= !world.found.contains(&id),
            }
        }
        world.seen += page.len();
        world.pages += 1;
        world.one_by_one = page.is_empty() || world.seen >= MANY;
        let others = [json!({"id": "else", "status": {"code": 30001}}), json!({})];
        let inputs: Vec<_> = page.into_iter().map(|(id, code)| input(id, code)).chain(others).collect();
        ok(json!({"inputs": inputs}))
    };
    world.known = Some(("/done", world.found.len().into()));
    (event, many_are_pending(world))
}

/// Returns what the state of many inputs means after a response.
fn many_are_pending(world: &mut World) -> Meaning {
    if world.found.len() == MANY {
        return Meaning::Done;
    }
    if !world.one_by_one || !world.pending {
        return Meaning::More;
    }
    world.pages = 0;
    world.one_by_one = world.without_list || MANY - world.found.len() <= 20;
    Meaning::Pending
}

/// If the list is refused, inputs are requested one by one.
fn many_failed(world: &mut World, meaning: Meaning) -> Meaning {
    if meaning != Meaning::Refused || world.one_by_one {
        return meaning;
    }
    (world.one_by_one, world.without_list) = (true, true);
    many_are_pending(world)
}

fn inputs_deleted(rng: &mut Rng, world: &mut World) -> (Event, Meaning) {
    let left = if rng.u8(..8) == 0 { 0 } else { rng.usize(1..4) };
    world.known = Some(("/inputs_on_first_page", left.into()));
    let inputs: Vec<_> = IDS[..left].iter().map(|id| json!({"id": id})).collect();
    (ok(json!({"inputs": inputs})), if left == 0 { Meaning::Done } else { Meaning::Pending })
}

fn input_deleted(rng: &mut Rng, world: &mut World) -> (Event, Meaning) {
    if rng.u8(..8) == 0 {
        return (code(404, 11101), Meaning::Done);
    }
    let status = [30000, 30001, 30001, 99_999, 99_999, 30005][rng.usize(..6)];
    world.known = Some(("/status/code", status.into()));
    let meaning = if status == 30005 { Meaning::Failed } else { Meaning::Pending };
    (ok(json!({"input": {"id": "a", "status": {"code": status}}})), meaning)
}

fn models_deleted(rng: &mut Rng, world: &mut World) -> (Event, Meaning) {
    if world.pages < 4 && rng.u8(..3) > 0 {
        let id = format!("m{}", world.pages);
        world.pages += 1;
        let own = rng.u8(..4) > 0;
        world.own += u64::from(own);
        let config = if own { "mine" } else { "main" };
        return (ok(json!({"models": [{"id": id, "app_id": config}]})), Meaning::More);
    }
    let left = world.own;
    *world = World { known: Some(("/models_left", left.into())), ..World::default() };
    (ok(json!({"models": []})), if left == 0 { Meaning::Done } else { Meaning::Pending })
}

fn model_deleted(rng: &mut Rng, world: &mut World) -> (Event, Meaning) {
    if rng.u8(..8) == 0 {
        return (code(404, 21200), Meaning::Done);
    }
    let name = IDS[rng.usize(..3)];
    world.known = Some(("/name", name.into()));
    (ok(json!({"model": {"id": "m", "name": name}})), Meaning::Pending)
}

/// A second implementation of the rules, independent of the machine.
struct Rules {
    settings: Settings,
    errors: u32,
    polls: u64,
    /// How long it had waited before it was resumed.
    before: u64,
    began: u64,
    latest: u64,
}

/// What the rules require next.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Expected {
    Begin,
    Response,
    Wake { until: u64, deadline: bool },
    Done,
    Deadline,
    Failed,
    Polling,
}

impl Rules {
    fn waited(&self) -> u64 {
        self.before + self.latest - self.began
    }

    fn ends(&self) -> Option<u64> {
        self.settings.deadline.map(|deadline| self.began + deadline.saturating_sub(self.before))
    }

    fn is_over(&self) -> bool {
        self.ends().is_some_and(|end| self.latest >= end)
    }

    fn poll(&mut self) -> Expected {
        self.polls += 1;
        Expected::Response
    }

    fn pause(&self, hint: Option<u64>) -> Expected {
        if self.is_over() {
            return Expected::Deadline;
        }
        let pause = nanos(self.settings.schedule.pause(Duration::from_nanos(self.waited())));
        let next = self.latest + pause.max(hint.unwrap_or(0));
        match self.ends() {
            Some(end) if end < next => Expected::Wake { until: end, deadline: true },
            _ => Expected::Wake { until: next, deadline: false },
        }
    }

    fn after_response(&mut self, meaning: Meaning) -> Expected {
        match meaning {
            Meaning::Done => Expected::Done,
            Meaning::Failed => Expected::Failed,
            Meaning::Final | Meaning::Refused => Expected::Polling,
            Meaning::Transient(hint) => {
                self.errors += 1;
                if self.errors > self.settings.max_errors { Expected::Polling } else { self.pause(hint) }
            }
            Meaning::Pending => {
                self.errors = 0;
                self.pause(None)
            }
            Meaning::More => {
                self.errors = 0;
                if self.is_over() { Expected::Deadline } else { self.poll() }
            }
        }
    }

    fn after_waking(&mut self, until: u64, deadline: bool) -> Expected {
        match () {
            () if self.latest < until => Expected::Wake { until, deadline },
            () if deadline || (self.latest > until && self.is_over()) => Expected::Deadline,
            () => self.poll(),
        }
    }
}

/// A bug that is planted on purpose.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Bug {
    None,
    /// It does not pause after a failed poll.
    DoesNotPause,
    /// Its deadline is a nanosecond late.
    Late,
    /// Resumed from a checkpoint, it has lost how long it waited.
    Forgets,
}

/// Returns random options, with deadlines between polls, at the time of a poll, and before the first.
fn settings(rng: &mut Rng) -> Settings {
    Settings {
        schedule: match rng.u8(..4) {
            0 => Schedule::default(),
            1 => Schedule::training(),
            2 => Schedule::every(Duration::ZERO),
            _ => Schedule::every(Duration::from_nanos(rng.u64(SECOND..20 * SECOND))),
        },
        deadline: [None, Some(rng.u64(..SECOND)), Some(rng.u64(..30 * SECOND)), Some(rng.u64(..120 * SECOND))]
            [rng.usize(..4)],
        max_errors: rng.u32(..4),
    }
}

/// Runs one random sequence of events, and checks every step.
fn sequence(rng: &mut Rng, kind: &Kind, bug: Bug) -> Case {
    let config = Config::new(Credentials::key("key").unwrap()).with_seed(rng.u64(..));
    let settings = settings(rng);
    let mut wait = (kind.make)(&config, &settings);
    let mut world = World::default();
    let mut rules = Rules { settings, errors: 0, polls: 0, before: 0, began: 0, latest: 0 };
    let mut time = rng.u64(..100 * SECOND);
    let mut expected = Expected::Begin;
    let mut history = Vec::new();
    // At first some random moves, then only what the wait requests, until it ends.
    let moves = rng.usize(..16);
    for step in 0.. {
        hold!(step < 20_000, "does not end: {history:?}");
        let wild = step < moves;
        if wild && rng.u8(..10) == 0 {
            // It is serialized, and resumed in another process, whose clock began at another time.
            let checkpoint = wait.serialized();
            wait = (kind.resume)(&config, &checkpoint);
            let waited = if expected == Expected::Begin { rules.before } else { rules.waited() };
            (rules.before, rules.latest) = (waited, 0);
            if bug == Bug::Forgets {
                wait = (kind.make)(&config, &rules.settings);
            }
            time = rng.u64(..100 * SECOND);
            expected = Expected::Begin;
            history.push(format!("resumed after {waited}"));
        }
        if wild && rng.u8(..40) == 0 {
            // It is dropped, which has no effect.
            return Ok(());
        }
        if let Expected::Wake { until, .. } = expected {
            time = if wild && rng.u8(..4) == 0 { time.max(rng.u64(..until + SECOND)) } else { time.max(until) };
        } else if wild && rng.bool() {
            time += rng.u64(..5 * SECOND);
        }
        // The clock of the machine may run backwards.
        let clock = if wild && rng.u8(..8) == 0 { rng.u64(..=time) } else { time };
        let now = Now::new(mono(clock), Duration::from_secs(rng.u64(..1 << 40)));
        if wild && rng.u8(..40) == 0 {
            let event = match expected {
                Expected::Begin => Event::Woke,
                Expected::Wake { .. } => code(200, 10000),
                _ => Event::Begin,
            };
            for event in [event, Event::Begin, Event::Woke] {
                let step = wait.resume_with(now, event);
                let misuse = matches!(&step, Step::Done(Err(error)) if matches!(error.kind(), ErrorKind::Misuse(_)));
                hold!(misuse, "{step:?} after an event at the wrong time, {history:?}");
            }
            return Ok(());
        }
        rules.latest = rules.latest.max(clock);
        let (event, was_failure) = match expected {
            Expected::Begin => {
                rules.began = rules.latest;
                expected = rules.poll();
                (Event::Begin, false)
            }
            Expected::Response => {
                let fails = rng.u8(..3) == 0 && (wild || rules.settings.deadline.is_some());
                let (event, meaning) = if fails {
                    let (event, meaning) = failure(rng);
                    (event, (kind.failed)(&mut world, meaning))
                } else {
                    (kind.respond)(rng, &mut world)
                };
                history.push(format!("{meaning:?} at {}", rules.latest));
                expected = rules.after_response(meaning);
                (event, matches!(meaning, Meaning::Transient(_)))
            }
            Expected::Wake { until, deadline } => {
                expected = rules.after_waking(until, deadline);
                (Event::Woke, false)
            }
            ended => return Err(format!("continues after {ended:?}")),
        };
        let mut step = wait.resume_with(now, event);
        if let (true, Bug::DoesNotPause, Step::WaitUntil(until)) = (was_failure, bug, &step) {
            step = wait.resume_with(Now::new(*until, now.unix), Event::Woke);
        }
        if let (Bug::Late, Step::WaitUntil(until)) = (bug, &step) {
            step = Step::WaitUntil(
                *until + Duration::from_nanos(u64::from(matches!(expected, Expected::Wake { deadline: true, .. }))),
            );
        }
        hold!(matches_rules(expected, &step), "{step:?} where {expected:?} is required, {history:?}");
        hold!(wait.polls() == rules.polls, "{} polls, not {}, {history:?}", wait.polls(), rules.polls);
        hold!(wait.waited() == rules.waited(), "waited {}, not {}, {history:?}", wait.waited(), rules.waited());
        if let Step::Done(Err(error)) = &step {
            let ErrorKind::Wait(error) = error.kind() else { return Err(format!("{error}, {history:?}")) };
            let found = world.known.as_ref().map(|(place, _)| error.last.as_ref().and_then(|last| last.pointer(place)));
            let known = world.known.as_ref().map(|(_, value)| Some(value));
            hold!(found == known, "the last known state is {:?}, not {:?}", error.last, world.known);
            hold!(error.polls == rules.polls && nanos(error.waited) == rules.waited(), "{error}, {history:?}");
        }
        if matches!(step, Step::Done(_)) {
            return Ok(());
        }
    }
    Ok(())
}

/// Returns whether a step is what the rules require.
fn matches_rules(expected: Expected, step: &Step<()>) -> bool {
    let cause = |step: &Step<()>| match step {
        Step::Done(Err(error)) => match error.kind() {
            ErrorKind::Wait(error) => Some(match error.cause {
                WaitCause::Deadline => Expected::Deadline,
                WaitCause::Failed(_) => Expected::Failed,
                _ => Expected::Polling,
            }),
            _ => None,
        },
        _ => None,
    };
    match expected {
        Expected::Begin => false,
        Expected::Response => matches!(step, Step::Send(_)),
        Expected::Wake { until, .. } => matches!(step, Step::WaitUntil(time) if *time == mono(until)),
        Expected::Done => matches!(step, Step::Done(Ok(()))),
        other => cause(step) == Some(other),
    }
}

const TRAINING: Kind = Kind {
    name: "training",
    make: |config, settings| boxed(config, ModelTrained::new("m", "v").wait(), settings),
    resume: resume::<clarifai_core::machine::ModelTrained>,
    respond: training,
    failed: unchanged,
};

const KINDS: [Kind; 8] = [
    TRAINING,
    Kind {
        name: "all_uploads",
        make: |config, settings| boxed(config, InputsProcessed::all().wait(), settings),
        resume: resume::<clarifai_core::machine::AllInputsProcessed>,
        respond: uploads,
        failed: unchanged,
    },
    Kind {
        name: "some_uploads",
        make: |config, settings| boxed(config, InputsProcessed::of(IDS).wait(), settings),
        resume: resume::<clarifai_core::machine::SomeInputsProcessed>,
        respond: uploads_of,
        failed: unchanged,
    },
    Kind {
        name: "inputs_deleted",
        make: |config, settings| boxed(config, AllInputsDeleted::new().wait(), settings),
        resume: resume::<clarifai_core::machine::AllInputsDeleted>,
        respond: inputs_deleted,
        failed: unchanged,
    },
    Kind {
        name: "input_deleted",
        make: |config, settings| boxed(config, InputDeleted::new("a").wait(), settings),
        resume: resume::<clarifai_core::machine::InputDeleted>,
        respond: input_deleted,
        failed: unchanged,
    },
    Kind {
        name: "models_deleted",
        make: |config, settings| boxed(config, AllModelsDeleted::new().wait(), settings),
        resume: resume::<clarifai_core::machine::AllModelsDeleted>,
        respond: models_deleted,
        failed: unchanged,
    },
    Kind {
        name: "model_deleted",
        make: |config, settings| boxed(config, ModelDeleted::new("m").wait(), settings),
        resume: resume::<clarifai_core::machine::ModelDeleted>,
        respond: model_deleted,
        failed: unchanged,
    },
    Kind {
        name: "many_uploads",
        make: |config, settings| {
            boxed(config, InputsProcessed::of((0..MANY).map(|id| format!("{id:02}"))).wait(), settings)
        },
        resume: resume::<clarifai_core::machine::SomeInputsProcessed>,
        respond: uploads_of_many,
        failed: many_failed,
    },
];

fn check(name: &str) {
    let kind = KINDS.iter().find(|kind| kind.name == name).unwrap();
    let count = Count { quick: 2_000, full: 1_000_000 };
    cases::check(&format!("wait-{name}"), count, |rng| sequence(rng, kind, Bug::None));
}

mod waits_uphold_contract {
    use super::{KINDS, check};
    use crate::support::test_each_kind;

    test_each_kind!(
        check, KINDS;
        training, all_uploads, some_uploads, inputs_deleted, input_deleted, models_deleted, model_deleted, many_uploads,
    );
}

#[test]
fn planted_bugs_are_caught() {
    for (bug, expected) in [(Bug::DoesNotPause, "Wake"), (Bug::Late, "deadline: true"), (Bug::Forgets, ", not ")] {
        let message = cases::catch_bug("waits", 1000, |rng| sequence(rng, &TRAINING, bug));
        assert!(message.contains(expected), "{bug:?}: {message}");
    }
}

/// While the rate limiter delays a poll, the deadline is still kept exactly.
#[test]
fn the_deadline_is_kept_while_the_rate_limiter_delays_a_poll() {
    let second = |seconds| Now::new(mono(seconds * SECOND), Duration::ZERO);
    for (held, deadline, woken, sends) in
        [(5, 3, 3, false), (5, 5, 5, true), (3, 5, 3, true), (3, 5, 4, true), (3, 5, 6, false)]
    {
        let pacer = RateLimiter::per_second(1);
        pacer.hold_until(mono(held * SECOND));
        let config = Config::new(Credentials::key("key").unwrap()).with_seed(1).with_rate_limiter(pacer);
        let mut wait = ModelTrained::new("m", "v").wait().deadline(Duration::from_secs(deadline)).into_machine(&config);
        let context = format!("held until {held}, deadline {deadline}, woken at {woken}");
        let step = wait.resume(second(0), Event::Begin);
        assert!(
            matches!(step, Step::WaitUntil(until) if until == mono(held.min(deadline) * SECOND)),
            "{context}: {step:?}"
        );
        let step = wait.resume(second(woken), Event::Woke);
        assert_eq!(matches!(step, Step::Send(_)), sends, "{context}: {step:?}");
        assert!(sends || matches!(step, Step::Done(Err(_))), "{context}: {step:?}");
    }
}
