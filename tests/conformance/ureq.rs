//! The conformance suite on the ureq adapter.

use clarifai_tests::conformance::ureq::Ureq;
use clarifai_tests::conformance::{environment, hold, memory};

#[test]
fn table() {
    hold(Ureq);
}

#[test]
fn environment() {
    environment::hold(&Ureq);
}

#[test]
fn memory() {
    memory::hold(&Ureq);
}

#[test]
fn client_methods() {
    clarifai_tests::client_methods::blocking(|_| clarifai_ureq::Ureq::new());
}
