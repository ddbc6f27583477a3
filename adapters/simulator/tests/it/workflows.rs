//! Workflows.

use serde_json::{Value, json};

use crate::support::{Service, ids, plain};

const GENERAL: &str = "aaa03c23b3724a16a56b629203edc62c";

#[test]
fn the_public_workflow_runs_two_models() {
    let service = Service::new();
    assert_eq!(ids(&service.get("public_workflows")["workflows"]), ["General"]);
    assert_eq!(ids(&service.get("workflows/General")["workflow"]["nodes"]), ["general", "color"]);
    assert!(ids(&service.get("workflows")["workflows"]).is_empty());
    let red = json!({"data": {"image": {"base64": plain([255, 0, 0])}}});
    let lost = json!({"data": {"image": {"url": "https://example.com/none.jpg"}}});
    let body = json!({"inputs": [red], "output_config": {"max_concepts": 3}});
    let response = service.post("workflows/General/results", &body);
    let outputs = &response["results"][0]["outputs"];
    assert_eq!(outputs[0]["data"]["concepts"].as_array().unwrap().len(), 3);
    assert_eq!(outputs[1]["data"]["colors"][0]["w3c"]["name"], "Red");
    assert_eq!(response["workflow"]["id"], "General");
    let body = json!({"inputs": [red, lost]}).to_string();
    let (http, response) = service.send("my-key", "POST", "workflows/General/results", &body);
    assert_eq!((http, &response["results"][1]["status"]["code"]), (207, &json!(30002)));
}

#[test]
fn creates_patches_runs_and_deletes_workflows() {
    let service = Service::new();
    let node = |id: &str, model: &str| json!({"id": id, "model": {"id": model}});
    let mut second = node("second", "color-recognition");
    second["node_inputs"] = json!([{"node_id": "first"}]);
    service.post("workflows", &json!({"workflows": [{"id": "w", "nodes": [node("first", GENERAL), second]}]}));
    assert_eq!(service.get("workflows/w")["workflow"]["nodes"][1]["node_inputs"][0]["node_id"], "first");
    service.post("workflows", &json!({"workflows": [{"id": "v", "nodes": [node("first", GENERAL)]}]}));
    assert_eq!(ids(&service.get("workflows?per_page=1&page=1")["workflows"]), ["v"]);
    assert_eq!(ids(&service.get("workflows?per_page=1&page=2")["workflows"]), ["w"]);
    let patch = |action: &str, nodes: Value| {
        let body = json!({"workflows": [{"id": "v", "nodes": nodes}], "action": action});
        ids(&service.patch("workflows", &body)["workflows"][0]["nodes"]).len()
    };
    assert_eq!(patch("merge", json!([node("other", GENERAL)])), 2);
    assert_eq!(patch("remove", json!([node("other", GENERAL)])), 1);
    assert_eq!(patch("overwrite", json!([node("x", GENERAL), node("y", GENERAL), node("z", GENERAL)])), 3);
    let input = json!({"inputs": [{"data": {"image": {"base64": plain([0, 0, 255])}}}]});
    let response = service.post("workflows/w/results", &input);
    assert_eq!(response["results"][0]["outputs"].as_array().unwrap().len(), 2);

    service.post("models", &json!({"model": {"id": "m"}}));
    service.post("workflows", &json!({"workflows": [{"id": "u", "nodes": [node("first", "m")]}]}));
    assert_eq!(service.refusal("POST", "workflows/u/results", &input.to_string()), (400, 22002), "not trained");
    let mut circle = node("a", GENERAL);
    circle["node_inputs"] = json!([{"node_id": "a"}]);
    for (nodes, refusal) in [
        (json!([]), (400, 22104)),
        (json!([node("a", "none")]), (400, 22105)),
        (json!([node("a", GENERAL), node("a", GENERAL)]), (400, 22107)),
        (json!([circle]), (400, 22107)),
    ] {
        let body = json!({"workflows": [{"id": "bad", "nodes": nodes}]}).to_string();
        assert_eq!(service.refusal("POST", "workflows", &body), refusal, "{body}");
    }
    let again = json!({"workflows": [{"id": "w", "nodes": [node("a", GENERAL)]}]}).to_string();
    assert_eq!(service.refusal("POST", "workflows", &again), (400, 22100));
    assert_eq!(service.refusal("POST", "workflows/none/results", &input.to_string()), (404, 22102));
    assert_eq!(service.refusal("POST", "workflows/w/results", &json!({"inputs": []}).to_string()), (400, 40001));
    service.call("DELETE", "workflows/w", &Value::Null);
    service.call("DELETE", "workflows", &json!({"delete_all": true}));
    assert_eq!(service.refusal("GET", "workflows/w", ""), (404, 22102));
}
