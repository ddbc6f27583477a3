//! Finding a model by its name, in virtual time: in the cache, by id, and by search.

use clarifai_core::error::ErrorKind;
use clarifai_core::machine::{Event, FindModel, IntoMachine as _, Machine, ModelCache, Step};
use clarifai_core::models::ModelRef;
use clarifai_core::testing::MockTransport;
use clarifai_core::time::Now;
use clarifai_core::{AppRef, Config, Credentials};
use serde_json::{Value, json};

fn config() -> Config {
    Config::new(Credentials::key("key").unwrap())
}

fn one(model: Value) -> Value {
    let mut body = json!({"status": {"code": 10000}});
    body["model"] = model;
    body
}

fn many(models: Value) -> Value {
    let mut body = json!({"status": {"code": 10000}});
    body["models"] = models;
    body
}

fn missing() -> Value {
    json!({"status": {"code": 21200, "description": "Model does not exist"}})
}

fn named(id: &str, model_type: &str) -> Value {
    json!({"id": id, "name": "general", "output_info": {"type_ext": model_type}})
}

const SEARCH: &str = "/v2/models/searches";

/// Returns a script in which `general` is not an id, and a search for it finds `models`.
fn search(models: Value) -> MockTransport {
    MockTransport::new()
        .expect("GET", "/v2/models/general")
        .reply(404, missing())
        .expect("POST", SEARCH)
        .body(json!({"model_query": {"name": "general"}}))
        .reply(200, many(models))
}

#[test]
fn a_cached_name_sends_no_request() {
    let cache = ModelCache::new();
    cache.insert("general", None, ModelRef::from("abc"));
    let found = MockTransport::new().run(FindModel::new("general").cached_in(&cache).into_machine(&config())).unwrap();
    assert_eq!(found, ModelRef::from("abc"));

    // Another type and another owner are other models.
    for other in [FindModel::new("general").model_type("embed"), FindModel::new("general").in_app(AppRef::public())] {
        let mut script = MockTransport::new();
        script.run(other.cached_in(&cache).into_machine(&config())).unwrap_err();
        assert_eq!(script.requests().len(), 1);
    }
}

#[test]
fn a_found_model_is_cached() {
    let cache = ModelCache::new();
    let mut script = search(json!([named("abc", "concept")]));
    for _ in 0..2 {
        let found = script.run(FindModel::new("general").cached_in(&cache).into_machine(&config())).unwrap();
        assert_eq!(found.id(), "abc");
    }
    script.assert_done();
    assert_eq!(cache.len(), 1);
    cache.clear();
    assert!(cache.is_empty());
}

#[test]
fn an_id_is_found_with_its_version_without_a_search() {
    let model = json!({"id": "general", "model_version": {"id": "v1"}, "output_info": {"type": "embed"}});
    let cache = ModelCache::new();
    let mut script = MockTransport::new().expect("GET", "/v2/users/u/apps/a/models/general").reply(200, one(model));
    let machine = FindModel::new("general").in_app(AppRef::new("u", "a")).cached_in(&cache).into_machine(&config());
    let owned = ModelRef::from("general").in_app(AppRef::new("u", "a"));
    assert_eq!(script.run(machine).unwrap(), owned.clone().with_version("v1"), "an id is accepted whatever its type");
    let machine = FindModel::new("general").in_app(AppRef::new("u", "a")).cached_in(&cache).into_machine(&config());
    assert_eq!(script.run(machine).unwrap(), owned, "the cache does not store versions");
    script.assert_done();
}

#[test]
fn embedders_and_clusterers_are_ignored_unless_requested() {
    let three = json!([named("e", "embed"), named("c", "concept"), named("k", "cluster")]);
    let mut script = search(three.clone());
    assert_eq!(script.run(FindModel::new("general").into_machine(&config())).unwrap().id(), "c");
    script.assert_done();

    for (model_type, query, found) in [
        ("embed", json!({"name": "general", "model_type_id": "visual-embedder"}), "e"),
        ("cluster", json!({"name": "general", "model_type_id": "clusterer"}), "k"),
        ("concept", json!({"name": "general"}), "c"),
        ("visual-detector", json!({"name": "general", "model_type_id": "visual-detector"}), "d"),
        ("facedetect", json!({"name": "general", "model_type_id": "visual-detector"}), "d"),
    ] {
        let models = json!([named("e", "embed"), named("k", "cluster"),
            {"id": "c", "name": "general", "model_type_id": "embedding-classifier"},
            {"id": "d", "name": "general", "model_type_id": "visual-detector"}]);
        let mut script = MockTransport::new()
            .expect("GET", "/v2/models/general")
            .reply(404, missing())
            .expect("POST", SEARCH)
            .body(json!({"model_query": query}))
            .reply(200, many(models));
        assert_eq!(
            script.run(FindModel::new("general").model_type(model_type).into_machine(&config())).unwrap().id(),
            found
        );
        script.assert_done();
    }
}

#[test]
fn several_matches_are_listed_and_ignored_ones_are_counted() {
    let evil = "b\u{1b}[31m\r\n";
    let mut script = search(json!([named("a", "concept"), named(evil, "color")]));
    let error = script.run(FindModel::new("general").into_machine(&config())).unwrap_err();
    let ErrorKind::Ambiguous(ambiguous) = error.kind() else { panic!("{error}") };
    assert_eq!(ambiguous.candidates, ["a (concept)".to_owned(), format!("{evil} (color)")]);
    let shown = error.to_string();
    assert!(shown.contains("a (concept)") && !shown.chars().any(char::is_control), "{shown:?}");

    let crowd: Vec<_> = (0..1000).map(|number| named(&format!("model-{number}"), "concept")).collect();
    let error = search(json!(crowd)).run(FindModel::new("general").into_machine(&config())).unwrap_err();
    assert!(error.to_string().len() < 2048 && error.to_string().contains("1000 models"), "{error}");

    for (models, ignored) in [
        (json!([]), 0),
        (json!([named("e", "embed"), named("k", "visual-clusterer")]), 2),
        // The search matches more than the name; only exact matches count.
        (json!([{"id": "x", "name": "General"}, {"id": "y", "name": "general-v2"}]), 0),
        // A model without an id cannot be used.
        (json!([{"name": "general"}]), 0),
    ] {
        let mut script = search(models.clone());
        let error = script.run(FindModel::new("general").into_machine(&config())).unwrap_err();
        let ErrorKind::NoSuchModel(none) = error.kind() else { panic!("{models}: {error}") };
        assert_eq!((none.ignored, &*none.name), (ignored, "general"), "{models}");
        assert!(error.is_not_found() && !error.is_retryable() && !error.may_have_happened());
        script.assert_done();
    }
}

#[test]
fn names_that_are_not_valid_ids_are_searched_for() {
    let long = "x".repeat(2000);
    for (name, path) in [("a b", Some("/v2/models/a%20b")), ("..", None), ("...", None), (&long, None)] {
        let mut script = MockTransport::new();
        if let Some(path) = path {
            script = script.expect("GET", path).reply(404, missing());
        }
        let mut script = script
            .expect("POST", SEARCH)
            .body(json!({"model_query": {"name": name}}))
            .reply(200, many(json!([{"id": "abc", "name": name}])));
        assert_eq!(script.run(FindModel::new(name).into_machine(&config())).unwrap().id(), "abc");
        script.assert_done();
    }
    for name in ["", "  "] {
        let error = MockTransport::new().run(FindModel::new(name).into_machine(&config())).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::InvalidArgument(_)), "{error}");
    }
    let error = MockTransport::new()
        .run(FindModel::new("m").in_app(AppRef::new("..", "a")).into_machine(&config()))
        .unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::InvalidArgument(_)),
        "an invalid owner must not lead to a search: {error}"
    );
}

#[test]
fn other_failures_are_returned_unchanged() {
    for (status, code) in [(401, 11009), (403, 11007), (429, 11004), (400, 11102)] {
        let cache = ModelCache::new();
        let mut script =
            MockTransport::new().expect("GET", "/v2/models/general").reply(status, json!({"status": {"code": code}}));
        let error = script.run(FindModel::new("general").cached_in(&cache).into_machine(&config())).unwrap_err();
        assert_eq!((error.http_status(), error.api_code(), error.operation()), (Some(status), Some(code), "get model"));
        assert!(cache.is_empty());
        script.assert_done();
    }
    let mut script = MockTransport::new()
        .expect("GET", "/v2/models/general")
        .reply(404, missing())
        .expect("POST", SEARCH)
        .reply(401, json!({"status": {"code": 11009}}));
    assert!(script.run(FindModel::new("general").into_machine(&config())).unwrap_err().is_auth());
    script.assert_done();
}

#[test]
fn a_model_without_an_id_is_not_found() {
    let mut script =
        MockTransport::new().expect("GET", "/v2/models/general").reply(200, one(json!({"name": "general"})));
    let found = script.run(FindModel::new("general").into_machine(&config()));
    assert!(found.as_ref().is_err_and(clarifai_core::Error::is_not_found), "{found:?}");
}

#[test]
fn both_requests_are_retried() {
    let mut script = MockTransport::new()
        .expect("GET", "/v2/models/general")
        .reply(503, json!({}))
        .expect("GET", "/v2/models/general")
        .reply(404, missing())
        .expect("POST", SEARCH)
        .reply(429, json!({}))
        .expect("POST", SEARCH)
        .reply(200, many(json!([named("abc", "concept")])));
    assert_eq!(script.run(FindModel::new("general").into_machine(&config())).unwrap().id(), "abc");
    script.assert_done();
}

#[test]
fn events_at_the_wrong_time_are_misuse() {
    let misused = |step| match step {
        Step::Done(Err(error)) => {
            let error: clarifai_core::Error = error;
            matches!(error.kind(), ErrorKind::Misuse(_))
        }
        _ => false,
    };
    let mut machine = FindModel::new("general").into_machine(&config());
    assert!(misused(machine.resume(Now::default(), Event::Woke)));
    assert!(misused(machine.resume(Now::default(), Event::Begin)), "the machine has ended");
    let mut machine = FindModel::new("general").into_machine(&config());
    assert!(matches!(machine.resume(Now::default(), Event::Begin), Step::Send(_)));
    assert!(misused(machine.resume(Now::default(), Event::Begin)));
    assert!(misused(machine.resume(Now::default(), Event::Woke)));
}

#[test]
fn a_cache_separates_models_of_different_apps() {
    let cache = ModelCache::new();
    let scoped = |name: &str| config().with_app(AppRef::new("me", name));
    let path = |name: &str| format!("/v2/users/me/apps/{name}/models/harbour");
    for name in ["one", "two"] {
        let body = json!({"status": {"code": 10000}, "model": {"id": format!("harbour-of-{name}"), "name": "harbour"}});
        let mut script = MockTransport::new().expect("GET", &path(name)).reply(200, body);
        let found = script.run(FindModel::new("harbour").cached_in(&cache).into_machine(&scoped(name))).unwrap();
        assert_eq!(found.id(), format!("harbour-of-{name}"));
        script.assert_done();
    }
    cache.insert("pier", None, ModelRef::from("p").in_app(AppRef::new("me", "one")));
    let find = |name: &str| FindModel::new("pier").cached_in(&cache).into_machine(&scoped(name));
    assert_eq!(MockTransport::new().run(find("one")).unwrap().id(), "p", "a cached model sends no request");
}
