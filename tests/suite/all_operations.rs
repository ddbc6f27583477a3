//! Rules for all operations: ids that need encoding, both forms of the path, batches in which any number of items
//! fails, invalid arguments, unknown values, and a row in the table of Python names.

use std::collections::BTreeSet;

use bytes::Bytes;
use clarifai_core::annotations::{
    CreateAnnotations, DeleteAnnotation, DeleteAnnotations, GetAnnotation, ListAnnotations, NewAnnotation,
    PatchAnnotations,
};
use clarifai_core::concepts::{ConceptRef, CreateConcepts, GetConcept, ListConcepts, PatchConcepts, SearchConcepts};
use clarifai_core::datasets::{
    AddDatasetInputs, CreateDatasets, DeleteDatasets, GetDataset, ListDatasetInputs, ListDatasets, NewDataset,
    PatchDatasets, RemoveDatasetInputs,
};
use clarifai_core::error::ErrorKind;
use clarifai_core::inputs::{
    CancelInputsAddJob, CreateInputs, DeleteInput, DeleteInputs, GetInput, GetInputCounts, GetInputOutputs,
    GetInputsAddJob, InputPatch, ListInputs, ListInputsAddJobs, NewInput, NewRegion, PatchInputOutputs, PatchInputs,
    StreamInputs,
};
use clarifai_core::models::{
    CreateModel, CreateModelVersion, DeleteModel, DeleteModelVersion, DeleteModels, EvaluateModelVersion, GetModel,
    GetModelOutputInfo, GetModelVersion, GetModelVersionMetrics, ListModelInputs, ListModelVersions, ListModels,
    ModelRef, PatchModel, Predict, SearchModels, SendModelFeedback,
};
use clarifai_core::searches::{
    CountInputs, InputKind, QueryAnnotations, QueryInputs, SearchFilter, SearchInputs, SearchRank, SearchTerm,
    SendSearchFeedback,
};
use clarifai_core::transport::Body;
use clarifai_core::types::{Distance, GeoBox, GeoPoint};
use clarifai_core::workflows::{
    CreateWorkflow, DeleteWorkflow, DeleteWorkflows, GetWorkflow, ListPublicWorkflows, ListWorkflows, NewWorkflowNode,
    PatchWorkflow, PredictWorkflow,
};
use clarifai_core::{AppRef, Config, Credentials, Error, Exchange, FeedbackInfo, Operation, Page, PatchAction};
use clarifai_tests::{data, exchanges};
use http::{Request, Response};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

fn config() -> Config {
    Config::new(Credentials::key("0123456789abcdef").unwrap())
}

fn scoped() -> Config {
    config().with_app(AppRef::new("me", "mine"))
}

fn request<O: Operation>(config: &Config, operation: O) -> Result<Request<Body>, Error> {
    let (request, _) = Exchange::new(config, operation)?.into_parts();
    exchanges::record(O::SPEC.name, &request.clone().map(|body| body.to_bytes()), None);
    Ok(request)
}

type Build = fn(&Config, &str) -> Result<Request<Body>, Error>;

/// All operations with an id in their path, and the segments of the path: `*` is the id.
const WITH_ID: &[(&str, Build)] = &[
    ("concepts/*", |config, id| request(config, GetConcept::new(id))),
    ("inputs/*", |config, id| request(config, GetInput::new(id))),
    ("inputs/*", |config, id| request(config, DeleteInput::new(id))),
    ("inputs/*/outputs", |config, id| request(config, GetInputOutputs::new(id))),
    ("inputs/*/outputs", |config, id| request(config, PatchInputOutputs::merge(id, "m", ["c"]))),
    ("inputs/*/annotations/a", |config, id| request(config, GetAnnotation::new(id, "a"))),
    ("inputs/i/annotations/*", |config, id| request(config, GetAnnotation::new("i", id))),
    ("inputs/*/annotations/a", |config, id| request(config, DeleteAnnotation::new(id, "a"))),
    ("inputs/i/annotations/*", |config, id| request(config, DeleteAnnotation::new("i", id))),
    ("inputs/jobs/add/*", |config, id| request(config, GetInputsAddJob::new(id))),
    ("inputs/jobs/add/*", |config, id| request(config, CancelInputsAddJob::new(id))),
    ("datasets/*", |config, id| request(config, GetDataset::new(id))),
    ("datasets/*/inputs", |config, id| request(config, AddDatasetInputs::new(id).input("i"))),
    ("datasets/*/inputs", |config, id| request(config, ListDatasetInputs::new(id))),
    ("datasets/*/inputs", |config, id| request(config, RemoveDatasetInputs::new(id, ["i"]))),
    ("models/*", |config, id| request(config, GetModel::new(id))),
    ("models/*", |config, id| request(config, DeleteModel::new(id))),
    ("models/*/output_info", |config, id| request(config, GetModelOutputInfo::new(id))),
    ("models/m/versions/*/output_info", |config, id| request(config, GetModelOutputInfo::new(version(id)))),
    ("models/*/outputs", |config, id| request(config, Predict::new(id).image_url("http://u"))),
    ("models/m/versions/*/outputs", |config, id| request(config, Predict::new(version(id)).image_url("http://u"))),
    ("models/*/versions", |config, id| request(config, CreateModelVersion::new(id))),
    ("models/*/versions", |config, id| request(config, ListModelVersions::new(id))),
    ("models/*/versions/v", |config, id| request(config, GetModelVersion::new(id, "v"))),
    ("models/m/versions/*", |config, id| request(config, GetModelVersion::new("m", id))),
    ("models/m/versions/*", |config, id| request(config, DeleteModelVersion::new("m", id))),
    ("models/*/inputs", |config, id| request(config, ListModelInputs::new(id))),
    ("models/m/versions/*/inputs", |config, id| request(config, ListModelInputs::new(version(id)))),
    ("models/*/feedback", |config, id| request(config, SendModelFeedback::new(id, "i"))),
    ("models/m/versions/*/feedback", |config, id| request(config, SendModelFeedback::new(version(id), "i"))),
    ("workflows/*", |config, id| request(config, GetWorkflow::new(id))),
    ("workflows/*", |config, id| request(config, DeleteWorkflow::new(id))),
    ("models/*/versions/v/metrics", |config, id| request(config, EvaluateModelVersion::new(id, "v"))),
    ("models/m/versions/*/metrics", |config, id| {
        request(config, GetModelVersionMetrics::new("m", id).confusion_matrix())
    }),
    ("workflows/*/results", |config, id| request(config, PredictWorkflow::new(id).image_url("http://u"))),
];

/// The operations that name the app in which they look for the resource, whatever the app of the configuration.
#[test]
fn an_owner_replaces_the_app_of_the_configuration() {
    let owned = || ModelRef::from("m").in_app(AppRef::new("flora", "garden"));
    for (request, path) in [
        (request(&scoped(), GetModel::new(owned())), "models/m"),
        (request(&scoped(), Predict::new(owned()).image_url("http://u")), "models/m/outputs"),
        (request(&scoped(), PatchModel::merge(owned()).name("n")), "models"),
        (request(&scoped(), ListModels::new().in_app(AppRef::new("flora", "garden"))), "models"),
    ] {
        assert_eq!(request.unwrap().uri().path(), format!("/v2/users/flora/apps/garden/{path}"));
    }
}

/// Predictions of models and of workflows have the same inputs and options.
#[test]
fn predictions_of_models_and_workflows_share_their_methods() {
    macro_rules! with_all {
        ($predict:expr) => {
            $predict
                .image_url("http://u")
                .image_bytes(vec![1, 2, 3])
                .image_base64("AQID")
                .language("de")
                .min_value(0.5)
                .max_concepts(3)
                .select(ConceptRef::id("c"))
                .sample_ms(500)
        };
    }
    let json = |request: Result<Request<Body>, Error>| -> Value {
        serde_json::from_slice(&request.unwrap().body().to_bytes()).unwrap()
    };
    let model = json(request(&config(), with_all!(Predict::new("m"))));
    let workflow = json(request(&config(), with_all!(PredictWorkflow::new("w"))));
    assert_eq!(model["inputs"], workflow["inputs"]);
    assert_eq!(model["model"]["model_version"]["output_info"]["output_config"], workflow["output_config"]);
    let options = json!({"language": "de", "min_value": 0.5, "max_concepts": 3, "select_concepts": [{"id": "c"}],
        "sample_ms": 500});
    assert_eq!(workflow["output_config"], options);
    for video in [
        request(&config(), PredictWorkflow::new("w").video_url("http://u")),
        request(&config(), PredictWorkflow::new("w").video_bytes(vec![1])),
    ] {
        assert!(json(video)["inputs"][0]["data"]["video"].is_object());
    }
}

/// All other operations, with their path.
const WITHOUT_ID: &[(&str, Build)] = &[
    ("concepts", |config, _| request(config, ListConcepts::new())),
    ("concepts", |config, _| request(config, CreateConcepts::new().concept("c"))),
    ("concepts", |config, _| request(config, PatchConcepts::new().rename("c", "n"))),
    ("concepts/searches", |config, _| request(config, SearchConcepts::new("c*"))),
    ("inputs", |config, _| request(config, ListInputs::new())),
    ("inputs", |config, _| request(config, CreateInputs::new().input(NewInput::image_url("http://u")))),
    ("inputs", |config, _| {
        let info = FeedbackInfo::new().end_user_id("u").event_type("annotation");
        request(config, CreateInputs::new().input(NewInput::image_url("http://u").feedback_info(info)))
    }),
    ("inputs", |config, _| request(config, PatchInputs::merge().input(InputPatch::new("i").concept("c")))),
    ("inputs", |config, _| request(config, DeleteInputs::ids(["i"]))),
    ("inputs/status", |config, _| request(config, GetInputCounts::new())),
    ("inputs/stream", |config, _| request(config, StreamInputs::new())),
    ("inputs/jobs/add", |config, _| request(config, ListInputsAddJobs::new())),
    ("annotations", |config, _| request(config, CreateAnnotations::new().annotation(note()))),
    ("annotations", |config, _| request(config, PatchAnnotations::merge().annotation(note().id("a")))),
    ("annotations", |config, _| request(config, ListAnnotations::new())),
    ("annotations", |config, _| request(config, DeleteAnnotations::of_inputs(["i"]))),
    ("datasets", |config, _| request(config, CreateDatasets::new().dataset(NewDataset::new("d")))),
    ("datasets", |config, _| request(config, ListDatasets::new())),
    ("datasets", |config, _| {
        request(config, PatchDatasets::merge().dataset(NewDataset::new("d").description("boats")))
    }),
    ("datasets", |config, _| request(config, DeleteDatasets::ids(["d"]))),
    ("inputs/searches", |config, _| request(config, QueryInputs::new().filter(SearchFilter::kind(InputKind::Image)))),
    ("inputs/searches", |config, _| request(config, CountInputs::new().filter(SearchFilter::dataset("d")))),
    ("annotations/searches", |config, _| request(config, QueryAnnotations::new().rank(SearchRank::text("a boat")))),
    ("searches", |config, _| request(config, SearchInputs::new())),
    ("searches/feedback", |config, _| request(config, SendSearchFeedback::new("i"))),
    ("models", |config, _| request(config, ListModels::new())),
    ("models", |config, _| request(config, CreateModel::new("m"))),
    ("models", |config, _| request(config, PatchModel::merge("m").name("n"))),
    ("models", |config, _| request(config, DeleteModels::ids(["m"]))),
    ("models", |config, _| request(config, DeleteModels::all())),
    ("models/searches", |config, _| request(config, SearchModels::new())),
    ("workflows", |config, _| request(config, ListWorkflows::new())),
    ("workflows", |config, _| request(config, CreateWorkflow::new("w").node(NewWorkflowNode::new("n", "m")))),
    ("workflows", |config, _| {
        request(config, PatchWorkflow::new("w", PatchAction::Merge).node(NewWorkflowNode::new("n", "m")))
    }),
    ("workflows", |config, _| request(config, DeleteWorkflows::ids(["w"]))),
    ("workflows", |config, _| request(config, DeleteWorkflows::all())),
];

fn note() -> NewAnnotation {
    NewAnnotation::new("i").concept("c")
}

/// The app that contains the public workflows, whatever the app of the client is.
const PUBLIC: &str = "v2/users/clarifai/apps/main/workflows";

fn version(id: &str) -> ModelRef {
    ModelRef::from("m").with_version(id)
}

/// Records all requests, for the check against the official description of the API.
#[test]
fn every_operation_is_recorded() {
    for config in [config(), scoped()] {
        let public = request(&config, ListPublicWorkflows::new()).unwrap();
        assert_eq!(public.uri().path().trim_start_matches('/'), PUBLIC);
    }
    for (_, build) in WITH_ID.iter().chain(WITHOUT_ID) {
        for config in [config(), scoped()] {
            build(&config, "plain").unwrap();
        }
    }
}

#[test]
fn an_id_is_one_path_segment_whatever_it_contains() {
    for (pattern, build) in WITH_ID.iter().chain(WITHOUT_ID) {
        for id in ["plain", "a/b", "a b", "50%", "犬", "a?b#c", "%2e%2e", "../x", "...x"] {
            for (config, prefix) in [(config(), "v2"), (scoped(), "v2/users/me/apps/mine")] {
                let request = build(&config, id).unwrap_or_else(|error| panic!("{pattern} {id}: {error}"));
                let path = request.uri().path();
                let segments: Vec<_> = path
                    .trim_start_matches('/')
                    .split('/')
                    .map(|one| percent_decode_str(one).decode_utf8().unwrap())
                    .collect();
                let expected = format!("{prefix}/{pattern}");
                let expected: Vec<_> = expected.split('/').map(|one| if one == "*" { id } else { one }).collect();
                assert_eq!(segments, expected, "{pattern} with {id}: {path}");
            }
        }
    }
    for (pattern, build) in WITH_ID {
        for id in ["", ".", "..", "...."] {
            let error = build(&config(), id).expect_err(pattern);
            assert!(matches!(error.kind(), ErrorKind::InvalidArgument(_)), "{pattern} with {id:?}: {error}");
        }
    }
}

#[test]
fn errors_name_the_invalid_argument() {
    let many = || (0..129).map(|number| number.to_string());
    let empty: [&str; 0] = [];
    let both = {
        let mut concept = ConceptRef::id("c");
        concept.name = Some("n".to_owned());
        concept
    };
    let term = |term| request(&config(), SearchInputs::new().term(term));
    let patch = |patch| request(&config(), PatchInputs::merge().input(patch));
    for (what, request, argument) in [
        ("no concepts", request(&config(), CreateConcepts::new()), "concepts"),
        ("129 concepts", request(&config(), many().fold(CreateConcepts::new(), CreateConcepts::concept)), "concepts"),
        ("no id", request(&config(), CreateConcepts::new().concept("")), "concepts[0] id"),
        ("no new name", request(&config(), PatchConcepts::new().rename("c", "")), "concepts[0] name"),
        ("nothing to search", request(&config(), SearchConcepts::new(" ")), "name"),
        ("no inputs", request(&config(), CreateInputs::new()), "inputs"),
        ("no ids", request(&config(), DeleteInputs::ids(empty)), "ids"),
        ("129 ids", request(&config(), DeleteInputs::ids(many())), "ids"),
        ("a bad id", request(&config(), DeleteInputs::ids(["a", ".."])), "ids[1] id"),
        ("129 models", request(&config(), DeleteModels::ids(many())), "ids"),
        ("page 0", request(&config(), ListInputs::new().page(Page::new(0, 20))), "page"),
        ("size 0", request(&config(), ListConcepts::new().page(Page::new(1, 0))), "page size"),
        ("size 1001", request(&config(), ListModels::new().page(Page::new(1, 1001))), "page size"),
        ("empty patch", patch(InputPatch::new("i")), "inputs[0] patch"),
        ("latitude 91", patch(InputPatch::new("i").geo_point(0.0, 91.0)), "inputs[0] geo point"),
        (
            "bad region",
            patch(InputPatch::new("i").region(NewRegion::bounding_box(0.5, 0.0, 0.4, 1.0))),
            "inputs[0] regions[0] bounding box",
        ),
        ("no patches", request(&config(), PatchInputs::merge()), "inputs"),
        (
            "concept without a name",
            patch(InputPatch::new("i").annotation(ConceptRef::default())),
            "inputs[0] concepts[0]",
        ),
        ("id and name", term(SearchTerm::annotated(both)), "terms[0] concept"),
        ("value 2", term(SearchTerm::annotated(ConceptRef::id("c").valued(2.0))), "terms[0] concept"),
        ("empty metadata", term(SearchTerm::metadata(Map::new())), "terms[0] metadata"),
        ("longitude 181", term(SearchTerm::near(GeoPoint::new(181.0, 0.0), None)), "terms[0] geo point"),
        ("no distance", term(SearchTerm::near(GeoPoint::new(0.0, 0.0), Distance::miles(0.0))), "terms[0] distance"),
        (
            "NaN distance",
            term(SearchTerm::near(GeoPoint::new(0.0, 0.0), Distance::miles(f64::NAN))),
            "terms[0] distance",
        ),
        (
            "box of one corner",
            term(SearchTerm::within(GeoBox::new(GeoPoint::new(1.0, 2.0), GeoPoint::new(1.0, 2.0)))),
            "terms[0] geo box",
        ),
        ("no image", term(SearchTerm::similar_to(NewInput::image_bytes(Bytes::new()))), "terms[0] bytes"),
        ("no workflow nodes", request(&config(), CreateWorkflow::new("w")), "nodes"),
        ("empty model patch", request(&config(), PatchModel::new("m", PatchAction::Merge)), "patch"),
        ("no object", request(&config(), CreateModel::new("m").hyper_parameters(json!([1]))), "hyper_parameters"),
        ("no corrections", request(&config(), PatchInputOutputs::merge("i", "m", empty)), "concepts"),
    ] {
        let error = request.expect_err(what);
        let ErrorKind::InvalidArgument(invalid) = error.kind() else { panic!("{what}: {error}") };
        assert_eq!(invalid.argument(), argument, "{what}: {error}");
        assert!(!error.may_have_happened() && !error.is_retryable());
    }
}

/// Returns the items of a response; those in `failing` failed.
fn items_of(ids: &[String], failing: &BTreeSet<usize>) -> Vec<Value> {
    let status = |index| if failing.contains(&index) { 30100 } else { 30000 };
    let item = |(index, id): (usize, &String)| json!({"id": id, "status": {"code": status(index)}});
    ids.iter().enumerate().map(item).collect()
}

/// Any number of failing items, with the response in order, shuffled, and with an item missing, extra, repeated or
/// unknown.
#[test]
fn a_batch_is_matched_item_by_item_or_is_an_error() {
    const COUNT: usize = 128;
    let ids: Vec<_> = (0..COUNT).map(|number| format!("id-{number}")).collect();
    let inputs = ids.iter().map(|id| NewInput::image_url("http://u").id(id));
    let exchange = Exchange::new(&config(), CreateInputs::new().inputs(inputs).by_item()).unwrap();
    let parse = |items: Vec<Value>, failed: usize| {
        let (http, code) = match failed {
            0 => (200, 10000),
            COUNT => (400, 10020),
            _ => (207, 10010),
        };
        let body = json!({"status": {"code": code}, "inputs": items}).to_string();
        exchange.parse(Response::builder().status(http).body(body).unwrap())
    };
    for failed in 0..=COUNT {
        // Spread over the batch, a different set for each number: 37 and 128 have no common factor.
        let failing: BTreeSet<_> = (0..failed).map(|number| (number * 37 + failed) % COUNT).collect();
        assert_eq!(failing.len(), failed);
        let items = items_of(&ids, &failing);
        let shuffled: Vec<_> = (0..COUNT).map(|place| items[(place * 51 + 7) % COUNT].clone()).collect();
        for items in [items.clone(), shuffled] {
            let batch = parse(items, failed).unwrap();
            let seen: BTreeSet<_> = batch.failures().map(|failure| failure.index).collect();
            assert_eq!(seen, failing, "{failed} failing");
            for (place, result) in batch.results().enumerate() {
                let id = result.map_or_else(|failure| failure.id, |input| input.id.clone());
                assert_eq!(id, ids[place], "{failed} failing");
            }
        }
        let mut missing = items.clone();
        missing.remove(failed.min(COUNT - 1));
        let mut extra = items.clone();
        extra.push(json!({"id": "unknown", "status": {"code": 30000}}));
        let mut twice = items.clone();
        twice[0] = twice[1].clone();
        let mut foreign = items;
        foreign[COUNT - 1]["id"] = "unknown".into();
        for (what, items) in [("missing", missing), ("extra", extra), ("twice", twice), ("foreign", foreign)] {
            let error = parse(items, failed).expect_err(what);
            assert!(error.may_have_happened() || failed == COUNT, "{failed} failing, one {what}: {error}");
        }
    }
}

/// Contradictory responses are an error, and never a success.
#[test]
fn failed_response_is_never_decoded_as_empty_or_done() {
    fn parse<O: Operation>(operation: O, http: u16, body: &Value) -> Result<O::Output, Error> {
        let response = Response::builder().status(http).body(body.to_string()).unwrap();
        Exchange::new(&config(), operation).unwrap().parse(response)
    }
    let failed = json!({"status": {"code": 10020, "details": "index down"}, "inputs": [], "hits": []});
    for http in [200, 400, 500] {
        assert!(parse(SearchInputs::new(), http, &failed).is_err());
        assert!(parse(ListInputs::new(), http, &failed).is_err());
        assert!(parse(ListModelInputs::new("m"), http, &failed).is_err());
        assert!(parse(ListInputs::new().raw(), http, &failed).is_err());
    }
    let two = || CreateInputs::new().input(NewInput::image_url("http://u")).input(NewInput::image_url("http://v"));
    let mixed = json!({"status": {"code": 10010}, "inputs": [{"id": "x"}, {"id": "y"}]});
    assert!(parse(two(), 207, &mixed).is_err(), "the status is mixed, and no item failed");
    let result = json!({"status": {"code": 10000}, "outputs": [{"status": {"code": 21354}}]});
    let result = json!({"status": {"code": 10000}, "results": [result]});
    let batch = parse(PredictWorkflow::new("w").image_url("http://u").by_item(), 200, &result).unwrap();
    assert_eq!(batch.failures().count(), 1, "a result fails if one of its outputs failed");

    let named = || NewInput::image_url("http://u").id("A");
    let three = two().input(named());
    let moved = json!({"status": {"code": 10000}, "inputs": [{"id": "A"}, {"id": "g2"}, {"id": "g3"}]});
    assert!(parse(three, 200, &moved).is_err(), "inputs without an id cannot be matched if one with an id moved");

    for nothing in [json!({}), json!({"status": {"message": "down"}}), json!({"ok": true})] {
        assert!(parse(DeleteInputs::ids(["i"]), 200, &nothing).is_err(), "{nothing}");
        assert!(parse(PatchInputOutputs::merge("i", "m", ["c"]), 200, &nothing).is_err(), "{nothing}");
        assert!(parse(ListModels::new().raw(), 200, &nothing).is_err(), "{nothing}");
    }
}

/// Whether a patch may be repeated depends on its content.
#[test]
fn patches_that_append_are_not_repeated_when_uncertain() {
    use clarifai_core::operation::Replay;
    let region = || InputPatch::new("i").region(NewRegion::bounding_box(0.1, 0.2, 0.3, 0.4));
    let metadata = |value: Value| InputPatch::new("i").metadata(value.as_object().unwrap().clone());
    for (patch, replay) in [
        (PatchInputs::merge().input(InputPatch::new("i").concept("c")), Replay::Idempotent),
        (PatchInputs::merge().input(metadata(json!({"a": {"b": 1}}))), Replay::Idempotent),
        (PatchInputs::merge().input(metadata(json!({"a": {"b": [1]}}))), Replay::Once),
        (PatchInputs::merge().input(region()), Replay::Once),
        (PatchInputs::merge().input(InputPatch::new("i").region(NewRegion::new().id("r"))), Replay::Idempotent),
        (PatchInputs::overwrite().input(region()), Replay::Idempotent),
        (PatchInputs::remove().input(region()), Replay::Idempotent),
    ] {
        assert_eq!(patch.replay(), replay, "{patch:?}");
    }
}

/// Each value of the fixtures is replaced by one that a later version of the service may send, and members are added
/// and removed. The response must still be decoded.
#[test]
fn unknown_values_and_members_are_tolerated() {
    let mut tried = 0;
    for entry in std::fs::read_dir(data("responses")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if !(name.starts_with("predict") || name.starts_with("model")) {
            continue;
        }
        let body: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let mut places = Vec::new();
        collect(&body, &mut Vec::new(), &mut places);
        for place in places {
            // The members of the envelope are the outcome of the call, not data.
            if place.len() < 3 || place[0] == "status" {
                continue;
            }
            for change in CHANGES {
                let mut changed = body.clone();
                if apply(&mut changed, &place, *change) {
                    tried += 1;
                    read(&name, &changed).unwrap_or_else(|error| panic!("{name} {place:?} {change:?}: {error}"));
                }
            }
        }
    }
    println!("{tried} changed responses were decoded");
    assert!(tried > 5_000);
}

#[derive(Clone, Copy, Debug)]
enum Change {
    Null,
    Text,
    Number,
    NumberAsText,
    Object,
    List,
    Removed,
    Added,
}

const CHANGES: &[Change] = &[
    Change::Null,
    Change::Text,
    Change::Number,
    Change::NumberAsText,
    Change::Object,
    Change::List,
    Change::Removed,
    Change::Added,
];

fn collect(value: &Value, place: &mut Vec<String>, places: &mut Vec<Vec<String>>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect(),
        _ => return,
    };
    for (key, child) in children {
        place.push(key);
        places.push(place.clone());
        collect(child, place, places);
        place.pop();
    }
}

/// Makes the change. Returns whether there is one at this place.
fn apply(body: &mut Value, place: &[String], change: Change) -> bool {
    let (last, parents) = place.split_last().unwrap();
    let parent = parents.iter().fold(body, |value, key| match value {
        Value::Array(items) => &mut items[key.parse::<usize>().unwrap()],
        other => &mut other[key.as_str()],
    });
    if let Change::Removed = change {
        return parent.as_object_mut().is_some_and(|members| members.remove(last).is_some());
    }
    let value = match parent {
        Value::Array(items) => &mut items[last.parse::<usize>().unwrap()],
        other => &mut other[last.as_str()],
    };
    let new = match (change, &*value) {
        (Change::Null, _) => Value::Null,
        (Change::Text, _) => "A_FUTURE_NAME".into(),
        (Change::Number, _) => 987_654.into(),
        (Change::NumberAsText, Value::Number(number)) => number.to_string().into(),
        (Change::Object, _) => json!({}),
        (Change::List, _) => json!([]),
        (Change::Added, Value::Object(members)) => {
            let mut members = members.clone();
            members.insert("a_future_member".to_owned(), json!({"deep": [1, null, {"x": "y"}]}));
            Value::Object(members)
        }
        _ => return false,
    };
    *value = new;
    true
}

fn read(name: &str, body: &Value) -> Result<(), Error> {
    let response = Response::new(body.to_string());
    match name {
        "models" | "models_empty" => Exchange::new(&config(), ListModels::new())?.parse(response).map(drop),
        "model" | "model_output_info" => Exchange::new(&config(), GetModel::new("m"))?.parse(response).map(drop),
        _ => {
            // An item that is not an object is missing from the list, which is an error. So is the status that all
            // items failed, if an item does not confirm it. Everything else must be decoded.
            let count = body["outputs"].as_array().map_or(0, Vec::len);
            let urls = (0..count).map(|_| NewInput::image_url("http://u"));
            let result = Exchange::new(&config(), Predict::new("m").inputs(urls).by_item())?.parse(response);
            match result {
                Err(error) if body["outputs"].as_array().unwrap().iter().any(|item| !item.is_object()) => {
                    assert!(error.to_string().contains("were asked for") || error.api_code() == Some(10020), "{error}");
                    Ok(())
                }
                Err(error) if error.api_code() == Some(10020) => Ok(()),
                // The status is mixed, and no item reports a failure: that is an error, too.
                Err(error) if error.to_string().contains("does not say which of it failed") => Ok(()),
                result => result.map(drop),
            }
        }
    }
}

#[test]
fn every_python_name_has_a_row_in_the_table() {
    let map = include_str!("../../core/docs/python.md");
    let names = include_str!("../data/python_names.txt");
    let missing: Vec<_> = names.lines().filter(|name| !map.contains(&format!("| `{name}` |"))).collect();
    assert!(missing.is_empty(), "no row for {missing:?}");
    // So have the names in the wire vectors.
    let vectors = std::fs::read_to_string(data("wire/vectors.jsonl")).unwrap();
    for line in vectors.lines() {
        let vector: Value = serde_json::from_str(line).unwrap();
        let operation = vector["op"].as_str().unwrap();
        assert!(
            operation.starts_with("transport.") || map.contains(&format!("| `{operation}` |")),
            "no row for {operation}"
        );
    }
}
