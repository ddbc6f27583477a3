//! What work in bulk hands out while it is under way.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::mpsc;

use clarifai_core::bulk::{self, Outcome, PredictMany, Upload};
use clarifai_core::inputs::NewInput;
use clarifai_core::models::Predict;
use clarifai_core::testing::Script;
use clarifai_core::{App, Credentials};
use serde_json::json;

fn app() -> App {
    App::new(Credentials::key("0123456789abcdef").unwrap())
}

fn url(name: &str) -> NewInput {
    NewInput::image_url(format!("https://example.com/{name}.jpg"))
}

#[test]
fn uploads_come_one_by_one_and_in_the_services_words() {
    let mut script = Script::new().expect("POST", "/v2/inputs").reply(
        207,
        json!({"status": {"code": 10010}, "inputs": [
            {"id": "b", "status": {"code": 30100}, "new": 2},
            {"id": "a", "status": {"code": 30001}, "new": 1},
        ]}),
    );
    let (sender, items) = mpsc::channel();
    let inputs = [url("a").with_id("a"), url("b").with_id("b"), url("c").with_id("a")];
    let upload = Upload::new(&app(), inputs).into_sink(move |item| sender.send(item).unwrap());
    let report = bulk::run(upload, &mut script, |_| ());
    let items: Vec<_> = items.iter().collect();
    assert_eq!(items.iter().map(|item| item.index).collect::<Vec<_>>(), [2, 0, 1], "what is not sent is known first");
    assert!(matches!(items[0].outcome, Outcome::NotSent(_)) && items[0].raw.is_none());
    assert_eq!(items[1].raw.as_ref().unwrap()["new"], 1, "in the order of the request");
    assert_eq!(items[2].raw.as_ref().unwrap()["new"], 2);
    assert_eq!(report.items().len(), 3);
    assert!(report.items().iter().all(|item| item.raw.is_none()));
}

#[test]
fn copies_come_right_after_their_first_one() {
    let answer = json!({"status": {"code": 10000}, "inputs": [{"status": {"code": 30001}}]});
    let mut script = Script::new()
        .expect("POST", "/v2/inputs")
        .reply(200, answer.clone())
        .expect("POST", "/v2/inputs")
        .reply(200, answer);
    let (sender, items) = mpsc::channel();
    let mut limits = bulk::CallLimits::default();
    limits.inputs = 1;
    let inputs = [url("a"), url("a"), url("b"), url("a")];
    let upload = Upload::new(&app(), inputs).ids_from_content().limits(limits);
    let report = bulk::run(upload.into_sink(move |item| sender.send(item).unwrap()), &mut script, |_| ());
    let order: Vec<_> = items.iter().map(|item| (item.index, matches!(item.outcome, Outcome::Created))).collect();
    assert_eq!(order, [(0, true), (1, false), (2, true), (3, false)]);
    assert!(report.is_complete());
}

#[test]
fn predictions_have_the_untouched_json_where_it_is_asked_for() {
    let answer = json!({"status": {"code": 10010}, "outputs": [
        {"status": {"code": 10000}, "data": {}, "new": 1}, {"status": {"code": 30002}, "new": 2}]});
    for raw in [true, false] {
        let mut script = Script::new().expect("POST", "/v2/models/m/outputs").reply(207, answer.clone());
        let mut many = PredictMany::new(&app(), Predict::with("m"), ["a", "b"].map(url));
        if raw {
            many = many.with_raw();
        }
        let predictions = bulk::run(many, &mut script, |_| ()).into_predictions();
        assert!(predictions[0].result.is_ok() && predictions[1].result.is_err());
        let new: Vec<_> = predictions.iter().map(|one| one.raw.as_ref().map(|raw| raw["new"].clone())).collect();
        assert_eq!(new, if raw { [Some(1.into()), Some(2.into())] } else { [None, None] });
    }
}
