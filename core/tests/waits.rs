//! Waits of each kind through random courses of events: to the tick as the rules say, whatever happens, and to the same
//! end when they are written down and read back at any step.
#![allow(clippy::unwrap_used)]

mod seeded;

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use clarifai_core::error::{ErrorKind, WaitCause};
use clarifai_core::machine::{
    Checkpoint, Event, Goal, Machine as _, Mono, Now, Step, Wait, WaitForInputDeleted, WaitForInputsDeleted,
    WaitForModelDeleted, WaitForModelsDeleted, WaitForTraining, WaitForUploads, WaitForUploadsOf,
};
use clarifai_core::policy::{Pacer, Schedule};
use clarifai_core::{App, Credentials, TransportFailure, TransportFailureKind};
use fastrand::Rng;
use http::Response;
use seeded::{Case, hold};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const SECOND: u64 = 1_000_000_000;

fn mono(nanos: u64) -> Mono {
    Mono::new(Duration::from_nanos(nanos))
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap()
}

/// A wait for anything.
trait Waiting {
    fn on(&mut self, now: Now, event: Event) -> Step<()>;
    fn written(&self) -> String;
    fn polls(&self) -> u64;
    fn waited(&self) -> u64;
}

impl<G: Goal + Clone + Serialize> Waiting for Wait<G> {
    fn on(&mut self, now: Now, event: Event) -> Step<()> {
        self.resume(now, event).map(|result| result.map(drop))
    }

    fn written(&self) -> String {
        serde_json::to_string(&self.checkpoint()).unwrap()
    }

    fn polls(&self) -> u64 {
        self.polls()
    }

    fn waited(&self) -> u64 {
        nanos(self.waited())
    }
}

fn read<G: Goal + Clone + Serialize + DeserializeOwned + 'static>(app: &App, written: &str) -> Box<dyn Waiting> {
    let checkpoint: Checkpoint<G> = serde_json::from_str(written).unwrap();
    assert_eq!(serde_json::to_string(&checkpoint).unwrap(), written, "written again as it was read");
    Box::new(Wait::resume_from(app, checkpoint).unwrap())
}

/// How patient a wait is.
#[derive(Clone, Debug)]
struct Settings {
    schedule: Schedule,
    deadline: Option<u64>,
    most_errors: u32,
}

fn boxed<G: Goal + Clone + Serialize + 'static>(wait: Wait<G>, settings: &Settings) -> Box<dyn Waiting> {
    let wait = wait.schedule(settings.schedule.clone()).tolerating(settings.most_errors);
    Box::new(match settings.deadline {
        Some(deadline) => wait.deadline(Duration::from_nanos(deadline)),
        None => wait.without_deadline(),
    })
}

/// What an answer means, by the documentation.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Meaning {
    Done,
    Failed,
    Pending,
    More,
    /// A failed look, of which the service says when to come back.
    Passes(Option<u64>),
    Final,
    /// As final, and by reason of what was asked for.
    Refused,
}

/// The service, as far as a wait sees it.
#[derive(Debug, Default)]
struct World {
    /// Inputs that are done.
    done: usize,
    own: u64,
    /// Pages that are read.
    pages: usize,
    /// Of many inputs, those that are done; how many the list showed at this look, whether one of them goes on, whether
    /// they are asked for one by one for now, and whether for ever.
    found: BTreeSet<usize>,
    seen: usize,
    goes_on: bool,
    one_by_one: bool,
    without_list: bool,
    /// A place in the last known state, and what stands there.
    known: Option<(&'static str, Value)>,
}

/// A kind of wait: how to make one, how to read it back, and a random answer with what it means.
struct Kind {
    make: fn(&App, &Settings) -> Box<dyn Waiting>,
    read: fn(&App, &str) -> Box<dyn Waiting>,
    answer: fn(&mut Rng, &mut World) -> (Event, Meaning),
    /// What a failed look means, where that is not the same for all.
    failed: fn(&mut World, Meaning) -> Meaning,
}

fn as_it_is(_: &mut World, meaning: Meaning) -> Meaning {
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

fn failed(kind: TransportFailureKind) -> Event {
    Event::Failed(TransportFailure::new(kind, "test"))
}

/// A look that fails, for any wait.
fn failure(rng: &mut Rng) -> (Event, Meaning) {
    let passes = Meaning::Passes(None);
    match rng.u8(..12) {
        0 => (failed(TransportFailureKind::NotSent), passes),
        1 => (failed(TransportFailureKind::MaybeSent), passes),
        2 => (response(500, "{}"), passes),
        3 => (response(502, "<html></html>"), passes),
        4 => (code(429, 11005), passes),
        5 => (response(200, "{\"status\": {\"co"), passes),
        6 | 7 => {
            let seconds = if rng.bool() { rng.u64(..40) } else { rng.u64(..100_000) };
            let Event::Response(mut answer) = code(503, 98004) else { unreachable!() };
            answer.headers_mut().insert(http::header::RETRY_AFTER, seconds.into());
            // However long it says, a wait goes on after two minutes.
            (Event::Response(answer), Meaning::Passes(Some(seconds.min(120) * SECOND)))
        }
        8 => (code(401, 11009), Meaning::Final),
        9 => (code(400, 11102), Meaning::Refused),
        10 => (code(429, 11003), Meaning::Final),
        _ => (failed(TransportFailureKind::TooLarge), Meaning::Refused),
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

/// So many that the list is read.
const MANY: usize = 23;

fn uploads_of_many(rng: &mut Rng, world: &mut World) -> (Event, Meaning) {
    let input = |id: usize, code: u32| match code {
        0 => json!({"id": format!("{id:02}")}),
        code => json!({"id": format!("{id:02}"), "status": {"code": code}}),
    };
    let event = if world.one_by_one {
        let id = (0..MANY).find(|id| !world.found.contains(id)).unwrap();
        world.goes_on = rng.u8(..3) == 0;
        if !world.goes_on {
            world.found.insert(id);
        }
        match (world.goes_on, rng.u8(..3)) {
            (true, _) => ok(json!({"input": input(id, 30001)})),
            (false, 0) => code(404, 11101),
            (false, _) => ok(json!({"input": input(id, 30000)})),
        }
    } else {
        if world.pages == 0 {
            (world.seen, world.goes_on) = (0, false);
        }
        let most = [0, 3, MANY][rng.usize(..3)];
        let page: Vec<_> = (0..rng.usize(..=most))
            .map(|_| (rng.usize(..MANY), [30000, 30002, 30001, 99_999, 0][rng.usize(..5)]))
            .collect();
        for (id, code) in page.iter().copied().filter(|(_, code)| *code > 0) {
            match code {
                30000 | 30002 => _ = world.found.insert(id),
                _ => world.goes_on |= !world.found.contains(&id),
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
    (event, many_go_on(world))
}

/// Whether the look is over.
fn many_go_on(world: &mut World) -> Meaning {
    if world.found.len() == MANY {
        return Meaning::Done;
    }
    if !world.one_by_one || !world.goes_on {
        return Meaning::More;
    }
    world.pages = 0;
    world.one_by_one = world.without_list || MANY - world.found.len() <= 20;
    Meaning::Pending
}

/// A list that is not given is done without.
fn many_failed(world: &mut World, meaning: Meaning) -> Meaning {
    if meaning != Meaning::Refused || world.one_by_one {
        return meaning;
    }
    (world.one_by_one, world.without_list) = (true, true);
    many_go_on(world)
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
        let app = if own { "mine" } else { "main" };
        return (ok(json!({"models": [{"id": id, "app_id": app}]})), Meaning::More);
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

/// The rules, written down once more and apart from the machine.
struct Rules {
    settings: Settings,
    errors: u32,
    polls: u64,
    /// How long it waited before it was read back.
    before: u64,
    began: u64,
    latest: u64,
}

/// What the rules want next.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wanted {
    Begin,
    Answer,
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

    fn look(&mut self) -> Wanted {
        self.polls += 1;
        Wanted::Answer
    }

    fn pause(&self, hint: Option<u64>) -> Wanted {
        if self.is_over() {
            return Wanted::Deadline;
        }
        let pause = nanos(self.settings.schedule.pause(Duration::from_nanos(self.waited())));
        let next = self.latest + pause.max(hint.unwrap_or(0));
        match self.ends() {
            Some(end) if end < next => Wanted::Wake { until: end, deadline: true },
            _ => Wanted::Wake { until: next, deadline: false },
        }
    }

    fn answered(&mut self, meaning: Meaning) -> Wanted {
        match meaning {
            Meaning::Done => Wanted::Done,
            Meaning::Failed => Wanted::Failed,
            Meaning::Final | Meaning::Refused => Wanted::Polling,
            Meaning::Passes(hint) => {
                self.errors += 1;
                if self.errors > self.settings.most_errors { Wanted::Polling } else { self.pause(hint) }
            }
            Meaning::Pending => {
                self.errors = 0;
                self.pause(None)
            }
            Meaning::More => {
                self.errors = 0;
                if self.is_over() { Wanted::Deadline } else { self.look() }
            }
        }
    }

    fn woke(&mut self, until: u64, deadline: bool) -> Wanted {
        match () {
            () if self.latest < until => Wanted::Wake { until, deadline },
            () if deadline || (self.latest > until && self.is_over()) => Wanted::Deadline,
            () => self.look(),
        }
    }
}

/// How a wait is broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Bug {
    None,
    /// After a failed look it looks again at once.
    DoesNotSleep,
    /// Its deadline is a nanosecond late.
    Late,
    /// Read back, it has forgotten how long it has waited.
    Forgets,
}

/// A patience at random, with deadlines that fall between looks, on them and before the first.
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
        most_errors: rng.u32(..4),
    }
}

/// One course of events, and whether each step is as the rules want it.
fn course(rng: &mut Rng, kind: &Kind, bug: Bug) -> Case {
    let app = App::new(Credentials::key("key").unwrap()).with_seed(rng.u64(..));
    let settings = settings(rng);
    let mut wait = (kind.make)(&app, &settings);
    let mut world = World::default();
    let mut rules = Rules { settings, errors: 0, polls: 0, before: 0, began: 0, latest: 0 };
    let mut time = rng.u64(..100 * SECOND);
    let mut wanted = Wanted::Begin;
    let mut history = Vec::new();
    // Some moves at random, then nothing but what is asked for, until it ends.
    let moves = rng.usize(..16);
    for step in 0.. {
        hold!(step < 20_000, "it does not end: {history:?}");
        let wild = step < moves;
        if wild && rng.u8(..10) == 0 {
            // Written down, and read back in another process, whose clock began at another time.
            let written = wait.written();
            wait = (kind.read)(&app, &written);
            let waited = if wanted == Wanted::Begin { rules.before } else { rules.waited() };
            (rules.before, rules.latest) = (waited, 0);
            if bug == Bug::Forgets {
                wait = (kind.make)(&app, &rules.settings);
            }
            time = rng.u64(..100 * SECOND);
            wanted = Wanted::Begin;
            history.push(format!("read back after {waited}"));
        }
        if wild && rng.u8(..40) == 0 {
            // Dropped: it must not matter.
            return Ok(());
        }
        if let Wanted::Wake { until, .. } = wanted {
            time = if wild && rng.u8(..4) == 0 { time.max(rng.u64(..until + SECOND)) } else { time.max(until) };
        } else if wild && rng.bool() {
            time += rng.u64(..5 * SECOND);
        }
        // The clock of the machine runs as it likes, now and then backwards.
        let clock = if wild && rng.u8(..8) == 0 { rng.u64(..=time) } else { time };
        let now = Now::new(mono(clock), Duration::from_secs(rng.u64(..1 << 40)));
        if wild && rng.u8(..40) == 0 {
            let event = match wanted {
                Wanted::Begin => Event::Woke,
                Wanted::Wake { .. } => code(200, 10000),
                _ => Event::Begin,
            };
            for event in [event, Event::Begin, Event::Woke] {
                let step = wait.on(now, event);
                let misuse = matches!(&step, Step::Done(Err(error)) if matches!(error.kind(), ErrorKind::Misuse(_)));
                hold!(misuse, "{step:?} after a wrong event, {history:?}");
            }
            return Ok(());
        }
        rules.latest = rules.latest.max(clock);
        let (event, was_failure) = match wanted {
            Wanted::Begin => {
                rules.began = rules.latest;
                wanted = rules.look();
                (Event::Begin, false)
            }
            Wanted::Answer => {
                let fails = rng.u8(..3) == 0 && (wild || rules.settings.deadline.is_some());
                let (event, meaning) = if fails {
                    let (event, meaning) = failure(rng);
                    (event, (kind.failed)(&mut world, meaning))
                } else {
                    (kind.answer)(rng, &mut world)
                };
                history.push(format!("{meaning:?} at {}", rules.latest));
                wanted = rules.answered(meaning);
                (event, matches!(meaning, Meaning::Passes(_)))
            }
            Wanted::Wake { until, deadline } => {
                wanted = rules.woke(until, deadline);
                (Event::Woke, false)
            }
            ended => return Err(format!("{ended:?} and yet it goes on")),
        };
        let mut step = wait.on(now, event);
        if let (true, Bug::DoesNotSleep, Step::WaitUntil(until)) = (was_failure, bug, &step) {
            step = wait.on(Now::new(*until, now.unix), Event::Woke);
        }
        if let (Bug::Late, Step::WaitUntil(until)) = (bug, &step) {
            step = Step::WaitUntil(
                *until + Duration::from_nanos(u64::from(matches!(wanted, Wanted::Wake { deadline: true, .. }))),
            );
        }
        hold!(fits(wanted, &step), "{step:?} where {wanted:?} is wanted, {history:?}");
        hold!(wait.polls() == rules.polls, "{} looks, not {}, {history:?}", wait.polls(), rules.polls);
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

fn fits(wanted: Wanted, step: &Step<()>) -> bool {
    let cause = |step: &Step<()>| match step {
        Step::Done(Err(error)) => match error.kind() {
            ErrorKind::Wait(error) => Some(match error.cause {
                WaitCause::Deadline => Wanted::Deadline,
                WaitCause::Failed(_) => Wanted::Failed,
                _ => Wanted::Polling,
            }),
            _ => None,
        },
        _ => None,
    };
    match wanted {
        Wanted::Begin => false,
        Wanted::Answer => matches!(step, Step::Send(_)),
        Wanted::Wake { until, .. } => matches!(step, Step::WaitUntil(time) if *time == mono(until)),
        Wanted::Done => matches!(step, Step::Done(Ok(()))),
        other => cause(step) == Some(other),
    }
}

const TRAINING: Kind = Kind {
    make: |app, settings| boxed(WaitForTraining::new(app, "m", "v"), settings),
    read: read::<clarifai_core::machine::Trained>,
    answer: training,
    failed: as_it_is,
};

const KINDS: [Kind; 8] = [
    TRAINING,
    Kind {
        make: |app, settings| boxed(WaitForUploads::new(app), settings),
        read: read::<clarifai_core::machine::AllProcessed>,
        answer: uploads,
        failed: as_it_is,
    },
    Kind {
        make: |app, settings| boxed(WaitForUploadsOf::new(app, IDS), settings),
        read: read::<clarifai_core::machine::TheseProcessed>,
        answer: uploads_of,
        failed: as_it_is,
    },
    Kind {
        make: |app, settings| boxed(WaitForInputsDeleted::new(app), settings),
        read: read::<clarifai_core::machine::NoInputs>,
        answer: inputs_deleted,
        failed: as_it_is,
    },
    Kind {
        make: |app, settings| boxed(WaitForInputDeleted::new(app, "a"), settings),
        read: read::<clarifai_core::machine::InputGone>,
        answer: input_deleted,
        failed: as_it_is,
    },
    Kind {
        make: |app, settings| boxed(WaitForModelsDeleted::new(app), settings),
        read: read::<clarifai_core::machine::NoModels>,
        answer: models_deleted,
        failed: as_it_is,
    },
    Kind {
        make: |app, settings| boxed(WaitForModelDeleted::new(app, "m"), settings),
        read: read::<clarifai_core::machine::ModelGone>,
        answer: model_deleted,
        failed: as_it_is,
    },
    Kind {
        make: |app, settings| boxed(WaitForUploadsOf::new(app, (0..MANY).map(|id| format!("{id:02}"))), settings),
        read: read::<clarifai_core::machine::TheseProcessed>,
        answer: uploads_of_many,
        failed: many_failed,
    },
];

/// A million courses of each kind in two tests, so that two cores share them.
fn courses(part: u8) {
    for (kind, goal) in KINDS.iter().enumerate() {
        seeded::cases(&format!("waits-{kind}-{part}"), 500_000, |rng| course(rng, goal, Bug::None));
    }
}

#[test]
fn waits_keep_their_rules_in_any_course_part_one() {
    courses(1);
}

#[test]
fn waits_keep_their_rules_in_any_course_part_two() {
    courses(2);
}

#[test]
fn broken_waits_are_caught() {
    for (bug, said) in [(Bug::DoesNotSleep, "Wake"), (Bug::Late, "deadline: true"), (Bug::Forgets, ", not ")] {
        let told = seeded::caught("waits", 1000, |rng| course(rng, &TRAINING, bug));
        assert!(told.contains(said), "{bug:?}: {told}");
    }
}

/// While the pace holds a look back, the deadline still comes to the tick.
#[test]
fn the_deadline_comes_while_the_pace_holds_a_look_back() {
    let second = |seconds| Now::new(mono(seconds * SECOND), Duration::ZERO);
    for (held, deadline, woken, sends) in
        [(5, 3, 3, false), (5, 5, 5, true), (3, 5, 3, true), (3, 5, 4, true), (3, 5, 6, false)]
    {
        let pacer = Pacer::per_second(1);
        pacer.hold_until(mono(held * SECOND));
        let app = App::new(Credentials::key("key").unwrap()).with_seed(1).with_pacer(pacer);
        let mut wait = WaitForTraining::new(&app, "m", "v").deadline(Duration::from_secs(deadline));
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
