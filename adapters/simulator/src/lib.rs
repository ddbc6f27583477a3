//! A stand-in for the Clarifai service, for tests and for work without a network.

pub mod vision;
