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
use clarifai_core::testing::{Script, What};
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
    let error = script.run(Train::new(&app(1), "m")).unwrap_err();
    assert!(error.may_have_happened(), "{error}");
    script.assert_done();
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
