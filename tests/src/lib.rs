//! What the tests across the crates share: of the wire format, responses, the simulator and adapters.
//!
//! The examples of the README are doctests of this crate:
#![doc = include_str!("../../README.md")]
#![forbid(unsafe_code)]

use std::path::PathBuf;

use serde_json::{Map, Value};

pub mod client_methods;
pub mod conformance;
pub mod exchanges;
pub mod recorded;
pub mod replay;

/// Returns the path of a file below `tests/data`.
pub fn data(path: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "data", path].iter().collect()
}

/// Returns the members of a JSON object, such as metadata.
///
/// # Panics
///
/// If the value is not an object.
pub fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        other => panic!("no object: {other}"),
    }
}

/// Returns one of the photographs.
///
/// # Panics
///
/// If there is no photograph with this name.
pub fn photograph(name: &str) -> Vec<u8> {
    let path = data(&format!("images/{name}.jpg"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
