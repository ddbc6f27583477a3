//! Work in bulk: how much a call takes, one pace for all of it, when it ends early, and when it looks again.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use clarifai_core::bulk::{self, Bulk as _, CallLimits, NotPredicted, Outcome, PredictMany, Upload};
use clarifai_core::inputs::NewInput;
use clarifai_core::models::Predict;
use clarifai_core::policy::RetryPolicy;
use clarifai_core::testing::{Crowd, Reply, Script, What};
use clarifai_core::{App, Body, Credentials};
use http::{Method, Request};
use serde_json::{Value, json};

fn app() -> App {
    App::new(Credentials::key("key").unwrap()).with_seed(1)
}

fn picture(number: usize) -> NewInput {
    NewInput::image_url(format!("https://example.com/{number}.jpg")).with_id(format!("i{number}"))
}

fn ids(request: &Request<Body>) -> Vec<Value> {
    let body: Value = serde_json::from_slice(&request.body().to_bytes()).unwrap();
    body["inputs"].as_array().unwrap().iter().map(|input| input["id"].clone()).collect()
}

/// A service that stores all it is sent.
fn stores(request: &Request<Body>) -> Reply {
    let inputs: Vec<_> = ids(request).into_iter().map(|id| json!({"id": id, "status": {"code": 30001}})).collect();
    Reply::json(200, json!({"status": {"code": 10000}, "inputs": inputs}))
}

fn refused(code: u32) -> Value {
    json!({"status": {"code": code}})
}

/// When each request was sent, since the beginning.
fn sent(script: &Script) -> Vec<Duration> {
    let entries = script.log().entries().iter();
    entries.filter(|entry| matches!(entry.what, What::Send { .. })).map(|entry| entry.at).collect()
}

#[test]
fn all_work_in_bulk_of_an_app_keeps_one_pace() {
    let app = app();
    let mut times = Vec::new();
    let mut crowd = Crowd::new(|now, request: Request<Body>| {
        times.push(now.mono.since_start());
        stores(&request)
    });
    for name in ["a", "b"] {
        let inputs = (0..40).map(move |number| picture(number).with_id(format!("{name}{number}")));
        let mut work = Upload::new(&app, inputs).limits(CallLimits::default().with_inputs(1));
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
fn metadata_count_for_the_size_of_a_call() {
    let big = |number| {
        let metadata = json!({"text": "x".repeat(10_000)});
        picture(number).with_metadata(metadata.as_object().unwrap().clone())
    };
    let mut sizes = Vec::new();
    let mut crowd = Crowd::new(|_, request: Request<Body>| {
        sizes.push((request.body().len(), ids(&request).len()));
        stores(&request)
    });
    let report =
        crowd.run_bulk(Upload::new(&app(), (0..7).map(big)).limits(CallLimits::default().with_bytes(25_000)), 1);
    drop(crowd);
    assert!(report.is_complete());
    assert!(sizes.iter().all(|(bytes, _)| *bytes <= 25_000), "{sizes:?}");
    assert_eq!(sizes.iter().map(|(_, inputs)| *inputs).collect::<Vec<_>>(), [2, 2, 2, 1]);
}

#[test]
fn a_model_that_is_not_there_ends_all_predictions_at_the_first_call() {
    let mut script = Script::new().expect("POST", "/v2/models/none/outputs").reply(404, refused(21200));
    let work = PredictMany::new(&app(), Predict::with("none"), (0..300).map(picture));
    let report = bulk::run(work, &mut script, |_| ());
    script.assert_done();
    assert!(report.stopped().is_some_and(clarifai_core::Error::is_not_found), "{report:?}");
    let failed = |one: &bulk::Prediction| matches!(one.result, Err(NotPredicted::Failed(_)));
    // What was not taken from the iterator by then is not told of.
    assert_eq!(report.predictions().len(), 128);
    assert!(report.predictions().iter().all(failed) && !report.is_complete());
}

/// A key may be allowed to store and not to read: what is in doubt stays unknown, and the rest is stored.
#[test]
fn a_look_that_is_not_allowed_does_not_end_an_upload() {
    let mut calls = 0;
    let mut crowd = Crowd::new(|_, request: Request<Body>| match (request.method(), calls) {
        (&Method::GET, _) => Reply::json(403, refused(11007)),
        (_, 0) => {
            calls += 1;
            Reply::fail(clarifai_core::TransportFailureKind::MaybeSent)
        }
        _ => stores(&request),
    });
    let limits = CallLimits::default().with_inputs(2);
    let report = crowd.run_bulk(Upload::new(&app(), (0..6).map(picture)).limits(limits), 1);
    drop(crowd);
    assert!(report.stopped().is_none(), "{:?}", report.stopped());
    let unknown: Vec<_> = report.items().iter().map(|one| matches!(one.outcome, Outcome::Unknown(_))).collect();
    assert_eq!(unknown, [true, true, false, false, false, false]);
    assert_eq!(report.count(Outcome::is_stored), 4);
}

/// What is in doubt is looked for when the service wants to be asked, also when nothing is sent any more; for two minutes
/// at most.
#[test]
fn a_look_waits_for_as_long_as_the_service_says() {
    for (hint, rounds, looks_after) in [("30", 1, 30), ("100000", 5, 120), ("0", 1, 1)] {
        let answer = http::Response::builder().status(503).header("retry-after", hint);
        let mut script = Script::new()
            .expect("POST", "/v2/inputs")
            .reply_with(answer.body("").unwrap())
            .expect("GET", "/v2/inputs/i0")
            .reply(200, json!({"status": {"code": 10000}, "input": {"id": "i0", "status": {"code": 30000}}}));
        let app = app().with_retry(RetryPolicy::never());
        let report = bulk::run(Upload::new(&app, [picture(0)]).rounds(rounds), &mut script, |_| ());
        assert!(report.items()[0].outcome.is_stored(), "{}", report.items()[0].outcome);
        let look = sent(&script)[1];
        let expected = Duration::from_secs(looks_after);
        // A round that is left has its jitter on top.
        assert!((expected..=expected + Duration::from_secs(2)).contains(&look), "{hint}, {rounds}: after {look:?}");
        script.assert_done();
    }
}

/// Asked to wait longer than anybody waits, nothing is sent any more, and the report says so.
#[test]
fn a_pause_that_is_too_long_ends_an_upload() {
    let answer = http::Response::builder().status(429).header("retry-after", "100000");
    let body = refused(11005).to_string();
    let mut script = Script::new().expect("POST", "/v2/inputs").reply_with(answer.body(body).unwrap());
    let report = bulk::run(Upload::new(&app(), (0..300).map(picture)), &mut script, |_| ());
    assert!(report.stopped().is_some_and(clarifai_core::Error::is_throttled), "{:?}", report.stopped());
    assert_eq!(report.count(|outcome| matches!(outcome, Outcome::NotSent(_))), report.items().len());
    script.assert_done();
}

/// What comes back from other work, or comes back twice, is not taken for one's own.
#[test]
fn only_calls_of_its_own_are_recorded() {
    let app = app();
    let served = |request: &Request<Body>| {
        let outputs: Vec<_> = ids(request).iter().map(|_| json!({"status": {"code": 10000}})).collect();
        Reply::json(200, json!({"status": {"code": 10000}, "outputs": outputs}))
    };
    let mut predict = PredictMany::new(&app, Predict::with("m"), (0..2).map(picture));
    let mut other = PredictMany::new(&app, Predict::with("m"), (0..3).map(picture));
    let (_under_way, piece) = (predict.next().unwrap(), other.next().unwrap());
    let mut crowd = Crowd::new(|_, request: Request<Body>| served(&request));
    crowd.add(piece);
    predict.record(crowd.run().pop().unwrap());
    drop(crowd);
    assert_eq!((predict.progress().done, predict.progress().in_flight), (0, 2));
    let report = predict.finish();
    assert_eq!((report.done(), report.failed()), (2, 2), "what never came back failed");

    let mut upload = Upload::new(&app, (0..2).map(picture));
    let mut other = Upload::new(&app, (0..3).map(picture));
    let (_under_way, piece) = (upload.next().unwrap(), other.next().unwrap());
    let mut crowd = Crowd::new(|_, request: Request<Body>| stores(&request));
    crowd.add(piece);
    upload.record(crowd.run().pop().unwrap());
    drop(crowd);
    assert_eq!((upload.progress().done, upload.progress().in_flight), (0, 2));
    assert_eq!(upload.finish().count(|outcome| matches!(outcome, Outcome::Unknown(_))), 2);
}
