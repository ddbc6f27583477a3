//! Tables of steps: the events a machine got, and the step it takes. In every state on the way, the rules of machines
//! are checked as well: events at the wrong time, early waking, clocks that run backwards, and events after the end.

use std::time::Duration;

use bytes::Bytes;
use clarifai_core::bulk::{Bulk, IntoBulk as _, PredictMany, Upload};
use clarifai_core::error::ErrorKind;
use clarifai_core::inputs::{ListInputs, NewInput};
use clarifai_core::machine::{
    AllInputsDeleted, AllModelsDeleted, Call, Condition as _, Event, FindModel, InputDeleted, InputsProcessed,
    IntoMachine as _, Machine, ModelCache, ModelDeleted, ModelTrained, Step, Train, WarmModelCache,
};
use clarifai_core::models::{GetModel, Predict};
use clarifai_core::pagination::Pages;
use clarifai_core::testing::ManualClock;
use clarifai_core::time::{Instant, Now};
use clarifai_core::{
    Config, Credentials,
    transport::{TransportError, TransportErrorKind},
};
use serde_json::{Value, json};

/// An event of a table.
#[derive(Clone, Debug)]
enum Input {
    Begin,
    /// The response, with status and body.
    Response(u16, Value),
    /// The response was lost.
    Lost,
    /// Nothing was sent.
    Refused,
    Woke,
}

use Input::{Begin, Lost, Refused, Response, Woke};

impl Input {
    fn event(&self) -> Event {
        let failed = |kind| Event::Failed(TransportError::new(kind, "test"));
        match self {
            Begin => Event::Begin,
            Response(status, json) => {
                let body = Bytes::from(json.to_string());
                Event::Response(http::Response::builder().status(*status).body(body).unwrap())
            }
            Lost => failed(TransportErrorKind::MaybeSent),
            Refused => failed(TransportErrorKind::NotSent),
            Woke => Event::Woke,
        }
    }
}

/// A row: the events with their times in seconds, and the step that the machine takes after the last one.
type Row = (Vec<(u64, Input)>, &'static str);

fn at(seconds: u64) -> Now {
    let mono = Duration::from_secs(seconds);
    Now::new(Instant::new(mono), ManualClock::UNIX + mono)
}

/// Describes a step: `GET /v2/models`, `wait 1`, `done` with its output, or `error` with its message.
fn describe<T>(step: &Step<T>, shown: fn(&T) -> String) -> String {
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

/// Checks the rows of a table, and the rules in each of their states.
#[track_caller]
fn table<M: Machine>(make: impl Fn() -> M, shown: fn(&M::Output) -> String, rows: Vec<Row>) {
    let drive = |path: &[(u64, Input)]| {
        let mut machine = make();
        let mut last = None;
        for (seconds, input) in path {
            last = Some((*seconds, machine.resume(at(*seconds), input.event())));
        }
        (machine, last)
    };
    for (path, expected) in rows {
        let (_, last) = drive(&path);
        let step = describe(&last.unwrap().1, shown);
        // The table has no times where they are random, and only the beginning of error messages.
        let fits = step == expected
            || (["error", "wait"].contains(&expected.split(' ').next().unwrap()) && step.starts_with(expected));
        assert!(fits, "{path:?}: {step}, not {expected}");
        for end in 0..=path.len() {
            rules(|| drive(&path[..end]), &format!("{:?}", &path[..end]));
        }
    }
}

/// Checks rules 1 to 3 in the state that `drive` leads to.
#[track_caller]
fn rules<M: Machine>(drive: impl Fn() -> (M, Option<(u64, Step<M::Output>)>), path: &str) {
    let results = [Response(200, json!({"status": {"code": 10000}})), Response(500, json!({})), Lost, Refused];
    let all: Vec<_> = [Begin, Woke].into_iter().chain(results.clone()).collect();
    let (_, last) = drive();
    let time = last.as_ref().map_or(0, |(time, _)| *time);
    let wrong: Vec<Input> = match last.as_ref().map(|(_, step)| step) {
        None => all[1..].to_vec(),
        Some(Step::Send(_)) => vec![Begin, Woke],
        Some(Step::WaitUntil(_)) => [Begin].into_iter().chain(results).collect(),
        Some(Step::Done(_)) => all,
    };
    for input in wrong {
        let (mut machine, _) = drive();
        assert!(is_misuse(&machine.resume(at(time), input.event())), "rule 1: {input:?} after {path}");
        for again in [Begin, Woke, Lost] {
            assert!(
                is_misuse(&machine.resume(at(time), again.event())),
                "rule 3: {again:?} and {input:?} after {path}"
            );
        }
    }
    if let Some((time, Step::WaitUntil(until))) = last {
        let early = Instant::new(until.since_start().saturating_sub(Duration::from_nanos(1)));
        let (mut machine, _) = drive();
        for now in [early, Instant::default(), early, Instant::new(Duration::from_secs(time)).min(early)] {
            let step = machine.resume(Now::new(now, Duration::ZERO), Event::Woke);
            let same = matches!(step, Step::WaitUntil(again) if again == until);
            assert!(same || until <= Instant::new(Duration::from_secs(time)), "rule 2: woken at {now:?} after {path}");
        }
    }
    // If the clock runs backwards, waits are counted from the latest time seen.
    if let (mut machine, Some((time, Step::Send(_)))) = drive() {
        let step = machine.resume(at(0), Lost.event());
        if let Step::WaitUntil(until) = step {
            assert!(until >= at(time).instant, "rule 2: {until:?} is past at {time} s, after {path}");
        }
    }
}

fn config() -> Config {
    Config::new(Credentials::key("key").unwrap()).with_seed(7)
}

fn ok(mut json: Value) -> Input {
    json["status"] = json!({"code": 10000});
    Response(200, json)
}

fn refused(status: u16, code: u32) -> Input {
    Response(status, json!({"status": {"code": code}}))
}

/// Returns a response with an input that has this status.
fn one(id: &str, code: u32) -> Input {
    ok(json!({"input": {"id": id, "status": {"code": code}}}))
}

/// Returns a response with the input `a`, which has this status.
fn input(code: u32) -> Input {
    one("a", code)
}

/// Returns more ids than are requested one by one: `00` to `21`.
fn many() -> impl Iterator<Item = String> {
    (0..22).map(|id| format!("{id:02}"))
}

/// Returns a page of the list with these of the many inputs, all with the same status, and one other input.
fn listed(ids: std::ops::Range<usize>, code: u32) -> Input {
    let ids = many().skip(ids.start).take(ids.len()).chain(["else".to_owned()]);
    let inputs: Vec<_> = ids.map(|id| json!({"id": id, "status": {"code": code}})).collect();
    ok(json!({"inputs": inputs}))
}

/// Makes the rows of a table: events with their times, and the step after the last one.
macro_rules! rows {
    ($($($second:literal $happens:expr),+ => $step:literal;)+) => {
        vec![$((vec![$(($second, $happens)),+], $step)),+]
    };
}

fn no_output<T>(_: &T) -> String {
    String::new()
}

fn version(code: u32) -> Input {
    ok(json!({"model_version": {"id": "v", "status": {"code": code}}}))
}

#[test]
fn wait_for_training() {
    let wait = || {
        ModelTrained::new("m", "v")
            .wait()
            .deadline(Duration::from_secs(20))
            .max_consecutive_errors(1)
            .into_machine(&config())
    };
    table(
        wait,
        |version| version.id.clone(),
        rows! {
            0 Begin => "GET /v2/models/m/versions/v";
            0 Begin, 0 version(21100) => "done v";
            0 Begin, 0 version(21106) => "error wait for training: the job failed";
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
            0 Begin, 0 Refused, 1 Woke, 1 Lost => "error wait for training: polling failed";
            0 Begin, 0 Refused, 1 Woke, 1 version(21101), 2 Woke, 2 Lost => "wait 3";
            0 Begin, 0 refused(401, 11009) => "error wait for training: polling failed";
            0 Begin, 0 refused(404, 21200) => "error wait for training: polling failed";
        },
    );
}

/// Few inputs are requested one by one, many by the list.
#[test]
fn wait_for_some_uploads() {
    table(
        || InputsProcessed::of(["a", "b"]).into_machine(&config()),
        |all| all.len().to_string(),
        rows! {
            0 Begin, 0 input(30001) => "wait 0.5";
            0 Begin, 0 input(30000) => "GET /v2/inputs/b";
            0 Begin, 0 refused(404, 11101), 0 one("b", 30002) => "done 2";
            0 Begin, 0 one("c", 30000) => "error wait for some uploads: polling failed";
            0 Begin, 0 refused(404, 0) => "error wait for some uploads: polling failed";
            0 Begin, 0 input(12345) => "wait 0.5";
            0 Begin, 0 input(30000), 0 Lost => "wait 0.5";
            0 Begin, 0 input(30000), 0 Lost, 1 Woke => "GET /v2/inputs/b";
        },
    );
    table(
        || InputsProcessed::of(["a", ".."]).into_machine(&config()),
        |all| all.len().to_string(),
        rows! { 0 Begin => "error wait for some uploads: ids[1] id"; },
    );
    table(
        || InputsProcessed::of(many().chain([String::new()])).into_machine(&config()),
        |all| all.len().to_string(),
        rows! { 0 Begin => "error wait for some uploads: ids[22] id"; },
    );
    table(
        || InputsProcessed::of([""; 0]).into_machine(&config()),
        |all| all.len().to_string(),
        rows! { 0 Begin => "done 0"; },
    );
    table(
        || InputsProcessed::of(many().chain(many())).into_machine(&config()),
        |all| all.iter().filter(|input| input.is_success()).count().to_string(),
        rows! {
            0 Begin => "GET /v2/inputs?page=1&per_page=22";
            // All are processed; each id was specified twice.
            0 Begin, 0 listed(0..22, 30000) => "done 44";
            0 Begin, 0 listed(0..22, 30002) => "done 0";
            // One is pending: the list is read to the end, and again after a pause.
            0 Begin, 0 listed(0..1, 30001) => "GET /v2/inputs?page=2&per_page=22";
            0 Begin, 0 listed(0..1, 30001), 0 listed(0..0, 0) => "wait 0.5";
            0 Begin, 0 listed(0..1, 30001), 0 listed(1..22, 30000) => "wait 0.5";
            0 Begin, 0 listed(0..22, 30001), 1 Woke => "GET /v2/inputs?page=1&per_page=22";
            // Few are left: they are requested one by one.
            0 Begin, 0 listed(0..1, 30001), 0 listed(1..22, 30000), 1 Woke => "GET /v2/inputs/00";
            // They are not in the list, or not at its beginning.
            0 Begin, 0 listed(0..0, 0) => "GET /v2/inputs/00";
            0 Begin, 0 listed(0..1, 30000), 0 listed(0..0, 0) => "GET /v2/inputs/01";
            0 Begin, 0 listed(0..0, 0), 0 refused(404, 11101) => "GET /v2/inputs/01";
            0 Begin, 0 listed(0..0, 0), 0 one("00", 30001) => "wait 0.5";
            0 Begin, 0 listed(0..0, 0), 0 one("00", 30001), 1 Woke => "GET /v2/inputs?page=1&per_page=22";
            // The list repeats a page without an end.
            0 Begin, 0 listed(0..11, 30001), 0 listed(0..11, 30001) => "wait 0.5";
            // A refused list is not requested again; one that failed is.
            0 Begin, 0 listed(0..1, 30000), 0 refused(400, 11102) => "GET /v2/inputs/01";
            0 Begin, 0 refused(400, 11102), 0 one("00", 30001), 1 Woke => "GET /v2/inputs/00";
            0 Begin, 0 listed(0..1, 30001), 0 refused(400, 11102) => "wait 0.5";
            0 Begin, 0 listed(0..1, 30001), 0 Lost => "wait 0.5";
            0 Begin, 0 listed(0..1, 30001), 0 Lost, 1 Woke => "GET /v2/inputs?page=2&per_page=22";
            0 Begin, 0 refused(401, 11009) => "error wait for some uploads: polling failed";
            0 Begin, 0 refused(429, 11003) => "error wait for some uploads: polling failed";
        },
    );
}

#[test]
fn other_waits() {
    let (inputs, no_inputs) = (|| ok(json!({"inputs": [{"id": "a"}]})), || ok(json!({"inputs": []})));
    let (model, gone) = (|| ok(json!({"model": {"id": "m"}})), || refused(404, 21200));
    let counts = |left: u32| ok(json!({"counts": {"to_process": left, "processed": 3}}));
    table(
        || InputsProcessed::all().into_machine(&config()),
        no_output,
        rows! {
            0 Begin => "GET /v2/inputs/status";
            0 Begin, 0 counts(1) => "wait 0.5";
            0 Begin, 0 counts(1), 1 Woke, 1 counts(0) => "done";
        },
    );
    table(
        || AllInputsDeleted::new().into_machine(&config()),
        no_output,
        rows! {
            0 Begin, 0 inputs() => "wait 0.5";
            0 Begin, 0 no_inputs() => "done";
        },
    );
    table(
        || InputDeleted::new("a").into_machine(&config()),
        no_output,
        rows! {
            0 Begin, 0 input(30000) => "wait 0.5";
            0 Begin, 0 refused(404, 11101) => "done";
        },
    );
    table(
        || ModelDeleted::new("m").into_machine(&config()),
        no_output,
        rows! {
            0 Begin, 0 model() => "wait 0.5";
            0 Begin, 0 gone() => "done";
        },
    );
    let models = |names: &[&str]| {
        ok(json!({"models": names.iter().map(|id| json!({"id": id, "app_id": "mine"})).collect::<Vec<_>>()}))
    };
    table(
        || AllModelsDeleted::new().into_machine(&config()),
        no_output,
        rows! {
            0 Begin => "GET /v2/models?page=1&per_page=20";
            0 Begin, 0 models(&["a"]) => "GET /v2/models?page=2&per_page=20";
            0 Begin, 0 models(&["a"]), 0 models(&[]) => "wait 0.5";
            0 Begin, 0 models(&[]) => "done";
        },
    );
}

#[test]
fn start_of_a_training() {
    let model = |code: u32| ok(json!({"model": {"id": "m", "model_version": {"id": "v", "status": {"code": code}}}}));
    let shown =
        |training: &clarifai_core::machine::Training| format!("{training:?}").split('(').next().unwrap().to_owned();
    table(
        || Train::new("m").deadline(Duration::from_secs(2)).into_machine(&config()),
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
            0 Begin, 5 model(21103), 6 Woke, 6 refused(401, 11009) => "error wait for training: polling failed";
        },
    );
    table(
        || Train::new("m").without_waiting().into_machine(&config()),
        shown,
        rows! {
            0 Begin, 0 model(21103) => "done Started";
        },
    );
}

#[test]
fn pages_and_model_cache() {
    let page = |ids: &[&str]| ok(json!({"inputs": ids.iter().map(|id| json!({"id": id})).collect::<Vec<_>>()}));
    table(
        || Pages::new(ListInputs::new()).per_page(2).into_machine(&config()),
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
        || Pages::new(ListInputs::new()).limit(1).into_machine(&config()),
        |inputs| inputs.len().to_string(),
        rows! {
            0 Begin, 0 page(&["a", "b"]) => "done 1";
        },
    );
    table(
        || Pages::new(ListInputs::new()).limit(0).into_machine(&config()),
        no_output,
        rows! {
            0 Begin => "done";
        },
    );
    table(
        || WarmModelCache::new(&ModelCache::new()).into_machine(&config()),
        no_output,
        rows! {
            0 Begin => "GET /v2/models?page=1&per_page=20";
            0 Begin, 0 ok(json!({"models": []})) => "done";
        },
    );
}

fn images(ids: &[&str]) -> Vec<NewInput> {
    let image = |id: &&str| {
        let input = NewInput::image_url(format!("https://example.com/{id}.jpg"));
        if *id == "-" { input } else { input.id(*id) }
    };
    ids.iter().map(image).collect()
}

#[test]
fn upload_batch() {
    let both = |a: u32, b: u32| {
        let items = json!([{"id": "a", "status": {"code": a}}, {"id": "b", "status": {"code": b}}]);
        Response(207, json!({"status": {"code": if a == b { 10000 } else { 10010 }}, "inputs": items}))
    };
    let found = |id: &str| ok(json!({"input": {"id": id, "status": {"code": 30000}}}));
    let missing = || refused(404, 11101);
    let batch = || Upload::new(images(&["a", "b"])).max_retries(2).into_bulk(&config()).next().unwrap();
    table(
        batch,
        no_output,
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
        || Upload::new(images(&["-"])).into_bulk(&config()).next().unwrap(),
        no_output,
        rows! {
            0 Begin, 0 Lost => "wait ";
            0 Begin, 0 Lost, 99 Woke => "done";
        },
    );
}

#[test]
fn predictions_update_check_and_calls() {
    let output = |code: u32| json!({"status": {"code": code}, "data": {}});
    let batch = || PredictMany::new(Predict::new("m"), images(&["-", "-"])).into_bulk(&config()).next().unwrap();
    table(
        batch,
        no_output,
        rows! {
            0 Begin => "POST /v2/models/m/outputs";
            0 Begin, 0 ok(json!({"outputs": [output(10000), output(10000)]})) => "done";
            0 Begin, 0 Lost => "wait ";
            0 Begin, 0 refused(413, 0) => "POST /v2/models/m/outputs";
            0 Begin, 0 refused(400, 11102) => "done";
        },
    );
    table(
        || FindModel::new("general").into_machine(&config()),
        no_output,
        rows! {
            0 Begin => "GET /v2/models/general";
        0 Begin, 0 refused(404, 21200) => "POST /v2/models/searches";
            0 Begin, 0 Lost => "wait ";
        },
    );
    table(
        || Call::new(&config(), GetModel::new("m")),
        no_output,
        rows! {
            0 Begin => "GET /v2/models/m";
            0 Begin, 0 Lost => "wait ";
            0 Begin, 0 Lost, 9 Woke => "GET /v2/models/m";
            0 Begin, 0 refused(404, 21200) => "error get model: ";
        },
    );
}
