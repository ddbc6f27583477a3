//! What holds for every operation: ids that need encoding, both forms of the path, batches of which any number fails,
//! arguments that are refused, and a row in the map from Python.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use bytes::Bytes;
use clarifai_core::concepts::{ConceptRef, CreateConcepts, GetConcept, ListConcepts, PatchConcepts, SearchConcepts};
use clarifai_core::error::ErrorKind;
use clarifai_core::inputs::{
    CreateInputs, DeleteInput, DeleteInputs, GetInput, GetInputCounts, GetInputOutputs, InputPatch, ListInputs,
    NewInput, NewRegion, PatchInputOutputs, PatchInputs,
};
use clarifai_core::models::{
    CreateModel, CreateModelVersion, DeleteModel, DeleteModelVersion, DeleteModels, GetModel, GetModelOutputInfo,
    GetModelVersion, ListModelInputs, ListModelVersions, ListModels, ModelRef, PatchModel, Predict, SearchModels,
    SendModelFeedback,
};
use clarifai_core::searches::{DistanceUnit, SearchInputs, SearchTerm, SendSearchFeedback};
use clarifai_core::workflows::{
    CreateWorkflow, DeleteWorkflow, DeleteWorkflows, GetWorkflow, ListPublicWorkflows, ListWorkflows, NewWorkflowNode,
    PatchWorkflow, PredictWorkflow,
};
use clarifai_core::{App, Body, Credentials, Error, Exchange, Operation, Page, PatchAction, Scope};
use clarifai_tests::data;
use http::{Request, Response};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

fn app() -> App {
    App::new(Credentials::key("0123456789abcdef").unwrap())
}

fn scoped() -> App {
    app().with_scope(Scope::new("me", "mine"))
}

fn request(app: &App, operation: impl Operation) -> Result<Request<Body>, Error> {
    Exchange::new(app, operation).map(|exchange| exchange.into_parts().0)
}

type Build = fn(&App, &str) -> Result<Request<Body>, Error>;

/// Every operation that takes an id into its path, and the segments around it: `*` stands for the id.
const WITH_ID: &[(&str, Build)] = &[
    ("concepts/*", |app, id| request(app, GetConcept::new(id))),
    ("inputs/*", |app, id| request(app, GetInput::new(id))),
    ("inputs/*", |app, id| request(app, DeleteInput::new(id))),
    ("inputs/*/outputs", |app, id| request(app, GetInputOutputs::new(id))),
    ("inputs/*/outputs", |app, id| request(app, PatchInputOutputs::merge(id, "m", ["c"]))),
    ("models/*", |app, id| request(app, GetModel::new(id))),
    ("models/*", |app, id| request(app, DeleteModel::new(id))),
    ("models/*/output_info", |app, id| request(app, GetModelOutputInfo::new(id))),
    ("models/m/versions/*/output_info", |app, id| request(app, GetModelOutputInfo::new(version(id)))),
    ("models/*/outputs", |app, id| request(app, Predict::with(id).image_url("http://u"))),
    ("models/m/versions/*/outputs", |app, id| request(app, Predict::with(version(id)).image_url("http://u"))),
    ("models/*/versions", |app, id| request(app, CreateModelVersion::new(id))),
    ("models/*/versions", |app, id| request(app, ListModelVersions::new(id))),
    ("models/*/versions/v", |app, id| request(app, GetModelVersion::new(id, "v"))),
    ("models/m/versions/*", |app, id| request(app, GetModelVersion::new("m", id))),
    ("models/m/versions/*", |app, id| request(app, DeleteModelVersion::new("m", id))),
    ("models/*/inputs", |app, id| request(app, ListModelInputs::new(id))),
    ("models/m/versions/*/inputs", |app, id| request(app, ListModelInputs::new(version(id)))),
    ("models/*/feedback", |app, id| request(app, SendModelFeedback::new(id, "i"))),
    ("models/m/versions/*/feedback", |app, id| request(app, SendModelFeedback::new(version(id), "i"))),
    ("workflows/*", |app, id| request(app, GetWorkflow::new(id))),
    ("workflows/*", |app, id| request(app, DeleteWorkflow::new(id))),
    ("workflows/*/results", |app, id| request(app, PredictWorkflow::with(id).image_url("http://u"))),
];

/// The others, with their path.
const WITHOUT_ID: &[(&str, Build)] = &[
    ("concepts", |app, _| request(app, ListConcepts::new())),
    ("concepts", |app, _| request(app, CreateConcepts::new().concept("c"))),
    ("concepts", |app, _| request(app, PatchConcepts::new().rename("c", "n"))),
    ("concepts/searches", |app, _| request(app, SearchConcepts::new("c*"))),
    ("inputs", |app, _| request(app, ListInputs::new())),
    ("inputs", |app, _| request(app, CreateInputs::new().input(NewInput::image_url("http://u")))),
    ("inputs", |app, _| request(app, PatchInputs::merge().input(InputPatch::new("i").concept("c")))),
    ("inputs", |app, _| request(app, DeleteInputs::ids(["i"]))),
    ("inputs", |app, _| request(app, DeleteInputs::all())),
    ("inputs/status", |app, _| request(app, GetInputCounts::default())),
    ("searches", |app, _| request(app, SearchInputs::new())),
    ("searches/feedback", |app, _| request(app, SendSearchFeedback::new("i"))),
    ("models", |app, _| request(app, ListModels::new())),
    ("models", |app, _| request(app, CreateModel::new("m"))),
    ("models", |app, _| request(app, PatchModel::new("m", PatchAction::Merge).name("n"))),
    ("models", |app, _| request(app, DeleteModels::ids(["m"]))),
    ("models", |app, _| request(app, DeleteModels::all())),
    ("models/searches", |app, _| request(app, SearchModels::new())),
    ("workflows", |app, _| request(app, ListWorkflows::new())),
    ("workflows", |app, _| request(app, CreateWorkflow::new("w").node(NewWorkflowNode::new("n", "m")))),
    ("workflows", |app, _| {
        request(app, PatchWorkflow::new("w", PatchAction::Merge).node(NewWorkflowNode::new("n", "m")))
    }),
    ("workflows", |app, _| request(app, DeleteWorkflows::ids(["w"]))),
    ("workflows", |app, _| request(app, DeleteWorkflows::all())),
    ("public_workflows", |app, _| request(app, ListPublicWorkflows::new())),
];

fn version(id: &str) -> ModelRef {
    ModelRef::from("m").with_version(id)
}

#[test]
fn an_id_is_one_segment_of_either_path_whatever_it_holds() {
    for (pattern, build) in WITH_ID.iter().chain(WITHOUT_ID) {
        for id in ["plain", "a/b", "a b", "50%", "犬", "a?b#c", "%2e%2e", "../x", "...x"] {
            for (app, prefix) in [(app(), "v2"), (scoped(), "v2/users/me/apps/mine")] {
                let request = build(&app, id).unwrap_or_else(|error| panic!("{pattern} {id}: {error}"));
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
            let error = build(&app(), id).expect_err(pattern);
            assert!(matches!(error.kind(), ErrorKind::Invalid(_)), "{pattern} with {id:?}: {error}");
        }
    }
}

#[test]
fn arguments_that_cannot_be_sent_are_named() {
    let many = || (0..129).map(|number| number.to_string());
    let empty: [&str; 0] = [];
    let both = {
        let mut concept = ConceptRef::id("c");
        concept.name = Some("n".to_owned());
        concept
    };
    let term = |term| request(&app(), SearchInputs::new().term(term));
    let patch = |patch| request(&app(), PatchInputs::merge().input(patch));
    for (what, request, argument) in [
        ("no concepts", request(&app(), CreateConcepts::new()), "concepts"),
        ("129 concepts", request(&app(), many().fold(CreateConcepts::new(), CreateConcepts::concept)), "concepts"),
        ("no id", request(&app(), CreateConcepts::new().concept("")), "concepts[0] id"),
        ("no new name", request(&app(), PatchConcepts::new().rename("c", "")), "concepts[0] name"),
        ("nothing to search", request(&app(), SearchConcepts::new(" ")), "name"),
        ("no inputs", request(&app(), CreateInputs::new()), "inputs"),
        ("no ids", request(&app(), DeleteInputs::ids(empty)), "ids"),
        ("129 ids", request(&app(), DeleteInputs::ids(many())), "ids"),
        ("a bad id", request(&app(), DeleteInputs::ids(["a", ".."])), "ids[1] id"),
        ("129 models", request(&app(), DeleteModels::ids(many())), "ids"),
        ("page 0", request(&app(), ListInputs::new().page(Page::new(0, 20))), "page"),
        ("size 0", request(&app(), ListConcepts::new().page(Page::new(1, 0))), "page size"),
        ("size 1001", request(&app(), ListModels::new().page(Page::new(1, 1001))), "page size"),
        ("empty patch", patch(InputPatch::new("i")), "inputs[0] patch"),
        ("latitude 91", patch(InputPatch::new("i").geo_point(0.0, 91.0)), "inputs[0] geo point"),
        (
            "bad region",
            patch(InputPatch::new("i").region(NewRegion::at(0.5, 0.0, 0.4, 1.0))),
            "inputs[0] regions[0] bounding box",
        ),
        ("no patches", request(&app(), PatchInputs::merge()), "inputs"),
        ("concept without a name", patch(InputPatch::new("i").stated(ConceptRef::default())), "inputs[0] concepts[0]"),
        ("id and name", term(SearchTerm::annotated(both)), "terms[0] concept"),
        ("value 2", term(SearchTerm::annotated(ConceptRef::id("c").valued(2.0))), "terms[0] concept"),
        ("empty metadata", term(SearchTerm::metadata(Map::new())), "terms[0] metadata"),
        ("longitude 181", term(SearchTerm::at(181.0, 0.0)), "terms[0] geo point"),
        ("no distance", term(SearchTerm::near(0.0, 0.0, 0.0, DistanceUnit::Miles)), "terms[0] distance"),
        ("NaN distance", term(SearchTerm::near(0.0, 0.0, f64::NAN, DistanceUnit::Miles)), "terms[0] distance"),
        ("box of one corner", term(SearchTerm::within((1.0, 2.0), (1.0, 2.0))), "terms[0] geo box"),
        ("no picture", term(SearchTerm::looks_like_bytes(Bytes::new())), "terms[0] bytes"),
        ("no workflow nodes", request(&app(), CreateWorkflow::new("w")), "nodes"),
        ("empty model patch", request(&app(), PatchModel::new("m", PatchAction::Merge)), "patch"),
        ("no corrections", request(&app(), PatchInputOutputs::merge("i", "m", empty)), "concepts"),
    ] {
        let error = request.expect_err(what);
        let ErrorKind::Invalid(invalid) = error.kind() else { panic!("{what}: {error}") };
        assert_eq!(invalid.argument(), argument, "{what}: {error}");
        assert!(!error.may_have_happened() && !error.is_retryable());
    }
}

/// An answer of 128 items, of which those of `failing` failed.
fn answer_of(ids: &[String], failing: &BTreeSet<usize>) -> Vec<Value> {
    let status = |index| if failing.contains(&index) { 30100 } else { 30000 };
    let item = |(index, id): (usize, &String)| json!({"id": id, "status": {"code": status(index)}});
    ids.iter().enumerate().map(item).collect()
}

/// Every number of failing items, with the answer in order, shuffled, and with an item missing, extra or twice.
#[test]
fn a_batch_is_matched_item_by_item_or_not_at_all() {
    const COUNT: usize = 128;
    let ids: Vec<_> = (0..COUNT).map(|number| format!("id-{number}")).collect();
    let inputs = ids.iter().map(|id| NewInput::image_url("http://u").with_id(id));
    let exchange = Exchange::new(&app(), CreateInputs::new().inputs(inputs)).unwrap();
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
        // Spread over the batch, a different set for each number: 37 has no factor in common with 128.
        let failing: BTreeSet<_> = (0..failed).map(|number| (number * 37 + failed) % COUNT).collect();
        assert_eq!(failing.len(), failed);
        let items = answer_of(&ids, &failing);
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
        extra.push(json!({"id": "nobody's", "status": {"code": 30000}}));
        let mut twice = items.clone();
        twice[0] = twice[1].clone();
        let mut foreign = items;
        foreign[COUNT - 1]["id"] = "nobody's".into();
        for (what, items) in [("missing", missing), ("extra", extra), ("twice", twice), ("foreign", foreign)] {
            let error = parse(items, failed).expect_err(what);
            assert!(error.may_have_happened() || failed == COUNT, "{failed} failing, one {what}: {error}");
        }
    }
}

/// Answers that contradict themselves are told, and never pass for success.
#[test]
fn what_failed_is_never_taken_for_nothing_found_or_for_done() {
    fn parse<O: Operation>(operation: O, http: u16, body: &Value) -> Result<O::Output, Error> {
        let response = Response::builder().status(http).body(body.to_string()).unwrap();
        Exchange::new(&app(), operation).unwrap().parse(response)
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
    assert!(parse(two(), 207, &mixed).is_err(), "mixed, and nothing failed");
    let result = json!({"status": {"code": 10000}, "outputs": [{"status": {"code": 21354}}]});
    let result = json!({"status": {"code": 10000}, "results": [result]});
    let batch = parse(PredictWorkflow::with("w").image_url("http://u"), 200, &result).unwrap();
    assert_eq!(batch.failures().count(), 1, "a result is as good as its outputs");

    let named = || NewInput::image_url("http://u").with_id("A");
    let three = two().input(named());
    let moved = json!({"status": {"code": 10000}, "inputs": [{"id": "A"}, {"id": "g2"}, {"id": "g3"}]});
    assert!(parse(three, 200, &moved).is_err(), "nobody can say which of the unnamed went where");

    for nothing in [json!({}), json!({"status": {"message": "down"}}), json!({"ok": true})] {
        assert!(parse(DeleteInputs::all(), 200, &nothing).is_err(), "{nothing}");
        assert!(parse(PatchInputOutputs::merge("i", "m", ["c"]), 200, &nothing).is_err(), "{nothing}");
        assert!(parse(ListModels::new().raw(), 200, &nothing).is_err(), "{nothing}");
    }
}

/// What a second sending of a patch does hangs on what it holds.
#[test]
fn patches_that_append_are_not_repeated_in_doubt() {
    use clarifai_core::Replay;
    let region = || InputPatch::new("i").region(NewRegion::at(0.1, 0.2, 0.3, 0.4));
    let metadata = |value: Value| InputPatch::new("i").metadata(value.as_object().unwrap().clone());
    for (patch, replay) in [
        (PatchInputs::merge().input(InputPatch::new("i").concept("c")), Replay::Idempotent),
        (PatchInputs::merge().input(metadata(json!({"a": {"b": 1}}))), Replay::Idempotent),
        (PatchInputs::merge().input(metadata(json!({"a": {"b": [1]}}))), Replay::Once),
        (PatchInputs::merge().input(region()), Replay::Once),
        (PatchInputs::overwrite().input(region()), Replay::Idempotent),
        (PatchInputs::remove().input(region()), Replay::Idempotent),
    ] {
        assert_eq!(patch.replay(), replay, "{patch:?}");
    }
}

/// Every value of our own answers, replaced one at a time by what a service of tomorrow may send, and with members added
/// and left out: all of it is still read.
#[test]
fn answers_of_tomorrow_are_read_today() {
    let mut tried = 0;
    for entry in std::fs::read_dir(data("answers")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if !(name.starts_with("predict") || name.starts_with("model")) {
            continue;
        }
        let answer: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let mut places = Vec::new();
        collect(&answer, &mut Vec::new(), &mut places);
        for place in places {
            // The envelope's own members say what the call came to; they are not data.
            if place.len() < 3 || place[0] == "status" {
                continue;
            }
            for change in CHANGES {
                let mut changed = answer.clone();
                if apply(&mut changed, &place, *change) {
                    tried += 1;
                    read(&name, &changed).unwrap_or_else(|error| panic!("{name} {place:?} {change:?}: {error}"));
                }
            }
        }
    }
    println!("answers of tomorrow: {tried} read");
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

/// Makes the change, or says that it makes none there.
fn apply(answer: &mut Value, place: &[String], change: Change) -> bool {
    let (last, parents) = place.split_last().unwrap();
    let parent = parents.iter().fold(answer, |value, key| match value {
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
        (Change::Text, _) => "A_WORD_OF_TOMORROW".into(),
        (Change::Number, _) => 987_654.into(),
        (Change::NumberAsText, Value::Number(number)) => number.to_string().into(),
        (Change::Object, _) => json!({}),
        (Change::List, _) => json!([]),
        (Change::Added, Value::Object(members)) => {
            let mut members = members.clone();
            members.insert("a_member_of_tomorrow".to_owned(), json!({"deep": [1, null, {"x": "y"}]}));
            Value::Object(members)
        }
        _ => return false,
    };
    *value = new;
    true
}

fn read(name: &str, answer: &Value) -> Result<(), Error> {
    let response = Response::new(answer.to_string());
    match name {
        "models" | "models_empty" => Exchange::new(&app(), ListModels::new())?.parse(response).map(drop),
        "model" | "model_output_info" => Exchange::new(&app(), GetModel::new("m"))?.parse(response).map(drop),
        _ => {
            // An item that is no object is left out of the list, which is told rather than guessed around; so is a
            // failure of all that one item does not confirm. Everything else is read.
            let count = answer["outputs"].as_array().map_or(0, Vec::len);
            let urls = (0..count).map(|_| NewInput::image_url("http://u"));
            let result = Exchange::new(&app(), Predict::with("m").inputs(urls))?.parse(response);
            match result {
                Err(error) if answer["outputs"].as_array().unwrap().iter().any(|item| !item.is_object()) => {
                    assert!(error.to_string().contains("were asked for") || error.api_code() == Some(10020), "{error}");
                    Ok(())
                }
                Err(error) if error.api_code() == Some(10020) => Ok(()),
                // Called mixed, and nothing that says of itself that it failed: that is told as well.
                Err(error) if error.to_string().contains("does not say which of it failed") => Ok(()),
                result => result.map(drop),
            }
        }
    }
}

#[test]
fn every_name_of_the_python_client_has_a_row() {
    let map = include_str!("../core/docs/python.md");
    let names = include_str!("data/python_names.txt");
    let missing: Vec<_> = names.lines().filter(|name| !map.contains(&format!("| `{name}` |"))).collect();
    assert!(missing.is_empty(), "no row for {missing:?}");
    // What the vectors call by name counts as well.
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
