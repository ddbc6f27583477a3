//! Tests across the crates: the wire, answers, the simulator, adapters. What they share stands here.
//!
//! The README's examples run with them:
#![doc = include_str!("../../README.md")]
#![forbid(unsafe_code)]

use std::path::PathBuf;

use serde_json::{Map, Value};

pub mod conformance;
pub mod replay;

/// A file below `tests/data`.
pub fn data(path: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "data", path].iter().collect()
}

/// The members of a JSON object, such as metadata.
///
/// # Panics
///
/// If it is no object.
pub fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        other => panic!("no object: {other}"),
    }
}

/// One of the photographs.
///
/// # Panics
///
/// If there is no such photograph.
pub fn photograph(name: &str) -> Vec<u8> {
    let path = data(&format!("images/{name}.jpg"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
