//! Inputs: creation, processing, annotation and deletion.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clarifai_simulator::{Delays, Simulator};
use serde_json::{Value, json};
use std::time::Duration;

use crate::support::{Service, ids, image_input, plain};

fn status(service: &Service, id: &str) -> u64 {
    service.get(&format!("inputs/{id}"))["input"]["status"]["code"].as_u64().unwrap()
}

fn counts(service: &Service) -> [u64; 3] {
    let counts = &service.get("inputs/status")["counts"];
    ["processed", "to_process", "errors"].map(|name| counts[name].as_u64().unwrap())
}

#[test]
fn processing_ends_after_its_delay() {
    let delays = Delays { processing: Duration::from_secs(10), ..Delays::default() };
    let service = Service::of(Simulator::new().with_delays(delays));
    let broken = json!({"id": "broken", "data": {"image": {"base64": "/9j/2Q=="}}});
    let lost = json!({"id": "lost", "data": {"image": {"url": "https://example.com/lost.jpg"}}});
    let inputs = [image_input("red", &plain([255, 0, 0]), &json!({})), broken, lost];
    let made = service.post("inputs", &json!({"inputs": inputs}));
    assert!(made["inputs"].as_array().unwrap().iter().all(|input| input["status"]["code"] == 30001), "{made}");
    assert!(
        made["inputs"][0]["data"]["image"]["url"].is_string() && made["inputs"][0]["data"]["image"]["base64"].is_null()
    );
    assert_eq!(counts(&service), [0, 3, 0]);
    service.wait(9);
    assert_eq!(status(&service, "red"), 30001);
    service.wait(1);
    assert_eq!(["red", "broken", "lost"].map(|id| status(&service, id)), [30000, 30101, 30002]);
    assert_eq!(counts(&service), [1, 0, 2]);
    assert_eq!(ids(&service.get("inputs")["inputs"]), ["lost", "broken", "red"], "newest first");
    assert_eq!(ids(&service.get("inputs?page=2&per_page=2")["inputs"]), ["red"]);
}

#[test]
fn refuses_duplicate_and_invalid_items_individually() {
    let service = Service::new();
    let url = |id: &str, more: Value| {
        let mut image = more;
        image["url"] = "https://example.com/a.jpg".into();
        json!({"id": id, "data": {"image": image}})
    };
    service.post("inputs", &json!({"inputs": [url("one", json!({}))]}));
    let send = |inputs: Value| {
        let (http, response) = service.send("my-key", "POST", "inputs", &json!({"inputs": inputs}).to_string());
        let codes =
            response["inputs"].as_array().unwrap().iter().map(|input| input["status"]["code"].as_u64().unwrap());
        (http, response["status"]["code"].as_u64().unwrap(), codes.collect::<Vec<_>>())
    };
    let red = plain([255, 0, 0]);
    assert_eq!(send(json!([url("two", json!({}))])), (400, 10020, vec![30100]), "the same URL");
    assert_eq!(send(json!([url("two", json!({"allow_duplicate_url": true}))])), (200, 10000, vec![30001]));
    assert_eq!(send(json!([image_input("one", &red, &json!({}))])), (400, 10020, vec![30100]), "the same id");
    let mixed = json!([image_input("three", &red, &json!({})), image_input("three", &red, &json!({})), {"data": {}},
        {"data": {"image": {"base64": "?"}}}, {"data": {"image": {"base64": red, "crop": [0.5, 0.5, 0.1, 0.1]}}},
        {"data": {"text": {"raw": "a"}}}, image_input("geo", &red, &json!({"geo": {"geo_point": {"latitude": 91}}}))]);
    assert_eq!(send(mixed), (207, 10010, vec![30001, 30100, 30104, 30300, 30104, 30104, 30104]));
    let entries = service.simulator.ledger();
    let seen: Vec<_> = entries.iter().map(|entry| (entry.id.as_str(), entry.refused)).collect();
    assert_eq!(
        seen,
        [
            ("one", None),
            ("two", Some(30100)),
            ("two", None),
            ("one", Some(30100)),
            ("three", None),
            ("three", Some(30100))
        ]
    );
    assert_eq!(entries[4].content, entries[5].content);
    for (body, refusal) in [
        ("{}".to_owned(), (400, 11100)),
        (json!({"inputs": []}).to_string(), (400, 30104)),
        (json!({"inputs": vec![json!({}); 129]}).to_string(), (400, 30104)),
    ] {
        assert_eq!(service.refusal("POST", "inputs", &body), refusal);
        assert_eq!(service.refusal("PATCH", "inputs", &body), refusal);
    }
    assert_eq!(service.refusal("GET", "inputs/none", ""), (404, 30102));
    assert_eq!(service.refusal("DELETE", "inputs/none", "null"), (404, 30102));
}

#[test]
fn stores_an_input_sent_twice_without_an_id_twice() {
    let service = Service::new();
    let body = json!({"inputs": [{"data": {"image": {"base64": plain([0, 0, 255])}}}]});
    service.post("inputs", &body);
    service.post("inputs", &body);
    assert_eq!(service.get("inputs")["inputs"].as_array().unwrap().len(), 2);
    let ledger = service.simulator.ledger();
    assert!(ledger.iter().all(|entry| entry.committed() && entry.kind == "input" && entry.operation == "create"));
    assert_eq!(ledger[0].content, ledger[1].content);
    assert_ne!(ledger[0].id, ledger[1].id);
}

#[test]
fn patches_merge_overwrite_and_remove_annotations() {
    let service = Service::new();
    let concepts = json!([{"id": "cat", "value": true}, {"id": "dog", "value": false}]);
    let data = json!({"concepts": concepts, "metadata": {"a": {"b": 1}, "list": [1]}});
    service.add(&[image_input("one", &plain([255, 0, 0]), &data)]);
    assert_eq!(ids(&service.get("concepts")["concepts"]), ["cat", "dog"], "concepts are created by their first use");
    let patch = |action: &str, data: Value| {
        let response = service.patch("inputs", &json!({"inputs": [{"id": "one", "data": data}], "action": action}));
        assert_eq!(response["inputs"][0]["status"]["code"], 30200);
        let data = service.get("inputs/one")["input"]["data"].clone();
        assert_eq!(response["inputs"][0]["data"], data);
        data
    };
    let concepts = |data: &Value| {
        let list = data["concepts"].as_array().into_iter().flatten();
        list.map(|one| format!("{}={}", one["id"].as_str().unwrap(), one["value"])).collect::<Vec<_>>()
    };
    let data = patch("merge", json!({"concepts": [{"id": "dog", "value": 1}, {"id": "bird", "value": 0.0}]}));
    assert_eq!(concepts(&data), ["cat=1", "dog=1", "bird=0"]);
    let data = patch("remove", json!({"concepts": [{"id": "dog"}, {"id": "none"}]}));
    assert_eq!(concepts(&data), ["cat=1", "bird=0"]);
    let data = patch("merge", json!({"metadata": {"a": {"c": 2}, "list": [2], "x": null}}));
    assert_eq!(data["metadata"], json!({"a": {"b": 1, "c": 2}, "list": [1, 2], "x": null}));
    let data = patch("remove", json!({"metadata": {"a": {"b": 0}, "x": 0}}));
    assert_eq!(data["metadata"], json!({"a": {"c": 2}, "list": [1, 2]}));
    let point = json!({"geo_point": {"longitude": 30, "latitude": 40}});
    let data = patch("merge", json!({"geo": point, "regions": [{"id": "r", "region_info": {}}]}));
    assert_eq!((&data["geo"], data["regions"].as_array().unwrap().len()), (&point, 1));
    let data = patch("overwrite", json!({"concepts": [{"id": "fish"}], "metadata": {"only": 1}}));
    assert_eq!((concepts(&data), &data["metadata"]), (vec!["fish=1".to_owned()], &json!({"only": 1})));
    assert_eq!(data["geo"], point, "members that the patch does not contain stay");
    let data = patch("remove", json!({"geo": {}, "regions": [{"id": "r"}]}));
    assert!(data["geo"].is_null() && data["regions"].as_array().unwrap().is_empty());
    assert!(concepts(&patch("overwrite", json!({"concepts": []}))).is_empty());

    let body =
        json!({"inputs": [{"id": "one", "data": {}}, {"id": "none", "data": {}}], "action": "merge"}).to_string();
    let (http, response) = service.send("my-key", "PATCH", "inputs", &body);
    assert_eq!((http, &response["inputs"][1]["status"]["code"]), (207, &json!(30102)));
    let body = json!({"inputs": [{"id": "one", "data": {}}], "action": "explode"}).to_string();
    assert_eq!(service.refusal("PATCH", "inputs", &body), (400, 30104));
}

#[test]
fn deleted_inputs_disappear_after_the_delay() {
    let service = Service::new();
    let red = plain([255, 0, 0]);
    service.add(&["a", "b", "c", "d"].map(|id| image_input(id, &red, &json!({}))));
    let left = || ids(&service.get("inputs")["inputs"]).into_iter().map(str::to_owned).collect::<Vec<_>>();
    // Old clients send `null` as the body.
    service.call("DELETE", "inputs/a", &Value::Null);
    assert_eq!(left(), ["d", "c", "b", "a"], "still listed");
    service.wait(1);
    assert_eq!(left(), ["d", "c", "b"]);
    service.call("DELETE", "inputs", &json!({"ids": ["b", "none"]}));
    service.wait(1);
    assert_eq!(left(), ["d", "c"]);
    assert_eq!(service.refusal("DELETE", "inputs", &json!({"ids": []}).to_string()), (400, 30104));
    assert_eq!(service.refusal("DELETE", "inputs", &json!({"ids": vec!["x"; 129]}).to_string()), (400, 30104));
    assert_eq!(service.refusal("DELETE", "inputs", "{}"), (400, 11100));
    service.call("DELETE", "inputs", &json!({"delete_all": true}));
    service.wait(1);
    assert!(left().is_empty());
    service.add(&[image_input("a", &red, &json!({}))]);
    assert_eq!(left(), ["a"], "the id can be used again");
    let path = "users/me/apps/a/inputs";
    let (http, response) = service.send("my-pat", "DELETE", path, &json!({"delete_all": true}).to_string());
    assert_eq!((http, &response["status"]["code"]), (202, &json!(10070)));
}

#[test]
fn outputs_can_be_corrected() {
    let service = Service::new();
    service.add(&[image_input("red", &plain([255, 0, 0]), &json!({"concepts": [{"id": "tomato"}]}))]);
    let concepts = |response: &Value| {
        ids(&response["outputs"][0]["data"]["concepts"]).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let before = concepts(&service.get("inputs/red/outputs"));
    assert!(before.contains(&"sim_red".to_owned()), "{before:?}");
    let patch = |action: &str, id: &str| {
        let output = json!({"data": {"concepts": [{"id": id, "value": 1}]}, "model": {"id": "any"}});
        concepts(&service.patch("inputs/red/outputs", &json!({"outputs": [output], "action": action})))
    };
    assert_eq!(patch("merge", "tomato")[0], "tomato");
    assert!(!patch("remove", "sim_red").contains(&"sim_red".to_owned()));
    let unknown = json!({"outputs": [{"data": {"concepts": [{"id": "none"}]}}], "action": "merge"}).to_string();
    assert_eq!(service.refusal("PATCH", "inputs/red/outputs", &unknown), (400, 40003));
    assert_eq!(service.refusal("GET", "inputs/none/outputs", ""), (404, 30102));
}

#[test]
fn images_sent_as_bytes_get_a_url() {
    let service = Service::new();
    service.add(&[image_input("a b", &plain([255, 0, 0]), &json!({}))]);
    let url = service.get("inputs/a%20b")["input"]["data"]["image"]["url"].clone();
    let body = json!({"inputs": [{"data": {"image": {"url": url}}}]});
    let response = service.post("models/color-recognition/outputs", &body);
    assert_eq!(response["outputs"][0]["data"]["colors"][0]["w3c"]["name"], "Red");
    assert_eq!(service.search(&json!([{"output": {"input": {"data": {"image": {"url": url}}}}}]))[0].0, "a b");
    let (http, _) = service.send("other-key", "POST", "models/color-recognition/outputs", &body.to_string());
    assert_eq!(http, 400, "the URL is valid only in its own application");
}

#[test]
fn a_video_is_analyzed_by_its_first_frame() {
    let service = Service::new();
    let path = format!("{}/../../tests/data/red_then_blue.gif", env!("CARGO_MANIFEST_DIR"));
    let gif = STANDARD.encode(std::fs::read(path).unwrap());
    for (id, video) in [("film", &gif), ("none", &plain([255, 0, 0]))] {
        service.add(&[json!({"id": id, "data": {"video": {"base64": video}}})]);
    }
    assert_eq!([status(&service, "film"), status(&service, "none")], [30000, 30101]);
    assert!(service.get("inputs/film")["input"]["data"]["video"]["url"].is_string());
    let red = json!([{"output": {"data": {"concepts": [{"id": "sim_red"}]}}}]);
    assert_eq!(service.search(&red)[0].0, "film");
    let saved = service.simulator.save();
    service.simulator.restore(&saved).unwrap();
    assert_eq!(service.search(&red)[0].0, "film");
}

#[test]
fn concurrent_callers_do_not_interfere() {
    let service = Service::new();
    let simulator = &service.simulator;
    let now = clarifai_simulator::core::time::Now::default();
    let send = |key: &str, body: &Value| {
        let request = http::Request::post("/v2/inputs").header("authorization", format!("Key {key}"));
        let request = request.body(bytes::Bytes::from(body.to_string())).unwrap();
        assert_eq!(simulator.handle(now, &request).status(), 200);
    };
    std::thread::scope(|threads| {
        for caller in 0..8 {
            let send = &send;
            threads.spawn(move || {
                for number in 0..5 {
                    let id = format!("{caller}-{number}");
                    let inputs = [image_input(&id, &plain([255, 0, 0]), &json!({"concepts": [{"id": "c"}]}))];
                    send(["even", "uneven"][caller % 2], &json!({"inputs": inputs}));
                }
            });
        }
    });
    for key in ["even", "uneven"] {
        let (_, response) = service.send(key, "GET", "inputs?per_page=1000", "");
        assert_eq!(response["inputs"].as_array().unwrap().len(), 20);
    }
    assert_eq!(simulator.ledger().len(), 40);
}
