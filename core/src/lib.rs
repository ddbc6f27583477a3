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
//! use clarifai_core::{App, Credentials, Exchange, models::{ModelRef, Predict}};
//!
//! let app = App::new(Credentials::personal_access_token("0123456789abcdef")?);
//! let photo = vec![0xff, 0xd8, 0xff, 0xd9];
//! let predict = Predict::with(ModelRef::public("general-image-recognition"))
//!     .image_url("https://samples.clarifai.com/metro-north.jpg").image_bytes(photo).min_value(0.9).language("en");
//! let exchange = Exchange::new(&app, predict)?;
//! # let send = |request: &http::Request<clarifai_core::Body>| {
//! #     assert!(request.headers()["authorization"].is_sensitive());
//! #     http::Response::new(r#"{"status": {"code": 10000}, "outputs": [
//! #         {"data": {"concepts": [{"name": "train", "value": 0.99}]}}, {"data": {}}]}"#)
//! # };
//! let response = send(exchange.request()); // an `http::Response`, by whatever means
//! for output in exchange.parse(response)?.all()? {
//!     output.concepts().iter().for_each(|concept| println!("{} {:.2}", concept.name, concept.value()));
//! }
//! # Ok::<(), clarifai_core::Error>(())
//! ```
//!
//! # The map
//!
//! | you want | look at |
//! |---|---|
//! | say who calls, where and as whom | [`App`], [`Credentials`], [`Scope`] |
//! | make a call | [`models`], [`inputs`], [`Operation`] |
//! | build its request, read its answer | [`Exchange`] |
//! | have it repeated, paced, authorised | [`machine`]: the contract and its rules, [`machine::Attempt`], [`policy`] |
//! | read a list or a search to its end | [`pages::Pages`] |
//! | train, and wait for what takes its time | [`machine::Train`], [`machine::Wait`] and its goals |
//! | store or look at any number of inputs | [`bulk::Upload`], [`bulk::PredictMany`] |
//! | read what came | [`model`], [`Batch`] |
//! | know what went wrong | [`Error`] |
//! | find your way from the Python client | [`python`] |
//! | test your own code without a network | `testing`, behind the feature of that name |

#![forbid(unsafe_code)]

mod app;
pub mod auth;
mod batch;
mod body;
pub mod bulk;
pub mod concepts;
mod envelope;
pub mod error;
mod exchange;
mod feedback;
pub mod inputs;
mod lenient;
pub mod machine;
pub mod model;
pub mod models;
mod operation;
mod page;
pub mod pages;
mod patch;
pub mod policy;
#[doc = include_str!("../docs/python.md")]
pub mod python {}
mod received;
pub mod searches;
mod target;
#[cfg(feature = "testing")]
pub mod testing;
pub mod workflows;

pub use app::App;
pub use auth::Credentials;
pub use batch::{Batch, Item};
pub use body::{Body, BodyReader, BodyWriter};
pub use envelope::{Envelope, Unreadable};
pub use error::{Error, TransportFailure, TransportFailureKind};
pub use exchange::{Exchange, Parser};
pub use feedback::FeedbackInfo;
pub use operation::{Auth, Operation, Raw, RawAnswer, Replay};
pub use page::{MAX_PER_PAGE, Page};
pub use patch::PatchAction;
pub use received::Received;
pub use target::{MAX_ID_BYTES, Scope, Target};

/// The largest answer an adapter reads unless told otherwise: 128 MB, the service's own limit.
pub const MAX_RESPONSE_BYTES: u64 = 128 * 1024 * 1024;
