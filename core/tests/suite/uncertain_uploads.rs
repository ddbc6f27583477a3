//! Results that must not be treated as certain: uncertain items, trainings in progress, checkpoints of other waits, and
//! names that several models share.

use std::time::Duration;

use clarifai_core::bulk::{self, IntoBulk as _, Outcome, Upload, UploadReport};
use clarifai_core::inputs::{Crop, NewInput};
use clarifai_core::machine::{
    Call, Checkpoint, InputDeleted, IntoMachine as _, ModelCache, ModelDeleted, ModelTrained, Train, Waiter,
    WarmModelCache,
};
use clarifai_core::models::GetModel;
use clarifai_core::policy::{RateLimiter, RetryPolicy};
use clarifai_core::testing::{EventKind, MockTransport, Reply, Simulation};
use clarifai_core::{Config, Credentials, transport::TransportErrorKind};
use serde_json::{Value, json};

const SECRET: &str = "hunter2hunter2";

fn config(seed: u64) -> Config {
    Config::new(Credentials::key(SECRET).unwrap()).with_seed(seed)
}

fn image(id: Option<&str>) -> NewInput {
    let input = NewInput::image_url("https://example.com/a.jpg");
    id.map_or(input.clone(), |id| input.id(id))
}

fn upload(config: &Config, input: NewInput, script: &mut MockTransport) -> UploadReport {
    bulk::run(Upload::new([input]).into_bulk(config), script, |_| ())
}

fn input(code: u32) -> Value {
    json!({"status": {"code": 10000}, "input": {"id": "a", "status": {"code": code}}})
}

#[test]
fn waits_before_looking_up_a_lost_upload() {
    for seed in 0..50 {
        let mut script = MockTransport::new()
            .expect("POST", "/v2/inputs")
            .fail(TransportErrorKind::MaybeSent)
            .expect("GET", "/v2/inputs/a")
            .reply(200, input(30000));
        let report = upload(&config(seed), image(Some("a")), &mut script);
        assert!(report.items()[0].outcome.is_success());
        let sent = |entry: &&clarifai_core::testing::Entry| matches!(entry.what, EventKind::Send { .. });
        let look_up = script.log().entries().iter().filter(sent).nth(1).unwrap().at;
        assert!(look_up >= Duration::from_secs(1), "seed {seed}: looked up after {look_up:?}");
        script.assert_done();
    }
}

#[test]
fn an_item_with_an_uncertain_status_is_looked_up_or_unknown() {
    let mixed = |id: &str, code: u32| {
        let item = json!({"id": id, "status": {"code": code}});
        json!({"status": {"code": 10010}, "inputs": [item]})
    };
    for code in [98_009, 40_032, 99_009, 90_500, 123_456] {
        let mut script = MockTransport::new()
            .expect("POST", "/v2/inputs")
            .reply(207, mixed("a", code))
            .expect("GET", "/v2/inputs/a")
            .reply(200, input(30000));
        let report = upload(&config(1), image(Some("a")), &mut script);
        assert!(report.items()[0].outcome.is_success(), "{code}: {}", report.items()[0].outcome);
        script.assert_done();
        // An item without an id is not sent again.
        let mut script = MockTransport::new().expect("POST", "/v2/inputs").reply(207, mixed("", code));
        let report = upload(&config(1), image(None), &mut script);
        assert!(matches!(report.items()[0].outcome, Outcome::Unknown(_)), "{code}: {}", report.items()[0].outcome);
        script.assert_done();
    }
}

/// A lost call may still arrive after the look-up, so a refusal of the second call proves nothing about the first.
#[test]
fn a_lost_item_is_not_reported_as_definitely_not_stored() {
    let lost_and_not_found = || {
        let script = MockTransport::new().expect("POST", "/v2/inputs").fail(TransportErrorKind::MaybeSent);
        script.expect("GET", "/v2/inputs/a").reply(404, json!({"status": {"code": 11101}}))
    };
    // The second call is refused by a proxy or gateway.
    let mut script = lost_and_not_found().expect("POST", "/v2/inputs").reply_bytes(413, "<html></html>");
    let report = upload(&config(1), image(Some("a")), &mut script);
    assert!(matches!(report.items()[0].outcome, Outcome::Unknown(_)), "{}", report.items()[0].outcome);
    script.assert_done();

    // The second call is refused by the service: the item is looked up again.
    let refused = |code: u32| {
        let status = if code == 11102 { 400 } else { 207 };
        let item = json!({"id": "a", "status": {"code": code}});
        (status, json!({"status": {"code": if status == 400 { 11102 } else { 10010 }}, "inputs": [item]}))
    };
    for (code, is_stored) in
        [(11102, true), (40010, true), (40010, false), (30100, true), (31100, true), (30104, false)]
    {
        let (status, body) = refused(code);
        let script = lost_and_not_found().expect("POST", "/v2/inputs").reply(status, body);
        let script = script.expect("GET", "/v2/inputs/a");
        let mut script = match is_stored {
            true => script.reply(200, input(30000)),
            false => script.reply(404, json!({"status": {"code": 11101}})),
        };
        let report = upload(&config(1), image(Some("a")), &mut script);
        let outcome = &report.items()[0].outcome;
        assert_eq!(outcome.is_success(), is_stored, "{code}: {outcome}");
        assert!(is_stored || matches!(outcome, Outcome::Rejected(_)), "{code}: {outcome}");
        script.assert_done();
    }
}

#[test]
fn a_duplicate_video_is_already_there() {
    let item = json!({"id": "a", "status": {"code": 31100}});
    let mut script = MockTransport::new()
        .expect("POST", "/v2/inputs")
        .reply(400, json!({"status": {"code": 10020}, "inputs": [item]}));
    let report = upload(&config(1), NewInput::video_url("https://example.com/a.mp4").id("a"), &mut script);
    assert!(matches!(report.items()[0].outcome, Outcome::AlreadyThere), "{}", report.items()[0].outcome);
}

/// A refused token proves nothing about the inputs of the call.
#[test]
fn a_refused_token_is_not_a_missing_input() {
    let by_secret = Config::new(Credentials::app_secret("id", SECRET).unwrap());
    for (status, code) in [(404, 11101), (404, 10040), (400, 11100)] {
        let no_token =
            || MockTransport::new().expect("POST", "/v2/token").reply(status, json!({"status": {"code": code}}));
        let mut script = no_token();
        let error = script.run(InputDeleted::new("a").into_machine(&by_secret)).unwrap_err();
        assert!(!error.is_not_found() && !error.may_have_happened(), "{error}");
        script.assert_done();

        let mut script = no_token();
        let many = (0..300).map(|number| image(Some(&number.to_string())));
        let report = bulk::run(Upload::new(many).into_bulk(&by_secret), &mut script, |_| ());
        assert!(report.stopped().is_some(), "{code}: every call needs a token");
        assert!(
            report.items().iter().all(|item| matches!(item.outcome, Outcome::NotSent(_))),
            "{:?}",
            report.items()[0]
        );
        script.assert_done();
    }
}

/// A token may expire several times during the attempts of a call. That does not mean that the credentials are wrong.
#[test]
fn expired_tokens_do_not_end_an_upload() {
    let by_secret = Config::new(Credentials::app_secret("id", SECRET).unwrap());
    let grant = || json!({"status": {"code": 10000}, "access_token": "token-of-the-service", "expires_in": 100});
    let token =
        |script: MockTransport| script.expect("POST", "/v2/token").reply(200, grant()).expect("POST", "/v2/inputs");
    let expired = || json!({"status": {"code": 11001, "details": "expired token"}});
    let stored = json!({"status": {"code": 10000}, "inputs": [{"id": "a", "status": {"code": 30001}}]});
    let script = token(token(MockTransport::new()).reply(401, expired())).reply_bytes(401, "{\"s");
    let mut script = token(script).reply(200, stored);
    let report = upload(&by_secret, image(Some("a")), &mut script);
    assert!(matches!(report.items()[0].outcome, Outcome::Created), "{}", report.items()[0].outcome);
    assert!(report.stopped().is_none());
    script.assert_done();

    // A caller-chosen token cannot be renewed, so the upload ends; so it does if every new token is refused.
    let bearer = Config::new(Credentials::bearer("mine-12345678").unwrap());
    let mut script = MockTransport::new().expect("POST", "/v2/inputs").reply(401, expired());
    assert!(upload(&bearer, image(Some("a")), &mut script).stopped().is_some());
    script.assert_done();
    let service = |_, request: http::Request<clarifai_core::transport::Body>| match request.uri().path() {
        "/v2/token" => Reply::json(200, grant()),
        _ => Reply::json(401, expired()),
    };
    let report = Simulation::new(service).run_bulk(Upload::new([image(Some("a"))]).into_bulk(&by_secret), 1);
    assert!(report.stopped().is_some() && matches!(report.items()[0].outcome, Outcome::NotSent(_)), "{report:?}");
}

/// A 504 may come from a gateway that forwarded the call, even if its body reports an expired token.
#[test]
fn an_expired_token_in_a_504_leads_to_a_look_up() {
    let by_secret = Config::new(Credentials::app_secret("id", SECRET).unwrap()).with_seed(1);
    let grant = || json!({"status": {"code": 10000}, "access_token": "token-of-the-service", "expires_in": 100});
    let mut script = MockTransport::new()
        .expect("POST", "/v2/token")
        .reply(200, grant())
        .expect("POST", "/v2/inputs")
        .reply(504, json!({"status": {"code": 11001, "details": "expired token"}}))
        .expect("POST", "/v2/token")
        .reply(200, grant())
        .expect("GET", "/v2/inputs/a")
        .reply(200, input(30000));
    let report = upload(&by_secret, image(Some("a")), &mut script);
    assert!(report.items()[0].outcome.is_success(), "{}", report.items()[0].outcome);
    script.assert_done();
}

#[test]
fn the_raw_json_of_a_look_up_is_passed_on() {
    let (sender, items) = std::sync::mpsc::channel();
    let found = json!({"id": "a", "status": {"code": 30000}, "unknown_member": [1]});
    let mut script = MockTransport::new()
        .expect("POST", "/v2/inputs")
        .fail(TransportErrorKind::MaybeSent)
        .expect("GET", "/v2/inputs/a")
        .reply(200, json!({"status": {"code": 10000}, "input": found}));
    let work = Upload::new([image(Some("a"))])
        .with_raw()
        .on_item(move |item| sender.send(item).unwrap())
        .into_bulk(&config(1));
    bulk::run(work, &mut script, |_| ());
    let raw = items.recv().unwrap().raw.unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(raw.get()).unwrap(), found);
}

#[test]
fn another_crop_of_an_image_is_another_input() {
    let image = || NewInput::image_bytes(vec![1, 2, 3]);
    let left = image().crop(Crop::new(0.0, 0.0, 1.0, 0.5));
    let right = image().crop(Crop::new(0.0, 0.5, 1.0, 1.0));
    assert_ne!(left.content_id(), right.content_id());
    assert_ne!(left.content_id(), image().content_id());
    assert_eq!(image().content_id(), NewInput::image_base64("AQID").concept("c").content_id());
}

#[test]
fn a_started_training_may_have_been_executed() {
    let started = json!({"id": "v", "status": {"code": 21103}});
    let mut script = MockTransport::new()
        .expect("POST", "/v2/models/m/versions")
        .reply(200, json!({"status": {"code": 10000}, "model": {"id": "m", "model_version": started}}))
        .expect("GET", "/v2/models/m/versions/v")
        .reply(403, json!({"status": {"code": 11007}}));
    let mut train = Train::new("m").into_machine(&config(1));
    let error = script.run(&mut train).unwrap_err();
    assert!(error.may_have_happened(), "{error}");
    script.assert_done();
    // The training continues, and a later program can wait for it.
    assert_eq!(train.progress().map(|version| &*version.id), Some("v"));
    let checkpoint = train.checkpoint().unwrap();
    let trained = json!({"id": "v", "status": {"code": 21100}});
    let mut script = MockTransport::new()
        .expect("GET", "/v2/models/m/versions/v")
        .reply(200, json!({"status": {"code": 10000}, "model_version": trained}));
    assert_eq!(script.run(Waiter::resume_from(&config(1), checkpoint).unwrap()).unwrap().id, "v");
    assert!(MockTransport::new().run(train).is_err(), "the machine has ended");
}

#[test]
fn a_wait_redacts_a_key_that_the_service_quotes() {
    let failed = json!({"code": 21106, "details": format!("key {SECRET} is bad")});
    let mut script = MockTransport::new()
        .expect("GET", "/v2/models/m/versions/v")
        .reply(200, json!({"status": {"code": 10000}, "model_version": {"id": "v", "status": failed}}));
    let mut wait = ModelTrained::new("m", "v").into_machine(&config(1));
    let error = script.run(&mut wait).unwrap_err();
    let shown = format!("{error} {error:?} {wait:?} {}", serde_json::to_string(&wait.checkpoint()).unwrap());
    assert!(shown.contains("is bad") && !shown.contains(SECRET), "{shown}");

    // The same for the response to the start of a training.
    let started = json!({"code": 21103, "details": format!("key {SECRET} is well")});
    let version = json!({"id": "v", "status": started});
    let mut script = MockTransport::new()
        .expect("POST", "/v2/models/m/versions")
        .reply(200, json!({"status": {"code": 10000}, "model": {"id": "m", "model_version": version}}))
        .expect("GET", "/v2/models/m/versions/v")
        .reply(403, json!({"status": {"code": 11007}}));
    let mut train = Train::new("m").into_machine(&config(1));
    let error = script.run(&mut train).unwrap_err();
    let shown = format!("{error} {error:?} {}", serde_json::to_string(&train.checkpoint()).unwrap());
    assert!(shown.contains("is well") && !shown.contains(SECRET), "{shown}");
}

/// The seed of the configuration also applies to machines that were made before it was set.
#[test]
fn machines_made_before_the_seed_was_set_use_it() {
    let waited = |seed| {
        let config = Config::new(Credentials::key(SECRET).unwrap());
        let attempt = Call::new(&config, GetModel::new("m"));
        let _app = config.or_seed(seed);
        let busy = || json!({"status": {"code": 11005}});
        let script =
            MockTransport::new().expect("GET", "/v2/models/m").reply(429, busy()).expect("GET", "/v2/models/m");
        let mut script = script.reply(200, json!({"status": {"code": 10000}, "model": {"id": "m"}}));
        script.run(attempt).unwrap();
        script.clock().elapsed()
    };
    assert_eq!(waited(1), waited(1));
    let all: std::collections::BTreeSet<_> = (1..20).map(waited).collect();
    assert_eq!(all.len(), 19, "{all:?}");
}

#[test]
fn a_checkpoint_is_refused_by_other_waits_and_other_apps() {
    let written = serde_json::to_string(&InputDeleted::new("x").into_machine(&config(1)).checkpoint()).unwrap();
    let same: Checkpoint<InputDeleted> = serde_json::from_str(&written).unwrap();
    assert!(Waiter::resume_from(&config(2), same.clone()).is_ok());
    let scoped = config(1).with_app(clarifai_core::AppRef::new("u", "a"));
    Waiter::resume_from(&scoped, same).unwrap_err();
    let other: Checkpoint<ModelDeleted> = serde_json::from_str(&written).unwrap();
    Waiter::resume_from(&config(1), other).unwrap_err();
    // Extreme numbers in a checkpoint are harmless.
    let mut wild = serde_json::to_value(ModelTrained::new("m", "v").into_machine(&config(1)).checkpoint()).unwrap();
    wild["waited"] = json!({"secs": u64::MAX, "nanos": 999_999_999});
    wild["polls"] = u64::MAX.into();
    let wild: Checkpoint<ModelTrained> = serde_json::from_value(wild).unwrap();
    let mut script = MockTransport::new()
        .expect("GET", "/v2/models/m/versions/v")
        .takes(Duration::from_secs(1))
        .reply(503, json!({}));
    script.run(Waiter::resume_from(&config(1), wild).unwrap()).unwrap_err();
}

#[test]
fn a_warm_cache_finds_the_same_models_as_a_search() {
    let model =
        |id: &str, name: &str| json!({"id": id, "name": name, "app_id": "main", "model_type_id": "visual-classifier"});
    let models = [model("food", "food"), model("x9", "food"), model("a1", "twin"), model("a2", "twin")];
    let mut script = MockTransport::new()
        .expect("GET", "/v2/models?page=1&per_page=20")
        .reply(200, json!({"status": {"code": 10000}, "models": models}))
        .expect("GET", "/v2/models?page=2&per_page=20")
        .reply(200, json!({"status": {"code": 10000}, "models": []}));
    let cache = ModelCache::new();
    script.run(WarmModelCache::new(&cache).into_machine(&config(1))).unwrap();
    assert_eq!(cache.len(), 4, "four ids; `food` is one of them, and `twin` is ambiguous");

    // Models of the user's app are not cached, but a name they share with a public model is ambiguous.
    let own =
        |id: &str, name: &str| json!({"id": id, "name": name, "app_id": "mine", "model_type_id": "visual-classifier"});
    let models = [own("food", "food"), model("x9", "food"), own("o1", "twin"), model("a1", "twin"), model("p", "pure")];
    let mut script = MockTransport::new()
        .expect("GET", "/v2/models?page=1&per_page=20")
        .reply(200, json!({"status": {"code": 10000}, "models": models}))
        .expect("GET", "/v2/models?page=2&per_page=20")
        .reply(200, json!({"status": {"code": 10000}, "models": []}));
    let cache = ModelCache::new();
    assert_eq!(script.run(WarmModelCache::new(&cache).into_machine(&config(1))).unwrap(), 3);
    assert_eq!(cache.len(), 5, "three ids, and `pure` with and without its type");
}

#[test]
fn uses_a_zero_lifetime_token_once_the_rate_limiter_allows() {
    let config = Config::new(Credentials::app_secret("id", SECRET).unwrap()).with_retry(RetryPolicy::never());
    let config = config.with_rate_limiter(RateLimiter::per_second(1));
    let mut script = MockTransport::new()
        .expect("POST", "/v2/token")
        .reply(200, json!({"access_token": "token-of-the-service", "expires_in": 0}))
        .expect("GET", "/v2/models/m")
        .reply(200, json!({"status": {"code": 10000}, "model": {"id": "m"}}));
    script.run(Call::new(&config, GetModel::new("m"))).unwrap();
    script.assert_done();
}
