//! Recorded answers of the service: each must survive reading and writing, and any one value in it
//! may be odd.
//!
//! The recordings are not part of this repository. `CLARIFAI_CORPUS` names a folder with
//! `responses/` and `responses_synthetic/`, files of which hold the body of an answer in the member
//! `body`.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "the ban is on core, not on its tests")]

use std::fs;
use std::path::Path;

use clarifai_core::model::{
    Annotation, Concept, EvalMetrics, Hit, Input, InputCount, Model, ModelVersion, Output, Status, Workflow,
    WorkflowResult,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// What may get lost, and why: the end of a path, and a test of the value there and of what became
/// of it.
type Exception = (&'static str, fn(&Value, Option<&Value>) -> bool, &'static str);

const MAY_GET_LOST: &[Exception] = &[
    ("unknown_field", |_, _| true, "planted by the authors of other clients to see it ignored"),
    (
        "workflow_recommended",
        |was, is| was.as_str().and_then(|text| text.parse().ok()) == is.and_then(Value::as_bool),
        "a truth value that is now and then written as text",
    ),
];

/// The recorded bodies with the names of their files, or `None` if there are none to be had.
fn corpus() -> Option<Vec<(String, Value)>> {
    let Some(root) = std::env::var_os("CLARIFAI_CORPUS") else {
        println!("skipped: CLARIFAI_CORPUS names no folder");
        return None;
    };
    let mut bodies = Vec::new();
    for folder in ["responses", "responses_synthetic"] {
        for entry in fs::read_dir(Path::new(&root).join(folder)).expect("a folder of recordings") {
            let path = entry.expect("an entry").path();
            let mut file: Value = serde_json::from_slice(&fs::read(&path).expect("a file")).expect("JSON");
            // Recordings of bodies that are no JSON have another member instead.
            if let Some(body) = file.get_mut("body") {
                bodies.push((path.display().to_string(), body.take()));
            }
        }
    }
    assert!(!bodies.is_empty(), "an empty corpus");
    bodies.sort_by(|a, b| a.0.cmp(&b.0));
    Some(bodies)
}

/// Reads one object, or a list of them, and writes it again.
fn through<T: DeserializeOwned + Serialize>(value: &Value) -> serde_json::Result<Value> {
    let text = value.to_string();
    if value.is_array() {
        serde_json::to_value(serde_json::from_str::<Vec<T>>(&text)?)
    } else {
        serde_json::to_value(serde_json::from_str::<T>(&text)?)
    }
}

/// Reads and writes the members of a body that this crate has types for.
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

/// Whether two numbers are the same, written as a number or as text.
fn same_number(was: &Value, is: &Value) -> bool {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if !(is.is_number() && (was.is_number() || was.is_string())) {
        return false;
    }
    // As text first: integers of 64 bits do not fit a float.
    text(was) == text(is) || (was.is_number() && was.as_f64() == is.as_f64())
}

/// Adds the path of each value that is not in `is` as it was.
fn compare(path: &str, was: &Value, is: Option<&Value>, lost: &mut Vec<String>) {
    let excused = |(end, test, _): &Exception| path.rsplit('.').next() == Some(*end) && test(was, is);
    match (was, is) {
        (Value::Null, None | Some(Value::Null)) => {}
        (Value::Object(was), Some(Value::Object(is))) => {
            for (key, value) in was {
                compare(&format!("{path}.{key}"), value, is.get(key), lost);
            }
            let added = is.keys().filter(|key| !was.contains_key(*key));
            lost.extend(added.map(|key| format!("{path}.{key}: came from nowhere")));
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
fn recorded_answers_survive_reading_and_writing() {
    let Some(bodies) = corpus() else { return };
    let mut lost = Vec::new();
    let mut members = 0;
    for (file, body) in &bodies {
        for (key, was, again) in roundtrip(body.as_object().expect("an object")) {
            // Older APIs and wrong routes put text where this one has objects: nothing to be had
            // from it.
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

/// How many values there are in `value`, itself included.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(list) => list.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

/// The value number `index` in depth-first order; `index` counts down on the way.
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
fn any_one_value_may_be_odd() {
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
    println!("{tried} bodies with one odd value read");
}
