//! Integration tests of the simulator, in one binary.

#![allow(clippy::unwrap_used)]

mod concepts;
mod cross_origin;
mod datasets_and_annotations;
mod faults;
mod inputs;
mod invalid_requests;
mod layers;
mod models;
mod openai;
mod recognition;
mod rules;
mod save_restore;
mod searches;
#[cfg(feature = "server")]
mod server_faults;
mod support;
mod vision;
mod workflows;
