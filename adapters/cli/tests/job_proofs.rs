//! Proofs about job files: kills at any moment, disks that fail, the cost of the file, and exit codes.
//!
//! `cargo test` runs few and small cases; `CLARIFAI_PROOFS=full` and `just soak` run all of them, as the file
//! `core/tests/suite/support/cases.rs` describes.
#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../../../core/tests/suite/support/cases.rs"]
mod cases;
mod common;
#[path = "job_proofs/disks.rs"]
mod disks;
#[path = "job_proofs/exit_codes.rs"]
mod exit_codes;
#[path = "job_proofs/kills.rs"]
mod kills;
#[path = "job_proofs/setup.rs"]
mod setup;
