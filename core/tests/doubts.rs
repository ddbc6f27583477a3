//! What must not be taken for certain: items in doubt, trainings under way, other waits' checkpoints, shared names.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use clarifai_core::bulk::{self, Outcome, Upload, UploadReport};
use clarifai_core::inputs::{Crop, NewInput};
use clarifai_core::machine::{
    Attempt, Checkpoint, InputGone, ModelCache, ModelGone, Train, Trained, WaitForInputDeleted, WaitForModelDeleted,
    WaitForTraining, WarmModelCache,
};
use clarifai_core::models::GetModel;
use clarifai_core::policy::{Pacer, RetryPolicy};
use clarifai_core::testing::{Crowd, Reply, Script, What};
use clarifai_core::{App, Credentials, TransportFailureKind};
use serde_json::{Value, json};

const SECRET: &str = "hunter2hunter2";

fn app(seed: u64) -> App {
    App::new(Credentials::key(SECRET).unwrap()).with_seed(seed)
}

fn picture(id: Option<&str>) -> NewInput {
    let input = NewInput::image_url("https://example.com/a.jpg");
    id.map_or(input.clone(), |id| input.with_id(id))
}

fn upload(app: &App, input: NewInput, script: &mut Script) -> UploadReport {
    bulk::run(Upload::new(app, [input]), script, |_| ())
}

fn input(code: u32) -> Value {
    json!({"status": {"code": 10000}, "input": {"id": "a", "status": {"code": code}}})
}

#[test]
fn nobody_looks_before_what_was_lost_had_time_to_settle() {
    for seed in 0..50 {
        let mut script = Script::new()
            .expect("POST", "/v2/inputs")
            .fail(TransportFailureKind::MaybeSent)
            .expect("GET", "/v2/inputs/a")
            .reply(200, input(30000));
        let report = upload(&app(seed), picture(Some("a")), &mut script);
        assert!(report.items()[0].outcome.is_stored());
        let sent = |entry: &&clarifai_core::testing::Entry| matches!(entry.what, What::Send { .. });
        let look = script.log().entries().iter().filter(sent).nth(1).unwrap().at;
        assert!(look >= Duration::from_secs(1), "seed {seed}: it looked after {look:?}");
        script.assert_done();
    }
}

#[test]
fn an_item_whose_own_status_leaves_doubt_is_looked_up_or_unknown() {
    let mixed = |id: &str, code: u32| {
        let item = json!({"id": id, "status": {"code": code}});
        json!({"status": {"code": 10010}, "inputs": [item]})
    };
    for code in [98_009, 40_032, 99_009, 90_500, 123_456] {
        let mut script = Script::new()
            .expect("POST", "/v2/inputs")
            .reply(207, mixed("a", code))
            .expect("GET", "/v2/inputs/a")
            .reply(200, input(30000));
        let report = upload(&app(1), picture(Some("a")), &mut script);
        assert!(report.items()[0].outcome.is_stored(), "{code}: {}", report.items()[0].outcome);
        script.assert_done();
        // Without an id nothing is sent again.
        let mut script = Script::new().expect("POST", "/v2/inputs").reply(207, mixed("", code));
        let report = upload(&app(1), picture(None), &mut script);
        assert!(matches!(report.items()[0].outcome, Outcome::Unknown(_)), "{code}: {}", report.items()[0].outcome);
        script.assert_done();
    }
}

/// What was lost may still arrive after somebody looked: a refusal of the second call is no word about the first.
#[test]
fn what_was_lost_once_is_not_told_as_surely_not_stored() {
    let lost_and_not_found = || {
        let script = Script::new().expect("POST", "/v2/inputs").fail(TransportFailureKind::MaybeSent);
        script.expect("GET", "/v2/inputs/a").reply(404, json!({"status": {"code": 11101}}))
    };
    // By something on the way.
    let mut script = lost_and_not_found().expect("POST", "/v2/inputs").reply_bytes(413, "<html></html>");
    let report = upload(&app(1), picture(Some("a")), &mut script);
    assert!(matches!(report.items()[0].outcome, Outcome::Unknown(_)), "{}", report.items()[0].outcome);
    script.assert_done();

    // By the service, in many words: it is looked for once more.
    let refused = |code: u32| {
        let status = if code == 11102 { 400 } else { 207 };
        let item = json!({"id": "a", "status": {"code": code}});
        (status, json!({"status": {"code": if status == 400 { 11102 } else { 10010 }}, "inputs": [item]}))
    };
    for (code, is_there) in [(11102, true), (40010, true), (40010, false), (30100, true), (31100, true), (30104, false)]
    {
        let (status, answer) = refused(code);
        let script = lost_and_not_found().expect("POST", "/v2/inputs").reply(status, answer);
        let script = script.expect("GET", "/v2/inputs/a");
        let mut script = match is_there {
            true => script.reply(200, input(30000)),
            false => script.reply(404, json!({"status": {"code": 11101}})),
        };
        let report = upload(&app(1), picture(Some("a")), &mut script);
        let outcome = &report.items()[0].outcome;
        assert_eq!(outcome.is_stored(), is_there, "{code}: {outcome}");
        assert!(is_there || matches!(outcome, Outcome::Rejected(_)), "{code}: {outcome}");
        script.assert_done();
    }
}

#[test]
fn a_video_may_be_there_already_too() {
    let item = json!({"id": "a", "status": {"code": 31100}});
    let mut script =
        Script::new().expect("POST", "/v2/inputs").reply(400, json!({"status": {"code": 10020}, "inputs": [item]}));
    let report = upload(&app(1), NewInput::video_url("https://example.com/a.mp4").with_id("a"), &mut script);
    assert!(matches!(report.items()[0].outcome, Outcome::AlreadyThere), "{}", report.items()[0].outcome);
}

/// A refusal to give out a token is no word about what the call was for.
#[test]
fn a_token_that_is_refused_says_nothing_of_inputs() {
    let by_secret = App::new(Credentials::app_secret("id", SECRET).unwrap());
    for (status, code) in [(404, 11101), (404, 10040), (400, 11100)] {
        let no_token = || Script::new().expect("POST", "/v2/token").reply(status, json!({"status": {"code": code}}));
        let mut script = no_token();
        let error = script.run(WaitForInputDeleted::new(&by_secret, "a")).unwrap_err();
        assert!(!error.is_not_found() && !error.may_have_happened(), "{error}");
        script.assert_done();

        let mut script = no_token();
        let many = (0..300).map(|number| picture(Some(&number.to_string())));
        let report = bulk::run(Upload::new(&by_secret, many), &mut script, |_| ());
        assert!(report.stopped().is_some(), "{code}: every call needs a token");
        assert!(
            report.items().iter().all(|item| matches!(item.outcome, Outcome::NotSent(_))),
            "{:?}",
            report.items()[0]
        );
        script.assert_done();
    }
}

/// A token may run out again and again while a call is tried: that is no wrong key, and ends no upload.
#[test]
fn tokens_that_run_out_end_no_upload() {
    let by_secret = App::new(Credentials::app_secret("id", SECRET).unwrap());
    let grant = || json!({"status": {"code": 10000}, "access_token": "token-of-the-service", "expires_in": 100});
    let token = |script: Script| script.expect("POST", "/v2/token").reply(200, grant()).expect("POST", "/v2/inputs");
    let expired = || json!({"status": {"code": 11001, "details": "expired token"}});
    let stored = json!({"status": {"code": 10000}, "inputs": [{"id": "a", "status": {"code": 30001}}]});
    let script = token(token(Script::new()).reply(401, expired())).reply_bytes(401, "{\"s");
    let mut script = token(script).reply(200, stored);
    let report = upload(&by_secret, picture(Some("a")), &mut script);
    assert!(matches!(report.items()[0].outcome, Outcome::Created), "{}", report.items()[0].outcome);
    assert!(report.stopped().is_none());
    script.assert_done();

    // With a token of one's own there is no other, and with none that is good it ends.
    let own = App::new(Credentials::bearer("mine-12345678").unwrap());
    let mut script = Script::new().expect("POST", "/v2/inputs").reply(401, expired());
    assert!(upload(&own, picture(Some("a")), &mut script).stopped().is_some());
    script.assert_done();
    let service = |_, request: http::Request<clarifai_core::Body>| match request.uri().path() {
        "/v2/token" => Reply::json(200, grant()),
        _ => Reply::json(401, expired()),
    };
    let report = Crowd::new(service).run_bulk(Upload::new(&by_secret, [picture(Some("a"))]), 1);
    assert!(report.stopped().is_some() && matches!(report.items()[0].outcome, Outcome::NotSent(_)), "{report:?}");
}

#[test]
fn what_was_looked_up_is_handed_on_untouched() {
    let (tell, told) = std::sync::mpsc::channel();
    let found = json!({"id": "a", "status": {"code": 30000}, "member_of_tomorrow": [1]});
    let mut script = Script::new()
        .expect("POST", "/v2/inputs")
        .fail(TransportFailureKind::MaybeSent)
        .expect("GET", "/v2/inputs/a")
        .reply(200, json!({"status": {"code": 10000}, "input": found}));
    let work = Upload::new(&app(1), [picture(Some("a"))]).into_sink(move |item| tell.send(item).unwrap());
    bulk::run(work, &mut script, |_| ());
    assert_eq!(told.recv().unwrap().raw.as_deref(), Some(&found));
}

#[test]
fn another_part_of_a_picture_is_another_input() {
    let picture = || NewInput::image_bytes(vec![1, 2, 3]);
    let left = picture().with_crop(Crop::new(0.0, 0.0, 1.0, 0.5));
    let right = picture().with_crop(Crop::new(0.0, 0.5, 1.0, 1.0));
    assert_ne!(left.content_id(), right.content_id());
    assert_ne!(left.content_id(), picture().content_id());
    assert_eq!(picture().content_id(), NewInput::image_base64("AQID").with_concept("c").content_id());
}

#[test]
fn a_training_that_was_started_may_have_happened() {
    let started = json!({"id": "v", "status": {"code": 21103}});
    let mut script = Script::new()
        .expect("POST", "/v2/models/m/versions")
        .reply(200, json!({"status": {"code": 10000}, "model": {"id": "m", "model_version": started}}))
        .expect("GET", "/v2/models/m/versions/v")
        .reply(403, json!({"status": {"code": 11007}}));
    let mut train = Train::new(&app(1), "m");
    let error = script.run(&mut train).unwrap_err();
    assert!(error.may_have_happened(), "{error}");
    script.assert_done();
    // It goes on without us, and one can come back to it.
    assert_eq!(train.progress().map(|version| &*version.id), Some("v"));
    let checkpoint = train.checkpoint().unwrap();
    let trained = json!({"id": "v", "status": {"code": 21100}});
    let mut script = Script::new()
        .expect("GET", "/v2/models/m/versions/v")
        .reply(200, json!({"status": {"code": 10000}, "model_version": trained}));
    assert_eq!(script.run(WaitForTraining::resume_from(&app(1), checkpoint).unwrap()).unwrap().id, "v");
    assert!(Script::new().run(train).is_err(), "it has ended");
}

#[test]
fn a_wait_shows_no_key_that_the_service_quotes() {
    let failed = json!({"code": 21106, "details": format!("key {SECRET} is bad")});
    let mut script = Script::new()
        .expect("GET", "/v2/models/m/versions/v")
        .reply(200, json!({"status": {"code": 10000}, "model_version": {"id": "v", "status": failed}}));
    let mut wait = WaitForTraining::new(&app(1), "m", "v");
    let error = script.run(&mut wait).unwrap_err();
    let shown = format!("{error} {error:?} {wait:?} {}", serde_json::to_string(&wait.checkpoint()).unwrap());
    assert!(shown.contains("is bad") && !shown.contains(SECRET), "{shown}");

    // Nor where the answer to a training's start quotes it.
    let begun = json!({"code": 21103, "details": format!("key {SECRET} is well")});
    let version = json!({"id": "v", "status": begun});
    let mut script = Script::new()
        .expect("POST", "/v2/models/m/versions")
        .reply(200, json!({"status": {"code": 10000}, "model": {"id": "m", "model_version": version}}))
        .expect("GET", "/v2/models/m/versions/v")
        .reply(403, json!({"status": {"code": 11007}}));
    let mut train = Train::new(&app(1), "m");
    let error = script.run(&mut train).unwrap_err();
    let shown = format!("{error} {error:?} {}", serde_json::to_string(&train.checkpoint()).unwrap());
    assert!(shown.contains("is well") && !shown.contains(SECRET), "{shown}");
}

/// Programs that share a service share no seed, also where a machine was made before anything seeded the app.
#[test]
fn machines_made_before_the_app_was_seeded_wait_by_its_seed() {
    let waited = |seed| {
        let app = App::new(Credentials::key(SECRET).unwrap());
        let attempt = Attempt::new(&app, GetModel::new("m"));
        let _app = app.or_seed(seed);
        let busy = || json!({"status": {"code": 11005}});
        let script = Script::new().expect("GET", "/v2/models/m").reply(429, busy()).expect("GET", "/v2/models/m");
        let mut script = script.reply(200, json!({"status": {"code": 10000}, "model": {"id": "m"}}));
        script.run(attempt).unwrap();
        script.clock().elapsed()
    };
    assert_eq!(waited(1), waited(1));
    let all: std::collections::BTreeSet<_> = (1..20).map(waited).collect();
    assert_eq!(all.len(), 19, "{all:?}");
}

#[test]
fn a_checkpoint_is_taken_for_no_other_wait_and_no_other_app() {
    let written = serde_json::to_string(&WaitForInputDeleted::new(&app(1), "x").checkpoint()).unwrap();
    let same: Checkpoint<InputGone> = serde_json::from_str(&written).unwrap();
    assert!(WaitForInputDeleted::resume_from(&app(2), same.clone()).is_ok());
    let scoped = app(1).with_scope(clarifai_core::Scope::new("u", "a"));
    WaitForInputDeleted::resume_from(&scoped, same).unwrap_err();
    let other: Checkpoint<ModelGone> = serde_json::from_str(&written).unwrap();
    WaitForModelDeleted::resume_from(&app(1), other).unwrap_err();
    // Numbers that nobody waited for do no harm.
    let mut wild = serde_json::to_value(WaitForTraining::new(&app(1), "m", "v").checkpoint()).unwrap();
    wild["waited"] = json!({"secs": u64::MAX, "nanos": 999_999_999});
    wild["polls"] = u64::MAX.into();
    let wild: Checkpoint<Trained> = serde_json::from_value(wild).unwrap();
    let mut script =
        Script::new().expect("GET", "/v2/models/m/versions/v").takes(Duration::from_secs(1)).reply(503, json!({}));
    script.run(WaitForTraining::resume_from(&app(1), wild).unwrap()).unwrap_err();
}

#[test]
fn a_warm_cache_finds_what_a_cold_one_would() {
    let model =
        |id: &str, name: &str| json!({"id": id, "name": name, "app_id": "main", "model_type_id": "visual-classifier"});
    let models = [model("food", "food"), model("x9", "food"), model("a1", "twin"), model("a2", "twin")];
    let mut script = Script::new()
        .expect("GET", "/v2/models?page=1&per_page=20")
        .reply(200, json!({"status": {"code": 10000}, "models": models}))
        .expect("GET", "/v2/models?page=2&per_page=20")
        .reply(200, json!({"status": {"code": 10000}, "models": []}));
    let cache = ModelCache::new();
    script.run(WarmModelCache::new(&app(1), &cache)).unwrap();
    assert_eq!(cache.len(), 4, "four ids; `food` is one of them, and `twin` is shared");

    // One's own models are not noted, but a name that one of them has is no longer that of a public one alone.
    let own =
        |id: &str, name: &str| json!({"id": id, "name": name, "app_id": "mine", "model_type_id": "visual-classifier"});
    let models = [own("food", "food"), model("x9", "food"), own("o1", "twin"), model("a1", "twin"), model("p", "pure")];
    let mut script = Script::new()
        .expect("GET", "/v2/models?page=1&per_page=20")
        .reply(200, json!({"status": {"code": 10000}, "models": models}))
        .expect("GET", "/v2/models?page=2&per_page=20")
        .reply(200, json!({"status": {"code": 10000}, "models": []}));
    let cache = ModelCache::new();
    assert_eq!(script.run(WarmModelCache::new(&app(1), &cache)).unwrap(), 3);
    assert_eq!(cache.len(), 5, "three ids, and `pure` with and without its type");
}

#[test]
fn a_token_of_no_life_is_used_once_the_pace_allows() {
    let app = App::new(Credentials::app_secret("id", SECRET).unwrap()).with_retry(RetryPolicy::never());
    let app = app.with_pacer(Pacer::per_second(1));
    let mut script = Script::new()
        .expect("POST", "/v2/token")
        .reply(200, json!({"access_token": "token-of-the-service", "expires_in": 0}))
        .expect("GET", "/v2/models/m")
        .reply(200, json!({"status": {"code": 10000}, "model": {"id": "m"}}));
    script.run(Attempt::new(&app, GetModel::new("m"))).unwrap();
    script.assert_done();
}
