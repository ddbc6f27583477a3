//! A restored simulator gives the same responses as the saved one.

use serde_json::{Value, json};

use crate::support::{Service, image_input, plain};

#[test]
fn a_restored_simulator_continues_from_the_saved_state() {
    let service = Service::new();
    let concept = |id: &str| json!({"concepts": [{"id": id, "value": true}], "metadata": {"k": 1}});
    service.add(&[
        image_input("red", &plain([255, 0, 0]), &concept("warm")),
        image_input("blue", &plain([0, 0, 255]), &concept("cold")),
        json!({"id": "lost", "data": {"image": {"url": "https://example.com/none.jpg"}}}),
    ]);
    let info = json!({"data": {"concepts": [{"id": "warm"}, {"id": "cold"}]}});
    service.post("models", &json!({"model": {"id": "m", "output_info": info}}));
    service.post("models/m/versions", &json!({}));
    let node = json!({"id": "n", "model": {"id": "m"}});
    service.post("workflows", &json!({"workflows": [{"id": "w", "nodes": [node]}]}));
    service.post("datasets", &json!({"datasets": [{"id": "d", "notes": "n"}]}));
    service
        .post("datasets/d/inputs", &json!({"dataset_inputs": [{"input": {"id": "red"}}, {"input": {"id": "blue"}}]}));
    let note = |input: &str| json!({"input_id": input, "data": {"text": {"raw": "x"}}});
    service.post("annotations", &json!({"annotations": [note("red"), note("blue")]}));
    let again = image_input("green", &plain([0, 255, 0]), &json!({}));
    service.post("inputs", &json!({"inputs": [again], "inputs_add_job_id": "j"}));
    service.call("DELETE", "inputs/blue", &Value::Null);

    let saved = service.simulator.save();
    assert!(!saved.to_string().contains("my-key"), "API keys are not saved");
    let other = Service::new();
    let text: Value = serde_json::from_str(&saved.to_string()).unwrap();
    other.simulator.restore(&text).unwrap();
    assert_eq!(other.simulator.save(), saved);
    assert_eq!(other.simulator.ledger(), service.simulator.ledger());
    other.clock.set(service.clock.get());
    for wait in [0, 1, 1] {
        service.wait(wait);
        other.wait(wait);
        for path in [
            "annotations",
            "datasets",
            "datasets/d/inputs",
            "inputs/jobs/add/j",
            "inputs",
            "concepts",
            "models",
            "models/m/versions",
            "models/m/output_info",
            "workflows",
        ] {
            let without_request_id = |service: &Service| {
                let mut response = service.get(path);
                response["status"].as_object_mut().unwrap().remove("req_id");
                response
            };
            assert_eq!(without_request_id(&other), without_request_id(&service), "{path}");
        }
    }
    let ands = json!([{"output": {"input": {"data": {"image": {"base64": plain([250, 0, 0])}}}}}]);
    assert_eq!(other.search(&ands), service.search(&ands), "images are analyzed again");
    let predict = |service: &Service| {
        let body = json!({"inputs": [{"data": {"image": {"base64": plain([250, 0, 0])}}}]});
        service.post("workflows/w/results", &body)["results"][0]["outputs"][0]["data"].clone()
    };
    assert_eq!(predict(&other), predict(&service));
    assert_eq!(predict(&other)["concepts"][0]["id"], "warm");
}

#[test]
fn an_invalid_save_is_refused_and_changes_nothing() {
    let service = Service::new();
    service.post("concepts", &json!({"concepts": [{"id": "cat"}]}));
    assert!(service.simulator.restore(&json!({"apps": 1})).is_err());
    assert!(service.simulator.restore(&json!([])).is_err());
    assert_eq!(service.get("concepts/cat")["concept"]["id"], "cat");
}
