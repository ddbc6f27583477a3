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

//! # What it remembers
//!
//! Each application has its own state: an API key is one application, and with a scope in the path the scope is.
//!
//! | resource | what happens |
//! |---|---|
//! | concepts | made by name, or by being mentioned on an input or in a model; the public vocabulary can be searched in its languages |
//! | inputs | pending when they are added, processed or failed a while later; annotated by merge, overwrite and remove; gone a while after they are deleted |
//! | searches | terms of inputs filter, terms of outputs rank: by what is measured, by what a model was taught, by likeness |
//! | models | taught by the app's annotated inputs: a training is queued, runs, and ends well or says what was missing |
//! | workflows | models asked together; `General` is public and asks the general and the color model |
//!
//! How long a while is says [`Delays`], on the clock that each call hands in: a test that moves the clock waits for
//! nothing. The state can be saved and restored, see [`Simulator::save`]. What was done to it stands in
//! [`Simulator::ledger`], so that a test can tell whether a call that was made twice took effect twice:
//!
//! ```
//! use clarifai_simulator::Client;
//! # use clarifai_simulator::core::Body;
//! # use http::Request;
//!
//! let client = Client::new();
//! let request = Request::post("/v2/concepts")
//!     .header("authorization", "Key my-key")
//!     .body(Body::from_bytes(r#"{"concepts": [{"id": "cat"}]}"#))?;
//! client.send(request);
//! let ledger = client.simulator().ledger();
//! assert_eq!((ledger[0].operation.as_str(), ledger[0].id.as_str(), ledger[0].committed()), ("create", "cat", true));
//! # Ok::<(), http::Error>(())
//! ```

//!
//! # How it misbehaves
//!
//! | you want | look at |
//! |---|---|
//! | exchanges that go wrong in process, in virtual time | [`Client::with_faults`], [`Client::exchange`], [`faults`] |
//! | the same on a port | [`Server::start_with_faults`] |
//! | repeated ids that are refused, ignored or doubled | [`rules::Duplicates`] |
//! | smaller limits, a rate that is kept, lists that end early | [`rules`] |
//! | how often each input was created | [`Simulator::commits`] |
//! | whether a client's report is true | [`audit`] |
//!
//! Every answer has a `Date`, from the clock that was handed in.

#![forbid(unsafe_code)]

mod answer;
pub mod audit;
mod call;
mod catalog;
mod classifier;
mod client;
pub mod faults;
mod geo;
mod media;
mod predict;
mod routes;
pub mod rules;
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
