//! Recorded responses of the service: decoding and encoding must lose nothing, and any single value may be of a wrong
//! type.
//!
//! The recordings are not part of this repository. `CLARIFAI_CORPUS` names a directory with `responses/` and
//! `responses_synthetic/`. Each file there has the body of a response in its member `body`. Without the variable these
//! tests check nothing.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "the ban is on core, not on its tests")]

use std::fs;
use std::path::Path;

use clarifai_core::types::{
    Annotation, Concept, EvalMetrics, Hit, Input, InputCount, Model, ModelVersion, Output, Status, Workflow,
    WorkflowResult,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// A loss that is allowed, and why: the end of a path, and a test of the values before and after.
type Exception = (&'static str, fn(&Value, Option<&Value>) -> bool, &'static str);

const MAY_GET_LOST: &[Exception] = &[
    ("unknown_field", |_, _| true, "added by the authors of other clients to test that it is ignored"),
    (
        "workflow_recommended",
        |was, is| was.as_str().and_then(|text| text.parse().ok()) == is.and_then(Value::as_bool),
        "a boolean that is sometimes encoded as text",
    ),
];

/// Returns the recorded bodies with the names of their files, or `None` without a corpus.
fn corpus() -> Option<Vec<(String, Value)>> {
    let Some(root) = std::env::var_os("CLARIFAI_CORPUS") else {
        println!("skipped: CLARIFAI_CORPUS is not set");
        return None;
    };
    let mut bodies = Vec::new();
    for folder in ["responses", "responses_synthetic"] {
        for entry in fs::read_dir(Path::new(&root).join(folder)).expect("a directory of recordings") {
            let path = entry.expect("an entry").path();
            let mut file: Value = serde_json::from_slice(&fs::read(&path).expect("a file")).expect("JSON");
            // Recordings of bodies that are not JSON have another member instead.
            if let Some(body) = file.get_mut("body") {
                bodies.push((path.display().to_string(), body.take()));
            }
        }
    }
    assert!(!bodies.is_empty(), "an empty corpus");
    bodies.sort_by(|a, b| a.0.cmp(&b.0));
    Some(bodies)
}

/// Decodes one object, or a list of them, and encodes it again.
fn through<T: DeserializeOwned + Serialize>(value: &Value) -> serde_json::Result<Value> {
    let text = value.to_string();
    if value.is_array() {
        serde_json::to_value(serde_json::from_str::<Vec<T>>(&text)?)
    } else {
        serde_json::to_value(serde_json::from_str::<T>(&text)?)
    }
}

/// Decodes and encodes the members of a body for which the crate has types.
fn roundtrip(body: &Map<String, Value>) -> Vec<(&str, &Value, serde_json::Result<Value>)> {
    let known = body.iter().filter_map(|(key, value)| {
        let again = match key.as_str() {
            "status" => through::<Status>(value),
            "input" | "inputs" => through::<Input>(value),
            "concept" | "concepts" => through::<Concept>(value),
            "model" | "models" => through::<Model>(value),
            "model_version" | "model_versions" => through::<ModelVersion>(value),
            "outputs" => through::<Output>(value),
            "workflow" | "workflows" => through::<Workflow>(value),
            "results" => through::<WorkflowResult>(value),
            "hits" => through::<Hit>(value),
            "counts" => through::<InputCount>(value),
            "eval_metrics" => through::<EvalMetrics>(value),
            "annotations" => through::<Annotation>(value),
            _ => return None,
        };
        Some((key.as_str(), value, again))
    });
    known.collect()
}

/// Returns whether two numbers are equal, encoded as a number or as text.
fn same_number(was: &Value, is: &Value) -> bool {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if !(is.is_number() && (was.is_number() || was.is_string())) {
        return false;
    }
    // As text first: integers of 64 bits do not fit a float.
    text(was) == text(is) || (was.is_number() && was.as_f64() == is.as_f64())
}

/// Adds the path of each value of `was` that differs in `is`.
fn compare(path: &str, was: &Value, is: Option<&Value>, lost: &mut Vec<String>) {
    let excused = |(end, test, _): &Exception| path.rsplit('.').next() == Some(*end) && test(was, is);
    match (was, is) {
        (Value::Null, None | Some(Value::Null)) => {}
        (Value::Object(was), Some(Value::Object(is))) => {
            for (key, value) in was {
                compare(&format!("{path}.{key}"), value, is.get(key), lost);
            }
            let added = is.keys().filter(|key| !was.contains_key(*key));
            lost.extend(added.map(|key| format!("{path}.{key}: was added")));
        }
        (Value::Array(was), Some(Value::Array(is))) if was.len() == is.len() => {
            for (index, (was, is)) in was.iter().zip(is).enumerate() {
                compare(&format!("{path}[{index}]"), was, Some(is), lost);
            }
        }
        (was, Some(is)) if was == is || same_number(was, is) => {}
        _ if MAY_GET_LOST.iter().any(excused) => {}
        _ => lost.push(format!("{path}: {was} became {}", is.unwrap_or(&Value::Null))),
    }
}

#[test]
fn recorded_responses_lose_nothing() {
    let Some(bodies) = corpus() else { return };
    let mut lost = Vec::new();
    let mut members = 0;
    for (file, body) in &bodies {
        for (key, was, again) in roundtrip(body.as_object().expect("an object")) {
            // Older APIs and wrong routes have text where this API has objects.
            if was.is_string() {
                continue;
            }
            members += 1;
            match again {
                Ok(_) if was.is_null() => {}
                Ok(again) => compare(&format!("{file}: {key}"), was, Some(&again), &mut lost),
                Err(error) => lost.push(format!("{file}: {key}: {error}")),
            }
        }
    }
    println!("{members} members of {} bodies", bodies.len());
    assert!(lost.is_empty(), "lost:\n{}", lost.join("\n"));
}

/// Returns the number of values in `value`, including itself.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(list) => list.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

/// Returns the value number `index` in depth-first order, and counts `index` down on the way.
fn find<'a>(value: &'a mut Value, index: &mut usize) -> Option<&'a mut Value> {
    if *index == 0 {
        return Some(value);
    }
    *index -= 1;
    match value {
        Value::Array(list) => list.iter_mut().find_map(|value| find(value, index)),
        Value::Object(members) => members.values_mut().find_map(|value| find(value, index)),
        _ => None,
    }
}

#[test]
fn any_single_value_may_be_of_a_wrong_type() {
    let Some(bodies) = corpus() else { return };
    let odd = [json!(null), json!("odd"), json!(-7.5), json!({}), json!([])];
    let mut tried = 0;
    for (file, body) in bodies {
        for (key, value) in body.as_object().expect("an object") {
            let mut member = json!({ key: value });
            // Number 0 is the object around the member.
            for index in 1..count(&member) {
                for other in &odd {
                    let place = find(&mut member, &mut index.clone()).expect("an index below the count");
                    let was = std::mem::replace(place, other.clone());
                    for (_, value, again) in roundtrip(member.as_object().expect("an object")) {
                        assert!(again.is_ok(), "{file}: {value} with {other} at {index} for {was}: {again:?}");
                        tried += 1;
                    }
                    *find(&mut member, &mut index.clone()).expect("the same place") = was;
                }
            }
        }
    }
    println!("{tried} bodies with one wrong value were decoded");
}
