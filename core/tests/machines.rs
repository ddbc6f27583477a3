//! Each machine as a table: what happened to it, and the step it takes. In every state that a table comes through, the
//! rules of machines are tried as well: wrong events, early waking, clocks that run backwards, and driving on at the end.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use bytes::Bytes;
use clarifai_core::bulk::{Bulk, PredictMany, Upload};
use clarifai_core::error::ErrorKind;
use clarifai_core::inputs::{ListInputs, NewInput};
use clarifai_core::machine::{
    Attempt, Event, FindModel, Machine, ModelCache, Mono, Now, Step, Train, UpdateCheck, WaitForInputDeleted,
    WaitForInputsDeleted, WaitForModelDeleted, WaitForModelsDeleted, WaitForTraining, WaitForUploads, WaitForUploadsOf,
    WarmModelCache,
};
use clarifai_core::models::{GetModel, Predict};
use clarifai_core::pages::Pages;
use clarifai_core::testing::ManualClock;
use clarifai_core::{App, Credentials, TransportFailure, TransportFailureKind};
use http::Response;
use serde_json::{Value, json};

/// What happens to a machine.
#[derive(Clone, Debug)]
enum Happens {
    Begin,
    Says(u16, Value),
    /// The answer is lost.
    Lost,
    /// Nothing was sent.
    Refused,
    Woke,
}

use Happens::{Begin, Lost, Refused, Says, Woke};

impl Happens {
    fn event(&self) -> Event {
        let failed = |kind| Event::Failed(TransportFailure::new(kind, "test"));
        match self {
            Begin => Event::Begin,
            Says(status, json) => {
                let body = Bytes::from(json.to_string());
                Event::Response(Response::builder().status(*status).body(body).unwrap())
            }
            Lost => failed(TransportFailureKind::MaybeSent),
            Refused => failed(TransportFailureKind::NotSent),
            Woke => Event::Woke,
        }
    }
}

/// One line: at these seconds this happened, and so the machine takes this step.
type Row = (Vec<(u64, Happens)>, &'static str);

fn at(seconds: u64) -> Now {
    let mono = Duration::from_secs(seconds);
    Now::new(Mono::new(mono), ManualClock::UNIX + mono)
}

/// A step in words: `GET /v2/models`, `wait 1`, `done` with what comes out, or `error` with what it says.
fn words<T>(step: &Step<T>, shown: fn(&T) -> String) -> String {
    match step {
        Step::Send(request) => format!("{} {}", request.method(), request.uri().path_and_query().unwrap()),
        Step::WaitUntil(time) => format!("wait {}", time.since_start().as_secs_f64()),
        Step::Done(Ok(output)) => format!("done {}", shown(output)).trim_end().to_owned(),
        Step::Done(Err(error)) => format!("error {error}"),
    }
}

fn is_misuse<T>(step: &Step<T>) -> bool {
    matches!(step, Step::Done(Err(error)) if matches!(error.kind(), ErrorKind::Misuse(_)))
}

/// Goes through the table, and through the rules in each of its states.
#[track_caller]
fn table<M: Machine>(make: impl Fn() -> M, shown: fn(&M::Output) -> String, rows: Vec<Row>) {
    let drive = |path: &[(u64, Happens)]| {
        let mut machine = make();
        let mut last = None;
        for (seconds, happens) in path {
            last = Some((*seconds, machine.resume(at(*seconds), happens.event())));
        }
        (machine, last)
    };
    for (path, expected) in rows {
        let (_, last) = drive(&path);
        let said = words(&last.unwrap().1, shown);
        // Where lots are drawn the table says no time, and of errors it says the beginning.
        let fits = said == expected
            || (["error", "wait"].contains(&expected.split(' ').next().unwrap()) && said.starts_with(expected));
        assert!(fits, "{path:?}: {said}, not {expected}");
        for end in 0..=path.len() {
            rules(|| drive(&path[..end]), &format!("{:?}", &path[..end]));
        }
    }
}

/// Rules 1 to 3 in the state that `drive` leads to.
#[track_caller]
fn rules<M: Machine>(drive: impl Fn() -> (M, Option<(u64, Step<M::Output>)>), path: &str) {
    let answers = [Says(200, json!({"status": {"code": 10000}})), Says(500, json!({})), Lost, Refused];
    let all: Vec<_> = [Begin, Woke].into_iter().chain(answers.clone()).collect();
    let (_, last) = drive();
    let time = last.as_ref().map_or(0, |(time, _)| *time);
    let wrong: Vec<Happens> = match last.as_ref().map(|(_, step)| step) {
        None => all[1..].to_vec(),
        Some(Step::Send(_)) => vec![Begin, Woke],
        Some(Step::WaitUntil(_)) => [Begin].into_iter().chain(answers).collect(),
        Some(Step::Done(_)) => all,
    };
    for happens in wrong {
        let (mut machine, _) = drive();
        assert!(is_misuse(&machine.resume(at(time), happens.event())), "rule 1: {happens:?} after {path}");
        for again in [Begin, Woke, Lost] {
            assert!(
                is_misuse(&machine.resume(at(time), again.event())),
                "rule 3: {again:?} and {happens:?} after {path}"
            );
        }
    }
    if let Some((time, Step::WaitUntil(until))) = last {
        let early = Mono::new(until.since_start().saturating_sub(Duration::from_nanos(1)));
        let (mut machine, _) = drive();
        for now in [early, Mono::default(), early, Mono::new(Duration::from_secs(time)).min(early)] {
            let step = machine.resume(Now::new(now, Duration::ZERO), Event::Woke);
            let same = matches!(step, Step::WaitUntil(again) if again == until);
            assert!(same || until <= Mono::new(Duration::from_secs(time)), "rule 2: woken at {now:?} after {path}");
        }
    }
    // A clock that ran backwards before whatever comes next: waits are counted from the latest time seen.
    if let (mut machine, Some((time, Step::Send(_)))) = drive() {
        let step = machine.resume(at(0), Lost.event());
        if let Step::WaitUntil(until) = step {
            assert!(until >= at(time).mono, "rule 2: {until:?} is past at {time} s, after {path}");
        }
    }
}

fn app() -> App {
    App::new(Credentials::key("key").unwrap()).with_seed(7)
}

fn ok(mut json: Value) -> Happens {
    json["status"] = json!({"code": 10000});
    Says(200, json)
}

fn refused(status: u16, code: u32) -> Happens {
    Says(status, json!({"status": {"code": code}}))
}

/// An input in this state.
fn one(id: &str, code: u32) -> Happens {
    ok(json!({"input": {"id": id, "status": {"code": code}}}))
}

/// The input `a` in this state.
fn input(code: u32) -> Happens {
    one("a", code)
}

/// Ids too many to ask for one by one: `00` to `21`.
fn many() -> impl Iterator<Item = String> {
    (0..22).map(|id| format!("{id:02}"))
}

/// A page of the list, with these of the many, all in the same state, and one of somebody else's.
fn listed(ids: std::ops::Range<usize>, code: u32) -> Happens {
    let ids = many().skip(ids.start).take(ids.len()).chain(["else".to_owned()]);
    let inputs: Vec<_> = ids.map(|id| json!({"id": id, "status": {"code": code}})).collect();
    ok(json!({"inputs": inputs}))
}

/// Puts a table's line together: what happened before, what happens now, and the step.
macro_rules! rows {
    ($($($second:literal $happens:expr),+ => $step:literal;)+) => {
        vec![$((vec![$(($second, $happens)),+], $step)),+]
    };
}

fn nothing<T>(_: &T) -> String {
    String::new()
}

fn version(code: u32) -> Happens {
    ok(json!({"model_version": {"id": "v", "status": {"code": code}}}))
}

#[test]
fn wait() {
    let wait = || WaitForTraining::new(&app(), "m", "v").deadline(Duration::from_secs(20)).tolerating(1);
    table(
        wait,
        |version| version.id.clone(),
        rows! {
            0 Begin => "GET /v2/models/m/versions/v";
            0 Begin, 0 version(21100) => "done v";
            0 Begin, 0 version(21106) => "error wait for training: it failed";
            0 Begin, 0 version(21101) => "wait 1";
            0 Begin, 3 version(21101) => "wait 4";
            0 Begin, 0 version(99_999) => "wait 1";
            0 Begin, 0 version(21101), 1 Woke => "GET /v2/models/m/versions/v";
            0 Begin, 12 version(21101) => "wait 17";
            0 Begin, 12 version(21101), 17 Woke, 17 version(21101) => "wait 20";
            0 Begin, 12 version(21101), 17 Woke, 17 version(21101), 20 Woke => "error wait for training: the deadline passed";
            0 Begin, 12 version(21101), 99 Woke => "error wait for training: the deadline passed";
            0 Begin, 99 version(21101) => "error wait for training: the deadline passed";
            0 Begin, 99 version(21100) => "done v";
            0 Begin, 0 Lost => "wait 1";
            0 Begin, 0 Refused, 1 Woke, 1 Lost => "error wait for training: it could not be looked at";
            0 Begin, 0 Refused, 1 Woke, 1 version(21101), 2 Woke, 2 Lost => "wait 3";
            0 Begin, 0 refused(401, 11009) => "error wait for training: it could not be looked at";
            0 Begin, 0 refused(404, 21200) => "error wait for training: it could not be looked at";
        },
    );
}

/// By their ids, and by the list where they are many.
#[test]
fn the_wait_for_some_uploads() {
    table(
        || WaitForUploadsOf::new(&app(), ["a", "b"]),
        |all| all.len().to_string(),
        rows! {
            0 Begin, 0 input(30001) => "wait 0.5";
            0 Begin, 0 input(30000) => "GET /v2/inputs/b";
            0 Begin, 0 refused(404, 11101), 0 one("b", 30002) => "done 2";
            0 Begin, 0 one("c", 30000) => "error wait for some uploads: it could not be looked at";
            0 Begin, 0 refused(404, 0) => "error wait for some uploads: it could not be looked at";
            0 Begin, 0 input(12345) => "wait 0.5";
            0 Begin, 0 input(30000), 0 Lost => "wait 0.5";
            0 Begin, 0 input(30000), 0 Lost, 1 Woke => "GET /v2/inputs/b";
        },
    );
    table(
        || WaitForUploadsOf::new(&app(), ["a", ".."]),
        |all| all.len().to_string(),
        rows! { 0 Begin => "error wait for some uploads: ids[1] id"; },
    );
    table(
        || WaitForUploadsOf::new(&app(), many().chain([String::new()])),
        |all| all.len().to_string(),
        rows! { 0 Begin => "error wait for some uploads: ids[22] id"; },
    );
    table(|| WaitForUploadsOf::new(&app(), [""; 0]), |all| all.len().to_string(), rows! { 0 Begin => "done 0"; });
    table(
        || WaitForUploadsOf::new(&app(), many().chain(many())),
        |all| all.iter().filter(|input| input.is_good()).count().to_string(),
        rows! {
            0 Begin => "GET /v2/inputs?page=1&per_page=22";
            // All at once; each was named twice.
            0 Begin, 0 listed(0..22, 30000) => "done 44";
            0 Begin, 0 listed(0..22, 30002) => "done 0";
            // One that goes on: the list is read to the end, and again after a pause.
            0 Begin, 0 listed(0..1, 30001) => "GET /v2/inputs?page=2&per_page=22";
            0 Begin, 0 listed(0..1, 30001), 0 listed(0..0, 0) => "wait 0.5";
            0 Begin, 0 listed(0..1, 30001), 0 listed(1..22, 30000) => "wait 0.5";
            0 Begin, 0 listed(0..22, 30001), 1 Woke => "GET /v2/inputs?page=1&per_page=22";
            // Few are left: they are asked for.
            0 Begin, 0 listed(0..1, 30001), 0 listed(1..22, 30000), 1 Woke => "GET /v2/inputs/00";
            // Not in the list, or not at its beginning.
            0 Begin, 0 listed(0..0, 0) => "GET /v2/inputs/00";
            0 Begin, 0 listed(0..1, 30000), 0 listed(0..0, 0) => "GET /v2/inputs/01";
            0 Begin, 0 listed(0..0, 0), 0 refused(404, 11101) => "GET /v2/inputs/01";
            0 Begin, 0 listed(0..0, 0), 0 one("00", 30001) => "wait 0.5";
            0 Begin, 0 listed(0..0, 0), 0 one("00", 30001), 1 Woke => "GET /v2/inputs?page=1&per_page=22";
            // The same page for ever.
            0 Begin, 0 listed(0..11, 30001), 0 listed(0..11, 30001) => "wait 0.5";
            // A list that is not given is given up, one that fails is asked for again.
            0 Begin, 0 listed(0..1, 30000), 0 refused(400, 11102) => "GET /v2/inputs/01";
            0 Begin, 0 refused(400, 11102), 0 one("00", 30001), 1 Woke => "GET /v2/inputs/00";
            0 Begin, 0 listed(0..1, 30001), 0 refused(400, 11102) => "wait 0.5";
            0 Begin, 0 listed(0..1, 30001), 0 Lost => "wait 0.5";
            0 Begin, 0 listed(0..1, 30001), 0 Lost, 1 Woke => "GET /v2/inputs?page=2&per_page=22";
            0 Begin, 0 refused(401, 11009) => "error wait for some uploads: it could not be looked at";
            0 Begin, 0 refused(429, 11003) => "error wait for some uploads: it could not be looked at";
        },
    );
}

#[test]
fn the_other_waits() {
    let (inputs, no_inputs) = (|| ok(json!({"inputs": [{"id": "a"}]})), || ok(json!({"inputs": []})));
    let (model, gone) = (|| ok(json!({"model": {"id": "m"}})), || refused(404, 21200));
    let counts = |left: u32| ok(json!({"counts": {"to_process": left, "processed": 3}}));
    table(
        || WaitForUploads::new(&app()),
        nothing,
        rows! {
            0 Begin => "GET /v2/inputs/status";
            0 Begin, 0 counts(1) => "wait 0.5";
            0 Begin, 0 counts(1), 1 Woke, 1 counts(0) => "done";
        },
    );
    table(
        || WaitForInputsDeleted::new(&app()),
        nothing,
        rows! {
            0 Begin, 0 inputs() => "wait 0.5";
            0 Begin, 0 no_inputs() => "done";
        },
    );
    table(
        || WaitForInputDeleted::new(&app(), "a"),
        nothing,
        rows! {
            0 Begin, 0 input(30000) => "wait 0.5";
            0 Begin, 0 refused(404, 11101) => "done";
        },
    );
    table(
        || WaitForModelDeleted::new(&app(), "m"),
        nothing,
        rows! {
            0 Begin, 0 model() => "wait 0.5";
            0 Begin, 0 gone() => "done";
        },
    );
    let models = |names: &[&str]| {
        ok(json!({"models": names.iter().map(|id| json!({"id": id, "app_id": "mine"})).collect::<Vec<_>>()}))
    };
    table(
        || WaitForModelsDeleted::new(&app()),
        nothing,
        rows! {
            0 Begin => "GET /v2/models?page=1&per_page=20";
            0 Begin, 0 models(&["a"]) => "GET /v2/models?page=2&per_page=20";
            0 Begin, 0 models(&["a"]), 0 models(&[]) => "wait 0.5";
            0 Begin, 0 models(&[]) => "done";
        },
    );
}

#[test]
fn train() {
    let model = |code: u32| ok(json!({"model": {"id": "m", "model_version": {"id": "v", "status": {"code": code}}}}));
    let shown =
        |training: &clarifai_core::machine::Training| format!("{training:?}").split('(').next().unwrap().to_owned();
    table(
        || Train::new(&app(), "m").deadline(Duration::from_secs(2)),
        shown,
        rows! {
            0 Begin => "POST /v2/models/m/versions";
            0 Begin, 0 model(21100) => "done Trained";
            0 Begin, 0 model(21110) => "done Failed";
            0 Begin, 5 model(21103) => "wait 6";
            0 Begin, 0 ok(json!({"model": {"id": "m"}})) => "error create model version: ";
            0 Begin, 0 Lost => "error create model version: ";
            0 Begin, 0 Refused => "wait ";
            0 Begin, 0 refused(500, 10030), 60 Woke => "POST /v2/models/m/versions";
            0 Begin, 5 model(21103), 6 Woke => "GET /v2/models/m/versions/v";
            0 Begin, 5 model(21103), 6 Woke, 6 version(21101) => "wait 7";
            0 Begin, 5 model(21103), 6 Woke, 6 version(21101), 7 Woke => "GET /v2/models/m/versions/v";
        0 Begin, 5 model(21103), 6 Woke, 6 version(21101), 7 Woke, 8 version(21101) => "done TimedOut";
        0 Begin, 5 model(21103), 6 Woke, 6 version(21101), 8 Woke => "done TimedOut";
            0 Begin, 5 model(21103), 6 Woke, 6 version(21100) => "done Trained";
            0 Begin, 5 model(21103), 6 Woke, 6 version(21112) => "done Failed";
            0 Begin, 5 model(21103), 6 Woke, 6 refused(401, 11009) => "error wait for training: it could not be looked at";
        },
    );
    table(
        || Train::new(&app(), "m").without_waiting(),
        shown,
        rows! {
            0 Begin, 0 model(21103) => "done Started";
        },
    );
}

#[test]
fn pages() {
    let page = |ids: &[&str]| ok(json!({"inputs": ids.iter().map(|id| json!({"id": id})).collect::<Vec<_>>()}));
    table(
        || Pages::new(&app(), ListInputs::new()).per_page(2).all(),
        |inputs| inputs.len().to_string(),
        rows! {
            0 Begin => "GET /v2/inputs?page=1&per_page=2";
            0 Begin, 0 page(&[]) => "done 0";
            0 Begin, 0 page(&["a"]) => "GET /v2/inputs?page=2&per_page=2";
            0 Begin, 0 page(&["a"]), 0 page(&[]) => "done 1";
            0 Begin, 0 page(&["a", "b"]), 0 Lost => "wait ";
            0 Begin, 0 page(&["a", "b"]), 0 Lost, 60 Woke => "GET /v2/inputs?page=2&per_page=2";
            0 Begin, 0 page(&["a", "b"]), 0 page(&["b"]), 0 page(&[]) => "error list inputs: the list changed";
            0 Begin, 0 page(&["a"]), 0 page(&["a"]), 0 page(&["a"]), 0 page(&["a"]) => "error list inputs: the list repeats";
            0 Begin, 0 refused(400, 11102) => "error list inputs: ";
        },
    );
    table(
        || Pages::new(&app(), ListInputs::new()).take(1).all(),
        |inputs| inputs.len().to_string(),
        rows! {
            0 Begin, 0 page(&["a", "b"]) => "done 1";
        },
    );
    table(
        || Pages::new(&app(), ListInputs::new()).take(0).all(),
        nothing,
        rows! {
            0 Begin => "done";
        },
    );
    table(
        || WarmModelCache::new(&app(), &ModelCache::new()),
        nothing,
        rows! {
            0 Begin => "GET /v2/models?page=1&per_page=20";
            0 Begin, 0 ok(json!({"models": []})) => "done";
        },
    );
}

fn pictures(ids: &[&str]) -> Vec<NewInput> {
    let picture = |id: &&str| {
        let input = NewInput::image_url(format!("https://example.com/{id}.jpg"));
        if *id == "-" { input } else { input.with_id(*id) }
    };
    ids.iter().map(picture).collect()
}

#[test]
fn upload_batch() {
    let both = |a: u32, b: u32| {
        let items = json!([{"id": "a", "status": {"code": a}}, {"id": "b", "status": {"code": b}}]);
        Says(207, json!({"status": {"code": if a == b { 10000 } else { 10010 }}, "inputs": items}))
    };
    let found = |id: &str| ok(json!({"input": {"id": id, "status": {"code": 30000}}}));
    let missing = || refused(404, 11101);
    let batch = || Upload::new(&app(), pictures(&["a", "b"])).rounds(2).next().unwrap();
    table(
        batch,
        nothing,
        rows! {
            0 Begin => "POST /v2/inputs";
            0 Begin, 0 both(30001, 30001) => "done";
            0 Begin, 0 both(30001, 30100) => "done";
            0 Begin, 0 both(30001, 10030) => "wait ";
            0 Begin, 0 both(30001, 10030), 9 Woke => "POST /v2/inputs";
            0 Begin, 0 refused(401, 11009) => "done";
            0 Begin, 0 refused(413, 0) => "POST /v2/inputs";
            0 Begin, 0 Refused => "wait ";
            0 Begin, 0 Lost => "wait ";
            0 Begin, 0 Lost, 9 Woke => "GET /v2/inputs/a";
            0 Begin, 0 Lost, 9 Woke, 9 found("a") => "GET /v2/inputs/b";
            0 Begin, 0 Lost, 9 Woke, 9 found("a"), 9 found("b") => "done";
            0 Begin, 0 Lost, 9 Woke, 9 found("a"), 9 missing() => "POST /v2/inputs";
            0 Begin, 0 Lost, 9 Woke, 9 refused(401, 11009) => "done";
        },
    );
    table(
        || Upload::new(&app(), pictures(&["-"])).next().unwrap(),
        nothing,
        rows! {
            0 Begin, 0 Lost => "wait ";
            0 Begin, 0 Lost, 99 Woke => "done";
        },
    );
}

#[test]
fn the_rest() {
    let output = |code: u32| json!({"status": {"code": code}, "data": {}});
    let batch = || PredictMany::new(&app(), Predict::with("m"), pictures(&["-", "-"])).next().unwrap();
    table(
        batch,
        nothing,
        rows! {
            0 Begin => "POST /v2/models/m/outputs";
            0 Begin, 0 ok(json!({"outputs": [output(10000), output(10000)]})) => "done";
            0 Begin, 0 Lost => "wait ";
            0 Begin, 0 refused(413, 0) => "POST /v2/models/m/outputs";
            0 Begin, 0 refused(400, 11102) => "done";
        },
    );
    table(
        || UpdateCheck::new(None),
        |update| format!("{update:?}"),
        rows! {
            0 Begin => "GET /repos/clarifai-rs/clarifai/tags";
            0 Begin, 0 Lost => "done NoAnswer";
            0 Begin, 0 Says(200, json!([{"name": "v99.0.0"}])) => "done Newer(\"99.0.0\")";
        },
    );
    table(
        || UpdateCheck::new(Some(ManualClock::UNIX)),
        |update| format!("{update:?}"),
        rows! {
            0 Begin => "done NotDue";
        },
    );
    table(
        || FindModel::new(&app(), "general"),
        nothing,
        rows! {
            0 Begin => "GET /v2/models/general";
        0 Begin, 0 refused(404, 21200) => "POST /v2/models/searches";
            0 Begin, 0 Lost => "wait ";
        },
    );
    table(
        || Attempt::new(&app(), GetModel::new("m")),
        nothing,
        rows! {
            0 Begin => "GET /v2/models/m";
            0 Begin, 0 Lost => "wait ";
            0 Begin, 0 Lost, 9 Woke => "GET /v2/models/m";
            0 Begin, 0 refused(404, 21200) => "error get model: ";
        },
    );
}
