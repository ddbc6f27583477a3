//! Tests across the crates, as one program, because each program is linked by itself.
//!
//! The conformance suite has a program for each adapter (`../conformance`): it listens to the log of the process and
//! searches it for the key, so two adapters in one process could not be distinguished.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../../core/tests/suite/support/cases.rs"]
mod cases;

mod all_operations;
mod conformance_tables;
mod datasets_and_annotations;
mod legacy_quirks;
mod recorded_responses;
mod service_tour;
mod simulator;
mod upload_accounting;
mod ureq_client;
mod users_and_apps;
mod wire;
