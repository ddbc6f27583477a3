//! Models: creation, training, prediction and deletion.

use serde_json::{Value, json};

use crate::support::{Service, ids, image_input, plain, tile};

const TEXTURES: [&str; 3] = ["brick", "grass", "gravel"];

/// Creates a service with six tiles from the left half of each texture, and an untrained model for them.
fn untrained(config: &Value) -> Service {
    let service = Service::new();
    let left = TEXTURES.iter().flat_map(|name| {
        (0..6).map(move |n| {
            image_input(&format!("{name}{n}"), &tile(name, n % 2, n / 2), &json!({"concepts": [{"id": name}]}))
        })
    });
    service.add(&left.collect::<Vec<_>>());
    let concepts: Vec<_> = TEXTURES.iter().map(|name| json!({"id": name})).collect();
    let info = json!({"data": {"concepts": concepts}, "output_config": config});
    service.post("models", &json!({"model": {"id": "m", "name": "textures", "output_info": info}}));
    service
}

/// Trains the model and returns the status code of its version.
fn train(service: &Service) -> u64 {
    let response = service.post("models/m/versions", &json!({}));
    assert_eq!(response["model"]["model_version"]["status"]["code"], 21103, "{response}");
    let path = format!("models/m/versions/{}", response["model"]["model_version"]["id"].as_str().unwrap());
    let code = || service.get(&path)["model_version"]["status"]["code"].as_u64().unwrap();
    assert_eq!(code(), 21103);
    service.wait(1);
    assert_eq!(code(), 21101);
    service.wait(1);
    code()
}

#[test]
fn a_trained_model_classifies_unseen_images() {
    for exclusive in [false, true] {
        let service = untrained(&json!({"concepts_mutually_exclusive": exclusive}));
        assert_eq!(train(&service), 21100);
        let inputs: Vec<_> = TEXTURES
            .iter()
            .flat_map(|name| (0..8).map(move |n| json!({"data": {"image": {"base64": tile(name, 2 + n % 2, n / 2)}}})))
            .collect();
        let response = service.post("models/m/outputs", &json!({"inputs": inputs}));
        for (index, output) in response["outputs"].as_array().unwrap().iter().enumerate() {
            let concepts = output["data"]["concepts"].as_array().unwrap();
            let values: Vec<_> = concepts.iter().map(|concept| concept["value"].as_f64().unwrap()).collect();
            assert_eq!(concepts[0]["id"], TEXTURES[index / 8], "{index} {exclusive}: {concepts:?}");
            assert!(values[0] > 0.5 && values.iter().all(|value| (0.0..=1.0).contains(value)), "{values:?}");
            assert!(!exclusive || (values.iter().sum::<f64>() - 1.0).abs() < 1e-5);
        }
        // Searches rank by the trained concepts.
        let hits = service.search(&json!([{"output": {"data": {"concepts": [{"id": "grass"}]}}}]));
        assert!(hits.iter().take(6).all(|(id, _)| id.starts_with("grass")), "{hits:?}");
    }
}

#[test]
fn predictions_follow_their_options_and_version() {
    let service = untrained(&json!({}));
    assert_eq!(train(&service), 21100);
    let version = service.get("models/m")["model"]["model_version"]["id"].as_str().unwrap().to_owned();
    let input = json!({"data": {"image": {"base64": tile("brick", 3, 0)}}});
    let ask = |path: &str, config: Value| {
        let body = json!({"inputs": [input], "model": {"output_info": {"output_config": config}}});
        ids(&service.post(path, &body)["outputs"][0]["data"]["concepts"])
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let path = format!("models/m/versions/{version}/outputs");
    assert_eq!(ask(&path, json!({"max_concepts": 1})), ["brick"]);
    assert_eq!(ask(&path, json!({"min_value": 0.5})), ["brick"]);
    assert_eq!(ask("models/m/outputs", json!({"select_concepts": [{"name": "gravel"}]})), ["gravel"]);
    assert_eq!(service.refusal("POST", "models/m/versions/none/outputs", "{}"), (404, 11101));
}

#[test]
fn failed_trainings_report_the_reason() {
    let service = Service::new();
    let input = json!({"inputs": [{"data": {"image": {"base64": plain([9, 9, 9])}}}]});
    let config = |closed: bool| json!({"closed_environment": closed});
    service.post("models", &json!({"model": {"id": "m", "output_info": {"output_config": config(true)}}}));
    assert_eq!(service.get("models/m")["model"]["model_version"]["status"]["code"], 21102);
    assert_eq!(service.refusal("POST", "models/m/outputs", &input.to_string()), (400, 21102));
    assert_eq!(service.refusal("POST", "models/m/versions", "null"), (400, 21202), "no concepts");
    let patch = |action: &str, concepts: Value| {
        let info = json!({"data": {"concepts": concepts}, "output_config": {}});
        service.patch("models", &json!({"models": [{"id": "m", "output_info": info}], "action": action}));
        ids(&service.get("models/m/output_info")["model"]["output_info"]["data"]["concepts"]).len()
    };
    assert_eq!(patch("merge", json!([{"id": "a"}, {"id": "b"}, {"id": "a"}])), 2);
    assert_eq!(train(&service), 21110);
    service.add(&[image_input("1", &plain([255, 0, 0]), &json!({"concepts": [{"id": "a"}]}))]);
    assert_eq!(train(&service), 21111);
    assert_eq!(patch("remove", json!([{"id": "b"}])), 1);
    assert_eq!(train(&service), 21112);
    service.patch(
        "models",
        &json!({"models": [{"id": "m", "output_info": {"output_config": config(false)}}], "action": "merge"}),
    );
    assert_eq!(train(&service), 21100);
    assert_eq!(patch("overwrite", json!([{"id": "c"}])), 1);
    assert_eq!(
        service.get("models/m")["model"]["model_version"]["status"]["code"],
        21102,
        "the last version has other concepts"
    );
    service.post("models/m/outputs", &input);
    let versions = service.get("models/m/versions?per_page=100");
    let codes: Vec<_> = versions["model_versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["status"]["code"].as_u64().unwrap())
        .collect();
    assert_eq!(codes, [21102, 21100, 21112, 21102, 21111, 21110, 21102], "newest first");
}

#[test]
fn training_waits_for_pending_inputs() {
    let service = untrained(&json!({}));
    service.post(
        "inputs",
        &json!({"inputs": [image_input("late", &tile("grass", 3, 3), &json!({"concepts": [{"id": "grass"}]}))]}),
    );
    service.post("models/m/versions", &json!({}));
    let code = || service.get("models/m")["model"]["model_version"]["status"]["code"].clone();
    for expected in [21103, 21103, 21101, 21100] {
        assert_eq!(code(), expected);
        service.wait(1);
    }
    let version = service.get("models/m")["model"]["model_version"].clone();
    assert_eq!(version["total_input_count"], 19);
    let path = format!("models/m/versions/{}/inputs?per_page=100", version["id"].as_str().unwrap());
    assert_eq!(service.get(&path)["inputs"].as_array().unwrap().len(), 19);
    let old = path.replace("versions", "version");
    assert_eq!(service.get(&old)["inputs"].as_array().unwrap().len(), 19);
    assert_eq!(service.get("models/m/inputs?page=2&per_page=15")["inputs"].as_array().unwrap().len(), 4);
}

#[test]
fn lists_searches_patches_and_deletes_models() {
    let service = Service::new();
    let concepts = json!([{"id": "cat", "name": "Katze"}]);
    let made = service.post(
        "models",
        &json!({"models": [{"id": "a"}, {"id": "b", "output_info": {"data": {"concepts": concepts}}}]}),
    );
    assert_eq!((&made["model"]["id"], &made["models"]), (&json!("a"), &Value::Null), "one model, as described");
    assert_eq!(service.get("concepts/cat")["concept"]["name"], "Katze");
    let listed = service.get("models");
    assert_eq!(ids(&listed["models"])[..2], ["b", "a"], "the application's models come first");
    assert_eq!(listed["models"].as_array().unwrap().len(), 5);
    service.patch("models", &json!({"models": [{"id": "a", "name": "Anna"}], "action": "merge"}));
    let found = |query: Value| ids(&service.post("models/searches", &json!({"model_query": query}))["models"]).len();
    assert_eq!(
        [
            found(json!({"name": "ann*"})),
            found(json!({"name": "Anna", "type": "concept"})),
            found(json!({"name": "Anna", "type": "color"}))
        ],
        [1, 1, 0]
    );
    let page = |number| {
        let body = json!({"pagination": {"page": number, "per_page": 4}});
        ids(&service.post("models/searches", &body)["models"]).len()
    };
    assert_eq!([page(1), page(2), page(3)], [4, 1, 0]);
    for (method, path, body, refusal) in [
        ("POST", "models", json!({"model": {"id": "a"}}), (400, 21202)),
        ("POST", "models", json!({"models": []}), (400, 21202)),
        ("POST", "models", json!({}), (400, 11100)),
        ("PATCH", "models", json!({"models": [{"id": "none"}]}), (404, 21200)),
        ("PATCH", "models", json!({"models": [{"id": "color-recognition"}]}), (403, 21201)),
        ("GET", "models/none", json!(null), (404, 21200)),
        ("GET", "models/none/output_info", json!(null), (404, 21200)),
        ("GET", "models/a/versions/none", json!(null), (404, 11101)),
        ("DELETE", "models/none", json!(null), (404, 21200)),
        ("POST", "models/none/versions", json!({}), (404, 21200)),
        ("POST", "models/none/feedback", json!({"input": {}}), (404, 21200)),
        ("POST", "models/a/feedback", json!({}), (400, 11100)),
    ] {
        assert_eq!(service.refusal(method, path, &body.to_string()), refusal, "{method} {path} {body}");
    }
    let version = service.get("models/b")["model"]["model_version"]["id"].as_str().unwrap().to_owned();
    service.post("models/b/feedback", &json!({"input": {"id": "x", "data": {}}}));
    service.post(&format!("models/b/versions/{version}/feedback"), &json!({"input": {"id": "x", "data": {}}}));
    service.post("models/aaa03c23b3724a16a56b629203edc62c/feedback", &json!({"input": {"data": {}}}));
    service.call("DELETE", &format!("models/b/versions/{version}"), &Value::Null);
    service.wait(1);
    assert!(ids(&service.get("models/b/versions")["model_versions"]).is_empty());
    assert_eq!(service.get("models/b")["model"]["model_version"]["status"]["code"], 21102);
    service.call("DELETE", "models/a", &Value::Null);
    assert_eq!(service.get("models/a")["model"]["id"], "a", "deletion is delayed");
    service.call("DELETE", "models", &json!({"delete_all": true}));
    service.wait(1);
    assert_eq!(service.get("models")["models"].as_array().unwrap().len(), 3, "public models are not deleted");
}
