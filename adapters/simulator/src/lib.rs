#![doc = include_str!("../README.md")]
//!
//! # What it knows
//!
//! | model | ids and names | answers |
//! |---|---|---|
//! | general | `general-image-recognition`, `aaa03c23b3724a16a56b629203edc62c`; name `general-v1.3` | concepts it can measure |
//! | color | `color-recognition`, `eeed0b6733a644cea07cf4c60f87ebb7`; name `color` | dominant colours, nearest W3C name, share |
//! | embed | `general-image-embedding`, `bbb5f41425b8468d9b7a554ff10f8581`; name `general-v1.3` | a unit vector of 1,024 numbers |
//!
//! Videos are taken as animated GIF; it has no decoder for others and answers as the service does to a format it
//! cannot read. It fetches nothing from the network: an address is a failed download unless a folder is mounted that
//! holds it, see [`Simulator::mount`].

#![forbid(unsafe_code)]

mod answer;
mod call;
mod catalog;
mod classifier;
mod client;
mod geo;
mod media;
mod predict;
mod routes;
#[cfg(feature = "server")]
mod server;
mod service;
mod state;
mod token;
pub mod vision;
mod web;

pub use clarifai_core as core;
pub use client::Client;
#[cfg(feature = "server")]
pub use server::Server;
pub use service::{RestoreError, Simulator};
pub use state::Delays;
pub use state::ledger::Entry;
