//! A client for the Clarifai API, without I/O.
//!
//! [Clarifai](https://www.clarifai.com) recognizes the content of images, videos and texts and offers this as a REST
//! API. This crate implements the client's side of that API without performing any I/O itself: it opens no sockets or
//! files, reads neither clocks nor the environment, generates no randomness and starts no threads. It encodes each
//! operation as an [`http::Request`] and decodes the [`http::Response`] into typed values. Authorization, retries,
//! rate limits, polling and pagination are state machines, which run in any runtime, in a test or in a fuzzer.
//! Separate adapter crates perform the I/O; `clarifai-ureq` is the simplest one to start with.
//!
//! # Without an adapter
//!
//! An [`Exchange`] builds the request of one operation and parses its response. Any HTTP client can send the request.
//!
//! ```
//! use clarifai_core::{Config, Credentials, Exchange, models::{ModelRef, Predict}};
//!
//! let config = Config::new(Credentials::personal_access_token("0123456789abcdef")?);
//! let photo = vec![0xff, 0xd8, 0xff, 0xd9];
//! let predict = Predict::new(ModelRef::public("general-image-recognition"))
//!     .image_url("https://samples.clarifai.com/metro-north.jpg").image_bytes(photo).min_value(0.9).language("en");
//! let exchange = Exchange::new(&config, predict)?;
//! # let send = |request: &http::Request<clarifai_core::transport::Body>| {
//! #     assert!(request.headers()["authorization"].is_sensitive());
//! #     http::Response::new(r#"{"status": {"code": 10000}, "outputs": [
//! #         {"data": {"concepts": [{"name": "train", "value": 0.99}]}}, {"data": {}}]}"#)
//! # };
//! let response = send(exchange.request()); // an `http::Response`, from any HTTP client
//! for output in exchange.parse(response)?.into_result()? {
//!     output.concepts().iter().for_each(|concept| println!("{} {:.2}", concept.name, concept.value()));
//! }
//! # Ok::<(), clarifai_core::Error>(())
//! ```
//!
//! # Overview
//!
//! | To ... | use |
//! |---|---|
//! | configure the base URL, credentials and app | [`Config`], [`Credentials`], [`AppRef`] |
//! | call the service through a transport | [`client`], [`transport`] |
//! | choose an operation | [`models`], [`inputs`], [`annotations`], [`datasets`], [`concepts`], [`searches`], [`workflows`], [`apps`], [`users`], [`Operation`] |
//! | call language models in the form of OpenAI | [`openai`] |
//! | build a request and parse its response | [`Exchange`] |
//! | retry, rate-limit and authorize calls | [`machine`] (the contract and its rules), [`machine::Call`], [`policy`] |
//! | decode a streamed response | [`stream`], [`machine::StreamCall`] |
//! | read all pages of a list or a search | [`pagination::Pages`] |
//! | train a model, wait for a condition | [`machine::Train`], [`machine::Wait`] |
//! | upload, or predict for, any number of inputs | [`bulk::Upload`], [`bulk::PredictMany`] |
//! | run bulk work in your own event loop | [`bulk::Scheduler`] |
//! | read responses | [`types`], [`Batch`] |
//! | handle errors | [`Error`], [`error`] |
//! | migrate from the Python client | [`python`] |
//! | see what changed in the API since then | [`deprecated`] |
//! | test your code without a network | `testing`, available with the feature of that name |

#![forbid(unsafe_code)]

pub mod annotations;
pub mod apps;
mod arguments;
pub mod auth;
mod batch;
mod body;
pub mod bulk;
pub mod client;
mod collector;
pub mod concepts;
mod config;
mod credentials;
pub mod datasets;
#[doc = include_str!("../docs/deprecated.md")]
pub mod deprecated {}
mod envelope;
pub mod error;
mod exchange;
mod feedback;
pub mod inputs;
mod lenient;
pub mod machine;
pub mod models;
pub mod openai;
pub mod operation;
mod page;
pub mod pagination;
mod patch;
pub mod policy;
pub mod repair;
#[doc = include_str!("../docs/python.md")]
pub mod python {}
mod raw;
mod redact;
pub mod searches;
mod spec;
pub mod stream;
mod streaming;
mod target;
#[cfg(feature = "testing")]
pub mod testing;
pub mod time;
pub mod transport;
pub mod types;
pub mod users;
mod web_address;
pub mod workflows;

pub use batch::{Batch, Item};
pub use config::{Config, ConfigBuilder, FromConfig};
pub use credentials::{Credentials, Secret};
pub use error::Error;
pub use exchange::{Exchange, Parser};
pub use feedback::FeedbackInfo;
pub use operation::Operation;
pub use page::{MAX_PER_PAGE, Page};
pub use patch::PatchAction;
/// JSON values and the macro `json!`, for metadata and hyperparameters.
pub use serde_json;
pub use streaming::StreamOperation;
pub use target::{AppRef, MAX_ID_BYTES};
pub use web_address::{WebAddress, WebResource};
