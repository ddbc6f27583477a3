//! Job files: SQLite databases that record the inputs of a command, what was sent, and what came back.
//!
//! `docs/job-file.md` describes the tables for users. [`read`] is the only way in which commands read a job file, and
//! [`journal`] the only way in which they write one.

pub(crate) mod commands;
pub(crate) mod error;
pub(crate) mod journal;
mod planted_fault;
pub(crate) mod read;
mod report;
pub(crate) mod schema;
