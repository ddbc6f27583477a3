//! Uploads and predictions in bulk: limits of a call, the shared rate limiter, early ends, and look-ups.

use std::time::Duration;

use clarifai_core::bulk::{self, BatchLimits, Bulk as _, IntoBulk as _, Outcome, PredictError, PredictMany, Upload};
use clarifai_core::inputs::NewInput;
use clarifai_core::models::Predict;
use clarifai_core::policy::RetryPolicy;
use clarifai_core::testing::{EventKind, MockTransport, Reply, Simulation};
use clarifai_core::{Config, Credentials, transport::Body};
use http::{Method, Request};
use serde_json::{Value, json};

fn config() -> Config {
    Config::new(Credentials::key("key").unwrap()).with_seed(1)
}

fn image(number: usize) -> NewInput {
    NewInput::image_url(format!("https://example.com/{number}.jpg")).id(format!("i{number}"))
}

fn ids(request: &Request<Body>) -> Vec<Value> {
    let body: Value = serde_json::from_slice(&request.body().to_bytes()).unwrap();
    body["inputs"].as_array().unwrap().iter().map(|input| input["id"].clone()).collect()
}

/// Responds as a service that stores all inputs.
fn stores(request: &Request<Body>) -> Reply {
    let inputs: Vec<_> = ids(request).into_iter().map(|id| json!({"id": id, "status": {"code": 30001}})).collect();
    Reply::json(200, json!({"status": {"code": 10000}, "inputs": inputs}))
}

fn refused(code: u32) -> Value {
    json!({"status": {"code": code}})
}

/// Returns the time of each request since the start.
fn sent(script: &MockTransport) -> Vec<Duration> {
    let entries = script.log().entries().iter();
    entries.filter(|entry| matches!(entry.what, EventKind::Send { .. })).map(|entry| entry.at).collect()
}

#[test]
fn uploads_of_one_client_share_its_rate_limit() {
    let config = config();
    let mut times = Vec::new();
    let mut crowd = Simulation::new(|now, request: Request<Body>| {
        times.push(now.instant.since_start());
        stores(&request)
    });
    for name in ["a", "b"] {
        let inputs = (0..40).map(move |number| image(number).id(format!("{name}{number}")));
        let mut work = Upload::new(inputs).limits(BatchLimits::default().with_inputs(1)).into_bulk(&config);
        while let Some(piece) = work.next() {
            crowd.add(piece);
        }
    }
    crowd.run();
    drop(crowd);
    assert_eq!(times.len(), 80);
    for (earlier, later) in times.iter().zip(&times[15..]) {
        assert!(
            later.saturating_sub(*earlier) >= Duration::from_secs(1),
            "sixteen calls from {earlier:?} to {later:?}"
        );
    }
}

#[test]
fn metadata_counts_toward_the_size_of_a_call() {
    let big = |number| {
        let metadata = json!({"text": "x".repeat(10_000)});
        image(number).metadata(metadata.as_object().unwrap().clone())
    };
    let mut sizes = Vec::new();
    let mut crowd = Simulation::new(|_, request: Request<Body>| {
        sizes.push((request.body().len(), ids(&request).len()));
        stores(&request)
    });
    let report = crowd.run_bulk(
        Upload::new((0..7).map(big)).limits(BatchLimits::default().with_bytes(25_000)).into_bulk(&config()),
        1,
    );
    drop(crowd);
    assert!(report.is_success());
    assert!(sizes.iter().all(|(bytes, _)| *bytes <= 25_000), "{sizes:?}");
    assert_eq!(sizes.iter().map(|(_, inputs)| *inputs).collect::<Vec<_>>(), [2, 2, 2, 1]);
}

#[test]
fn a_missing_model_ends_predictions_at_the_first_call() {
    let mut script = MockTransport::new().expect("POST", "/v2/models/none/outputs").reply(404, refused(21200));
    let work = PredictMany::new(Predict::new("none"), (0..300).map(image)).into_bulk(&config());
    let report = bulk::run(work, &mut script, |_| ());
    script.assert_done();
    assert!(report.stopped().is_some_and(clarifai_core::Error::is_not_found), "{report:?}");
    let failed = |one: &bulk::Prediction| matches!(one.result, Err(PredictError::Failed(_)));
    // Inputs that were not taken from the iterator by then are not reported.
    assert_eq!(report.items().len(), 128);
    assert!(report.items().iter().all(failed) && !report.is_success());
}

/// A key may be allowed to store and not to read: uncertain items stay unknown, and all others are stored.
#[test]
fn a_forbidden_look_up_does_not_end_an_upload() {
    let mut calls = 0;
    let mut crowd = Simulation::new(|_, request: Request<Body>| match (request.method(), calls) {
        (&Method::GET, _) => Reply::json(403, refused(11007)),
        (_, 0) => {
            calls += 1;
            Reply::fail(clarifai_core::transport::TransportErrorKind::MaybeSent)
        }
        _ => stores(&request),
    });
    let limits = BatchLimits::default().with_inputs(2);
    let report = crowd.run_bulk(Upload::new((0..6).map(image)).limits(limits).into_bulk(&config()), 1);
    drop(crowd);
    assert!(report.stopped().is_none(), "{:?}", report.stopped());
    let unknown: Vec<_> = report.items().iter().map(|one| matches!(one.outcome, Outcome::Unknown(_))).collect();
    assert_eq!(unknown, [true, true, false, false, false, false]);
    assert_eq!(report.count(Outcome::is_success), 4);
}

/// An uncertain item is looked up no earlier than `Retry-After`, even if no further round follows, but at most two
/// minutes later.
#[test]
fn a_look_up_waits_for_retry_after() {
    for (hint, rounds, delay) in [("30", 1, 30), ("100000", 5, 120), ("0", 1, 1)] {
        let response = http::Response::builder().status(503).header("retry-after", hint);
        let mut script = MockTransport::new()
            .expect("POST", "/v2/inputs")
            .reply_with(response.body("").unwrap())
            .expect("GET", "/v2/inputs/i0")
            .reply(200, json!({"status": {"code": 10000}, "input": {"id": "i0", "status": {"code": 30000}}}));
        let config = config().with_retry(RetryPolicy::never());
        let report = bulk::run(Upload::new([image(0)]).max_retries(rounds).into_bulk(&config), &mut script, |_| ());
        assert!(report.items()[0].outcome.is_success(), "{}", report.items()[0].outcome);
        let look_up = sent(&script)[1];
        let expected = Duration::from_secs(delay);
        // If another round follows, its jitter is added.
        assert!(
            (expected..=expected + Duration::from_secs(2)).contains(&look_up),
            "{hint}, {rounds}: after {look_up:?}"
        );
        script.assert_done();
    }
}

/// If the service asks for a longer pause than is accepted, nothing more is sent, and the report contains the error.
#[test]
fn a_retry_after_that_is_too_long_ends_an_upload() {
    let response = http::Response::builder().status(429).header("retry-after", "100000");
    let body = refused(11005).to_string();
    let mut script = MockTransport::new().expect("POST", "/v2/inputs").reply_with(response.body(body).unwrap());
    let report = bulk::run(Upload::new((0..300).map(image)).into_bulk(&config()), &mut script, |_| ());
    assert!(report.stopped().is_some_and(clarifai_core::Error::is_throttled), "{:?}", report.stopped());
    assert_eq!(report.count(|outcome| matches!(outcome, Outcome::NotSent(_))), report.items().len());
    script.assert_done();
}

/// Results of another upload or prediction are not recorded.
#[test]
fn only_its_own_results_are_recorded() {
    let config = config();
    let served = |request: &Request<Body>| {
        let outputs: Vec<_> = ids(request).iter().map(|_| json!({"status": {"code": 10000}})).collect();
        Reply::json(200, json!({"status": {"code": 10000}, "outputs": outputs}))
    };
    let mut predict = PredictMany::new(Predict::new("m"), (0..2).map(image)).into_bulk(&config);
    let mut other = PredictMany::new(Predict::new("m"), (0..3).map(image)).into_bulk(&config);
    let (_in_flight, piece) = (predict.next().unwrap(), other.next().unwrap());
    let mut crowd = Simulation::new(|_, request: Request<Body>| served(&request));
    crowd.add(piece);
    predict.record(crowd.run().pop().unwrap());
    drop(crowd);
    assert_eq!((predict.progress().done, predict.progress().in_flight), (0, 2));
    let report = predict.finish();
    assert_eq!((report.done(), report.failed()), (2, 2), "a call without a result counts as failed");

    let mut upload = Upload::new((0..2).map(image)).into_bulk(&config);
    let mut other = Upload::new((0..3).map(image)).into_bulk(&config);
    let (_in_flight, piece) = (upload.next().unwrap(), other.next().unwrap());
    let mut crowd = Simulation::new(|_, request: Request<Body>| stores(&request));
    crowd.add(piece);
    upload.record(crowd.run().pop().unwrap());
    drop(crowd);
    assert_eq!((upload.progress().done, upload.progress().in_flight), (0, 2));
    assert_eq!(upload.finish().count(|outcome| matches!(outcome, Outcome::Unknown(_))), 2);
}
