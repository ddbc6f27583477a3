//! Sans-IO client for the Clarifai API.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod lenient;
pub mod model;
