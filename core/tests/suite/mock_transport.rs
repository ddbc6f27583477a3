//! The scripted transport of the `testing` feature: it runs machines in virtual time, and reports deviations from the
//! script.

use std::time::Duration;

use clarifai_core::machine::{Call, drive};
use clarifai_core::models::GetModel;
use clarifai_core::testing::MockTransport;
use clarifai_core::{Config, Credentials, transport::TransportErrorKind};
use serde_json::json;

const PATH: &str = "/v2/models/m";

fn attempt() -> Call<GetModel> {
    Call::new(&Config::new(Credentials::key("key").unwrap()), GetModel::new("m"))
}

#[test]
fn waits_advance_the_clock_and_the_log_records_everything() {
    let script = || {
        MockTransport::new()
            .expect("GET", PATH)
            .takes(Duration::from_secs(3))
            .header("Retry-After", "60")
            .reply(429, json!({}))
            .expect("GET", PATH)
            .fail(TransportErrorKind::NotSent)
            .expect("GET", PATH)
            .reply(200, json!({"status": {"code": 10000}, "model": {"id": "m"}}))
    };
    let mut first = script();
    assert_eq!(first.run(attempt()).unwrap().id, "m");
    assert!(first.clock().elapsed() >= Duration::from_secs(63));
    let expected = ["GET /v2/models/m 429", "wait", "GET /v2/models/m NotSent", "wait", "GET /v2/models/m 200", "done"];
    assert_eq!(first.log().outline(), expected);
    assert!(first.log().to_string().starts_with("     0.000 s  GET /v2/models/m 429\n     3.000 s  wait until"));
    assert_eq!((first.log().sent(), first.requests().len()), (3, 3));

    let mut second = script();
    second.run(attempt()).unwrap();
    assert_eq!(first.finish().unwrap(), second.finish().unwrap(), "the same events give the same log");

    let mut third = script();
    drive(attempt(), &mut third).unwrap();
    third.assert_done();
}

#[test]
fn deviations_from_the_script_are_reported() {
    let mut other = MockTransport::new().expect("GET", "/v2/models/other").reply(200, json!({}));
    assert_eq!(other.run(attempt()).unwrap_err().attempts(), 1, "a deviation is not retried");
    let problems = other.finish().unwrap_err();
    assert_eq!(
        problems.problems(),
        [
            "GET /v2/models/m was sent where GET /v2/models/other was expected",
            "GET /v2/models/other was expected and not sent"
        ]
    );

    let mut none = MockTransport::new();
    none.run(attempt()).unwrap_err();
    assert!(none.finish().unwrap_err().to_string().contains("nothing was expected any more"));

    let mut body = MockTransport::new().expect("GET", PATH).body(json!({"a": 1})).reply(200, json!({}));
    body.run(attempt()).unwrap_err();
    assert!(body.finish().unwrap_err().to_string().contains("another body"));
}

#[test]
#[should_panic(expected = "was expected and not sent")]
fn an_unused_expectation_fails_the_test() {
    MockTransport::new().expect("GET", PATH).reply(200, json!({})).assert_done();
}
