//! The Clarifai client for Rust, without I/O.
//!
//! [Clarifai](https://www.clarifai.com) recognises what is in pictures and videos, over a REST API. This crate knows
//! that API and does nothing else: no socket, no file, no clock, no randomness, no thread, no environment. It turns
//! each operation into an [`http::Request`], reads the [`http::Response`] into types, and carries what a client has to
//! decide (authorising, repeating, waiting, paging) in state machines that any program can drive, in any runtime, in
//! a test or in a fuzzer. Adapters that do the I/O are crates of their own; `clarifai-ureq` is the one to begin with.
//!
//! # By hand
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
//! let response = send(exchange.request()); // an `http::Response`, by whatever means
//! for output in exchange.parse(response)?.into_result()? {
//!     output.concepts().iter().for_each(|concept| println!("{} {:.2}", concept.name, concept.value()));
//! }
//! # Ok::<(), clarifai_core::Error>(())
//! ```
//!
//! # The map
//!
//! | you want | look at |
//! |---|---|
//! | say who calls, where and as whom | [`Config`], [`Credentials`], [`AppRef`] |
//! | make a call | [`models`], [`inputs`], [`Operation`] |
//! | build its request, read its answer | [`Exchange`] |
//! | have it repeated, paced, authorised | [`machine`]: the contract and its rules, [`machine::Call`], [`policy`] |
//! | read a list or a search to its end | [`pagination::Pages`] |
//! | train, and wait for what takes its time | [`machine::Train`], [`machine::Wait`] and its goals |
//! | store or look at any number of inputs | [`bulk::Upload`], [`bulk::PredictMany`] |
//! | read what came | [`types`], [`Batch`] |
//! | know what went wrong | [`Error`] |
//! | find your way from the Python client | [`python`] |
//! | test your own code without a network | `testing`, behind the feature of that name |

#![forbid(unsafe_code)]

mod arguments;
pub mod auth;
mod batch;
mod body;
pub mod bulk;
pub mod client;
pub mod concepts;
mod config;
mod envelope;
pub mod error;
mod exchange;
mod feedback;
pub mod inputs;
mod lenient;
pub mod machine;
pub mod models;
pub mod operation;
mod page;
pub mod pagination;
mod patch;
pub mod policy;
pub mod types;
#[doc = include_str!("../docs/python.md")]
pub mod python {}
mod collector;
pub mod searches;
mod target;
#[cfg(feature = "testing")]
pub mod testing;
pub mod time;
pub mod transport;
pub mod workflows;

pub use auth::Credentials;
pub use batch::{Batch, Item};
pub use config::{Config, ConfigBuilder};
pub use error::Error;
pub use exchange::{Exchange, Parser};
pub use feedback::FeedbackInfo;
pub use operation::Operation;
pub use page::{MAX_PER_PAGE, Page};
pub use patch::PatchAction;
pub use target::{AppRef, MAX_ID_BYTES};
