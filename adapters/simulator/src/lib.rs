#![doc = include_str!("../README.md")]
//!
//! # Public models
//!
//! | model | ids and names | output |
//! |---|---|---|
//! | general | `general-image-recognition`, `aaa03c23b3724a16a56b629203edc62c`; name `general-v1.3` | measured concepts |
//! | color | `color-recognition`, `eeed0b6733a644cea07cf4c60f87ebb7`; name `color` | dominant colors, nearest W3C name, share |
//! | embed | `general-image-embedding`, `bbb5f41425b8468d9b7a554ff10f8581`; name `general-v1.3` | a unit vector of 1,024 numbers |
//!
//! Images can be JPEG, PNG, GIF, WEBP, BMP or TIFF. Videos must be animated GIFs; other videos get the service's error
//! for an unsupported format. Nothing is fetched from the network: a URL is a failed download, unless a mounted folder
//! contains it, see [`Simulator::mount`].
//!
//! # OpenAI-compatible endpoint
//!
//! `/v2/ext/openai/v1` has two models, which measure text. They are not language models, and their responses say so.
//!
//! | model | short id | output |
//! |---|---|---|
//! | `clarifai/simulator/models/text-statistics` | `text-statistics` | chat: counts words, characters, sentences and images of the last message, as text or, with a response format, as JSON |
//! | `clarifai/simulator/models/text-hashing` | `text-hashing` | embeddings: a unit vector of 64 numbers from the words of a text |
//!
//! A chat is streamed if it asks for it, a few words per chunk. One token is one word. Tools are never called.
//! [Truncated](faults::Fault::TruncatedJson) and [sliced](faults::Fault::SlicedResponse) responses are faults inside
//! such a stream.
//!
//! # State
//!
//! Each application has its own state. The application is the one in the path of a request, or else the API key stands
//! for one.
//!
//! | resource | behavior |
//! |---|---|
//! | concepts | created by a call, or by their first use in an input or model; the public vocabulary can be searched in five languages |
//! | inputs | pending when they are added, later processed or failed; annotations can be merged, overwritten and removed; deleted inputs disappear after a delay |
//! | datasets | named sets of inputs, filled by a call or by an upload |
//! | users, apps | the caller and its apps; any app can be used without being created |
//! | annotations | boxes, masks, points, polygons, spans and time ranges with concepts; single ones fail by themselves |
//! | add jobs | count the inputs of an upload that are pending, processed and failed |
//! | searches | input terms filter, output terms rank: by measured concepts, by trained models, by similarity |
//! | models | trained with the annotated inputs of the application: a training is queued, runs, and succeeds or reports what is missing |
//! | workflows | several models on one input; the public workflow `General` runs the general and the color model |
//!
//! [`Delays`] sets how long processing, training and deletion take, on the clock that is passed to each call: a test
//! that moves the clock waits for nothing. The state can be saved and restored, see [`Simulator::save`].
//! [`Simulator::ledger`] lists every change, so that a test can check whether a repeated call took effect twice:
//!
//! ```
//! use clarifai_simulator::Client;
//! # use clarifai_simulator::core::transport::Body;
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
//! # Faults and limits
//!
//! | you want | see |
//! |---|---|
//! | exchanges that fail in process, in virtual time | [`Client::with_faults`], [`Client::exchange`], [`faults`] |
//! | the same over HTTP | [`Server::start_with_faults`] |
//! | repeated ids that are refused, ignored or stored twice | [`rules::Duplicates`] |
//! | smaller limits, a rate limit, incomplete lists | [`rules`] |
//! | how often each input was created | [`Simulator::commits`] |
//! | whether a client's report is correct | [`audit`] |
//!
//! Every response has a `Date` header, from the clock that is passed to the call.

#![forbid(unsafe_code)]

// The layers of the crate, lowest first. A module may use modules on the lines above its own; `(root)` stands for the
// names that this file re-exports. `tests/it/layers.rs` reads this list and checks it.
//
// layer: response wildcard geo parallel web cors language
// layer: classifier json_patch
// layer: vision::lab vision::memory vision::named_colors vision::plane
// layer: vision::image
// layer: vision::dominant_colors vision::embedding vision::measurements
// layer: vision::concepts
// layer: vision
// layer: network state::app_name state::ledger
// layer: vocabulary
// layer: output_options recognition
// layer: access_tokens media public_models rules
// layer: page public_outputs
// layer: state::annotation
// layer: state::concept state::dataset state::app_facts
// layer: state::input state::model
// layer: state::inputs state::workflow
// layer: state::add_job
// layer: state
// layer: audit stored_images world
// layer: call training
// layer: predict
// layer: routes::add_jobs routes::annotations routes::concepts routes::datasets routes::input_outputs routes::models
// layer: routes::inputs routes::outputs routes::searches routes::openai routes::apps routes::users
// layer: routes::evaluations routes::feedback routes::model_inputs routes::model_versions routes::workflows
// layer: routes::queries routes::workflow_results
// layer: routes
// layer: simulator
// layer: faults::random
// layer: faults::mixed_success faults::responses
// layer: faults
// layer: (root)
// layer: client server

mod access_tokens;
pub mod audit;
mod call;
mod classifier;
mod client;
mod cors;
pub mod faults;
mod geo;
mod json_patch;
mod language;
mod media;
#[cfg(feature = "vision")]
mod network;
mod output_options;
mod page;
mod parallel;
mod predict;
mod public_models;
mod public_outputs;
mod recognition;
mod response;
mod routes;
pub mod rules;
#[cfg(feature = "server")]
mod server;
mod simulator;
mod state;
mod stored_images;
mod training;
pub mod vision;
mod vocabulary;
mod web;
mod wildcard;
mod world;

pub use clarifai_core as core;
pub use client::Client;
pub use recognition::Recognition;
pub use rules::Delays;
#[cfg(feature = "server")]
pub use server::Server;
pub use simulator::{RestoreError, Simulator};
pub use state::ledger::Entry;
