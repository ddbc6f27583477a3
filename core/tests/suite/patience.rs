//! Items and polls that ask for patience: an item's own transient status is asked again by the retry policy of calls,
//! and a wait reports why its polls failed.

use std::time::Duration;

use clarifai_core::bulk::{self, IntoBulk as _, Outcome, PredictMany, Upload};
use clarifai_core::inputs::NewInput;
use clarifai_core::machine::{Call, Condition as _, InputDeleted, IntoMachine as _};
use clarifai_core::models::Predict;
use clarifai_core::policy::RetryPolicy;
use clarifai_core::testing::MockTransport;
use clarifai_core::{Config, Credentials, transport::TransportErrorKind};
use serde_json::{Value, json};

fn config() -> Config {
    Config::new(Credentials::key("0123456789abcdef").unwrap()).with_seed(1)
}

fn image(number: usize) -> NewInput {
    NewInput::image_url(format!("https://example.com/{number}.jpg")).id(format!("i{number}"))
}

/// A response in which the item with this number has the status `code`, and all others succeeded.
fn response(list: &str, count: usize, odd: usize, code: u32) -> Value {
    let item = |number: usize| {
        let code = if number == odd { code } else { 10_000 };
        json!({"id": format!("i{number}"), "input": {"id": format!("i{number}")}, "status": {"code": code}, "data": {}})
    };
    let items: Vec<_> = (0..count).map(item).collect();
    json!({"status": {"code": 10_010}, list: items})
}

/// Bulk work without retries of its own, as the command line runs for few inputs.
#[test]
fn transient_items_are_predicted_again_by_the_policy_of_calls() {
    for code in [10_030, 11_005, 21_351, 21_354, 21_355, 40_030, 40_031, 98_004] {
        for count in [1, 2, 100] {
            let again = response("outputs", 1, 0, 10_000).to_string().replace("i0", &format!("i{}", count - 1));
            let again = again.replace("10010", "10000");
            let mut script = MockTransport::new()
                .expect("POST", "/v2/models/m/outputs")
                .reply(207, response("outputs", count, count - 1, code))
                .expect("POST", "/v2/models/m/outputs")
                .reply(200, serde_json::from_str::<Value>(&again).unwrap());
            let work = PredictMany::new(Predict::new("m"), (0..count).map(image)).max_retries(0);
            let report = bulk::run(work.into_bulk(&config()), &mut script, |_| ());
            assert_eq!((report.done(), report.failed()), (count as u64, 0), "code {code}, {count} inputs");
            script.assert_done();
        }
    }
}

#[test]
fn patience_with_items_ends_with_the_attempts_of_the_policy() {
    for (attempts, requests) in [(1, 1), (2, 2), (4, 4)] {
        let config = config().with_retry(RetryPolicy::default().with_max_attempts(attempts));
        let mut script = MockTransport::new();
        for _ in 0..requests {
            script = script.expect("POST", "/v2/models/m/outputs").reply(207, response("outputs", 1, 0, 40_031));
        }
        let work = PredictMany::new(Predict::new("m"), [image(0)]).max_retries(0);
        let report = bulk::run(work.into_bulk(&config), &mut script, |_| ());
        assert_eq!(report.failed(), 1);
        script.assert_done();
    }
    // A permanent status is final at once.
    let script = MockTransport::new().expect("POST", "/v2/models/m/outputs");
    let mut script = script.reply(207, response("outputs", 2, 0, 30_002));
    let work = PredictMany::new(Predict::new("m"), (0..2).map(image)).max_retries(0);
    assert_eq!(bulk::run(work.into_bulk(&config()), &mut script, |_| ()).failed(), 1);
    script.assert_done();
}

#[test]
fn transient_items_are_uploaded_again_by_the_policy_of_calls() {
    // An input that was certainly not stored is sent again at once, another one after it was not found.
    for (code, is_certain) in
        [(10_030, true), (11_005, true), (21_354, true), (21_355, true), (40_031, false), (21_351, false)]
    {
        let mut script = MockTransport::new().expect("POST", "/v2/inputs").reply(207, response("inputs", 2, 1, code));
        if !is_certain {
            let absent = json!({"status": {"code": 30_102}});
            script = script.expect("GET", "/v2/inputs/i1").reply(404, absent);
        }
        let stored = json!({"status": {"code": 10_000}, "inputs": [{"id": "i1", "status": {"code": 30_001}}]});
        let mut script = script.expect("POST", "/v2/inputs").reply(200, stored);
        let work = Upload::new((0..2).map(image)).max_retries(0);
        let report = bulk::run(work.into_bulk(&config()), &mut script, |_| ());
        assert!(report.items().iter().all(|item| matches!(item.outcome, Outcome::Created)), "code {code}: {report:?}");
        script.assert_done();
    }
}

/// An error of the certificate ends the work: no input was sent, and none is said to be uncertain.
#[test]
fn untrusted_certificate_ends_an_upload_after_one_attempt() {
    let mut script = MockTransport::new().expect("POST", "/v2/inputs").fail(TransportErrorKind::Untrusted);
    let report = bulk::run(Upload::new((0..300).map(image)).into_bulk(&config()), &mut script, |_| ());
    assert!(report.items().iter().all(|item| matches!(item.outcome, Outcome::NotSent(_))), "{report:?}");
    let error = report.stopped().unwrap();
    assert!(!error.is_retryable() && !error.may_have_happened(), "{error}");
    assert!(error.advice().is_some_and(|advice| advice.contains("SSL_CERT_FILE")), "{error}");
    script.assert_done();
}

#[test]
fn a_wait_that_never_got_a_response_reports_the_last_error() {
    for (http, body, shown) in [
        (503, json!({"status": {"code": 40_031, "description": "Sorry"}}), &["HTTP 503", "40031", "Sorry"][..]),
        (429, json!({"status": {"code": 11_005}}), &["HTTP 429", "11005"]),
        (502, json!("gateway"), &["HTTP 502", "gateway"]),
    ] {
        let mut script = MockTransport::new();
        for _ in 0..9 {
            script = script.expect("GET", "/v2/inputs/a").reply(http, body.clone());
        }
        let wait = InputDeleted::new("a").wait().deadline(Duration::from_secs(2)).max_consecutive_errors(100);
        let error = script.run(wait.into_machine(&config())).unwrap_err();
        for shown in shown.iter().chain(&["deadline", "the last poll failed"]) {
            assert!(error.to_string().contains(shown), "{shown}: {error}");
        }
    }
}

/// Whatever goes wrong, a call that only reads changed nothing.
#[test]
fn a_read_never_may_have_taken_effect() {
    for kind in [TransportErrorKind::MaybeSent, TransportErrorKind::TooLarge, TransportErrorKind::NotSent] {
        let mut script = MockTransport::new();
        for _ in 0..4 {
            script = script.expect("POST", "/v2/models/m/outputs").fail(kind);
            if kind == TransportErrorKind::TooLarge {
                break;
            }
        }
        let call = Call::new(&config(), Predict::new("m").input(image(0)));
        let error = script.run(call).unwrap_err();
        assert!(!error.may_have_happened() && !error.to_string().contains("taken effect"), "{error}");
    }
    let mut options = clarifai_core::policy::CallOptions::default();
    options.timeout = Some(Duration::ZERO);
    let call = Call::with_options(&config(), Predict::new("m").input(image(0)), options);
    let error = MockTransport::new().run(call).unwrap_err();
    assert!(!error.may_have_happened() && !error.to_string().contains("taken effect"), "{error}");
}
