//! The conformance suite on the ureq adapter.

use clarifai_tests::conformance::ureq::Ureq;
use clarifai_tests::conformance::{hold, memory};

#[test]
fn table() {
    hold(Ureq);
}

#[test]
fn memory() {
    memory::hold(&Ureq);
}
