//! Items that uploads and predictions in bulk pass to a callback while they run.

use std::sync::mpsc;

use clarifai_core::bulk::{self, IntoBulk as _, Outcome, PredictMany, Upload};
use clarifai_core::inputs::NewInput;
use clarifai_core::models::Predict;
use clarifai_core::testing::MockTransport;
use clarifai_core::{Config, Credentials};
use serde_json::value::RawValue;
use serde_json::{Value, json};

fn config() -> Config {
    Config::new(Credentials::key("0123456789abcdef").unwrap())
}

/// Returns the member `new` of an item's JSON.
fn new(raw: Option<&RawValue>) -> Option<Value> {
    raw.map(|raw| serde_json::from_str::<Value>(raw.get()).unwrap()["new"].clone())
}

fn url(name: &str) -> NewInput {
    NewInput::image_url(format!("https://example.com/{name}.jpg"))
}

#[test]
fn uploaded_items_are_passed_on_with_the_raw_json_of_the_service() {
    let mut script = MockTransport::new().expect("POST", "/v2/inputs").reply(
        207,
        json!({"status": {"code": 10010}, "inputs": [
            {"id": "b", "status": {"code": 30100}, "new": 2},
            {"id": "a", "status": {"code": 30001}, "new": 1},
        ]}),
    );
    let (sender, items) = mpsc::channel();
    let inputs = [url("a").id("a"), url("b").id("b"), url("c").id("a")];
    let upload = Upload::new(inputs).with_raw().on_item(move |item| sender.send(item).unwrap()).into_bulk(&config());
    let report = bulk::run(upload, &mut script, |_| ());
    let items: Vec<_> = items.iter().collect();
    assert_eq!(
        items.iter().map(|item| item.index).collect::<Vec<_>>(),
        [2, 0, 1],
        "an item that is not sent is known first"
    );
    assert!(matches!(items[0].outcome, Outcome::NotSent(_)) && items[0].raw.is_none());
    assert_eq!(new(items[1].raw.as_deref()), Some(1.into()), "in the order of the request");
    assert_eq!(new(items[2].raw.as_deref()), Some(2.into()));
    let codes = items.iter().map(|item| item.status.as_ref()?.code.as_ref()?.number());
    assert_eq!(codes.collect::<Vec<_>>(), [None, Some(30001), Some(30100)]);
    assert_eq!(report.items().len(), 3);
    assert!(report.items().iter().all(|item| item.raw.is_none() && item.status.is_none()));
}

#[test]
fn duplicates_are_passed_on_right_after_the_first_one() {
    let body = json!({"status": {"code": 10000}, "inputs": [{"status": {"code": 30001}}]});
    let mut script = MockTransport::new()
        .expect("POST", "/v2/inputs")
        .reply(200, body.clone())
        .expect("POST", "/v2/inputs")
        .reply(200, body);
    let (sender, items) = mpsc::channel();
    let mut limits = bulk::BatchLimits::default();
    limits.inputs = 1;
    let inputs = [url("a"), url("a"), url("b"), url("a")];
    let upload = Upload::new(inputs).ids_from_content().limits(limits);
    let report =
        bulk::run(upload.on_item(move |item| sender.send(item).unwrap()).into_bulk(&config()), &mut script, |_| ());
    let order: Vec<_> = items.iter().map(|item| (item.index, matches!(item.outcome, Outcome::Created))).collect();
    assert_eq!(order, [(0, true), (1, false), (2, true), (3, false)]);
    assert!(report.is_success());
}

#[test]
fn predictions_have_the_raw_json_only_if_requested() {
    let body = json!({"status": {"code": 10010}, "outputs": [
        {"status": {"code": 10000}, "data": {}, "new": 1}, {"status": {"code": 30002}, "new": 2}]});
    for raw in [true, false] {
        let mut script = MockTransport::new().expect("POST", "/v2/models/m/outputs").reply(207, body.clone());
        let mut many = PredictMany::new(Predict::new("m"), ["a", "b"].map(url));
        if raw {
            many = many.with_raw();
        }
        let predictions = bulk::run(many.into_bulk(&config()), &mut script, |_| ()).into_predictions();
        assert!(predictions[0].result.is_ok() && predictions[1].result.is_err());
        let new: Vec<_> = predictions.iter().map(|one| new(one.raw.as_deref())).collect();
        assert_eq!(new, if raw { [Some(1.into()), Some(2.into())] } else { [None, None] });
    }
}
