//! Replaces every part of every request body by unexpected values: each request must get a regular response.

use serde_json::{Value, json};

use crate::support::{Service, image_input, plain};

#[test]
#[expect(clippy::too_many_lines, reason = "most of it is a table")]
fn every_malformed_body_gets_a_regular_response() {
    let service = Service { records: false, ..Service::new() };
    let red = plain([255, 0, 0]);
    let point = json!({"geo_point": {"longitude": 1, "latitude": 2}});
    let data = json!({
        "image": {"base64": red, "crop": [0.0, 0.0, 1.0, 1.0]},
        "concepts": [{"id": "a", "name": "A", "value": true}],
        "metadata": {"k": [1]},
        "geo": point,
        "regions": [{"id": "r", "data": {"concepts": [{"id": "b", "value": 1}]}}],
    });
    service.add(&[image_input("i", &red, &data), image_input("j", &red, &json!({}))]);
    let info = json!({"data": {"concepts": [{"id": "a"}]}, "output_config": {"min_value": 0.1, "language": "de"}});
    service.post("models", &json!({"model": {"id": "m", "output_info": info}}));
    let node =
        json!({"id": "n", "model": {"id": "color-recognition", "model_version": {"id": "v"}}, "node_inputs": []});
    let term =
        json!({"input": {"id": "i", "data": data}, "output": {"data": data, "input": {"id": "i", "data": data}}});
    let annotation = json!({"annotation": {"input_id": "i", "data": data}, "negate": true});
    let limit = json!({"geo_point": {"longitude": 1, "latitude": 2}, "geo_limit": {"type": "withinMiles", "value": 1}});
    let corners = json!({"geo_box": [point, point]});
    let region = json!({"id": "r", "region_info": {"bounding_box": {"bottom_row": 1, "right_col": 1}},
        "data": {"concepts": [{"id": "b", "value": 1}]}});
    let note = json!({"id": "n", "input_id": "i", "status": {"code": 24150}, "annotation_info": {"a": 1},
        "data": {"regions": [region], "time_segments": [{"time_info": {"end_time": 1}}]}});
    service.post("annotations", &json!({"annotations": [note]}));
    service.post("datasets", &json!({"datasets": [{"id": "d"}]}));
    let wanted = json!({"concepts": [{"id": "a", "value": 1}], "metadata": {"k": [1]}, "geo": limit,
        "regions": [{"region_info": {"bounding_box": {}}, "track_id": "t"}]});
    let filters = json!([
        {"negate": true, "annotation": {"data": wanted, "status": {"code": 24150}, "worker": {"user": {"id": "u"}},
            "input_level": true, "annotation_info": {"a": 1}}},
        {"input": {"data": {"image": {}}, "dataset_ids": ["d"], "status": {"code": 30000}}},
        {"last_updated_time_range": {"start_time": "2023-01-01T00:00:00Z", "end_time": "2024-01-01T00:00:00Z"}},
    ]);
    let bodies = [
        ("POST", "concepts", json!({"concepts": [{"id": "c", "name": "C"}]})),
        ("PATCH", "concepts", json!({"concepts": [{"id": "a", "name": "C"}], "action": "overwrite"})),
        (
            "POST",
            "concepts/searches",
            json!({"concept_query": {"name": "a*", "language": "en"}, "pagination": {"page": 1}}),
        ),
        ("POST", "inputs", json!({"inputs": [{"id": "k", "data": data}]})),
        ("PATCH", "inputs", json!({"inputs": [{"id": "i", "data": data}], "action": "merge"})),
        ("PATCH", "inputs", json!({"inputs": [{"id": "i", "data": data}], "action": "remove"})),
        ("PATCH", "inputs", json!({"inputs": [{"id": "i", "data": data}], "action": "overwrite"})),
        (
            "PATCH",
            "inputs/i/outputs",
            json!({"outputs": [{"data": {"concepts": [{"id": "a", "value": 1}]}}], "action": "merge"}),
        ),
        (
            "POST",
            "searches",
            json!({"query": {"ands": [term], "language": "en"}, "pagination": {"page": 1, "per_page": 2}}),
        ),
        (
            "POST",
            "searches",
            json!({"query": {"ands": [{"input": {"data": {"geo": limit}}}, {"input": {"data": {"geo": corners}}}]}}),
        ),
        (
            "POST",
            "inputs/searches",
            json!({"searches": [{"query": {"filters": [annotation], "ranks": [annotation]}, "min_value": 0.5}]}),
        ),
        ("POST", "searches/feedback", json!({"input": {"id": "i", "feedback_info": {"search_id": "s"}}})),
        ("POST", "models", json!({"models": [{"id": "n", "name": "N", "output_info": info}]})),
        ("PATCH", "models", json!({"models": [{"id": "m", "name": "N", "output_info": info}], "action": "merge"})),
        ("POST", "models/searches", json!({"model_query": {"name": "*", "type": "concept"}})),
        (
            "POST",
            "models/color-recognition/outputs",
            json!({"inputs": [{"id": "x", "data": data}], "model": {"output_info": info}}),
        ),
        ("POST", "models/m/feedback", json!({"input": {"data": data}})),
        ("POST", "workflows", json!({"workflows": [{"id": "w", "nodes": [node], "metadata": {}}]})),
        ("PATCH", "workflows", json!({"workflows": [{"id": "w", "nodes": [node]}], "action": "merge"})),
        (
            "POST",
            "workflows/General/results",
            json!({"inputs": [{"data": data}], "output_config": {"max_concepts": 2}}),
        ),
        ("POST", "datasets", json!({"datasets": [{"id": "e", "metadata": {"a": 1}, "visibility": {"gettable": 10}}]})),
        ("PATCH", "datasets", json!({"datasets": [{"id": "d", "metadata": {"a": 1}}], "action": "merge"})),
        ("PATCH", "datasets", json!({"datasets": [{"id": "d", "metadata": {"a": 1}}], "action": "remove"})),
        ("POST", "datasets/d/inputs", json!({"dataset_inputs": [{"input": {"id": "i"}}]})),
        ("DELETE", "datasets/d/inputs", json!({"input_ids": ["i"]})),
        (
            "POST",
            "inputs",
            json!({"inputs": [{"id": "l", "data": {"image": {"base64": red}}, "dataset_ids": ["d"]}],
                "inputs_add_job_id": "job", "input_id_conflict_resolution": 2}),
        ),
        ("PATCH", "inputs/jobs/add/job", json!({})),
        ("POST", "annotations", json!({"annotations": [note]})),
        ("PATCH", "annotations", json!({"annotations": [note], "action": "merge"})),
        ("PATCH", "annotations", json!({"annotations": [note], "action": "overwrite"})),
        ("PATCH", "annotations", json!({"annotations": [note], "action": "remove", "delete_if_empty_data": false})),
        ("DELETE", "annotations", json!({"ids": ["none"], "input_ids": ["i"]})),
        ("POST", "inputs/searches", json!({"searches": [{"query": {"filters": filters}}], "only_count": true})),
        (
            "POST",
            "annotations/searches",
            json!({"searches": [{"query": {"filters": filters, "ranks": [annotation]}}], "pagination": {"page": 1}}),
        ),
        ("DELETE", "inputs", json!({"ids": ["j"], "delete_all": false})),
        ("DELETE", "models", json!({"ids": ["none"]})),
        ("DELETE", "workflows", json!({"ids": ["none"]})),
    ];
    let strange = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(""),
        json!("é*"),
        json!([]),
        json!([null]),
        json!({}),
    ];
    for (method, path, body) in &bodies {
        for place in places(body) {
            for value in &strange {
                let mut body = body.clone();
                *body.pointer_mut(&place).unwrap() = value.clone();
                let (status, response) = service.send("my-key", method, path, &body.to_string());
                assert!(
                    (200..500).contains(&status) && response["status"]["code"].is_u64(),
                    "{method} {path} {body}: {response}"
                );
            }
        }
    }
    // The resulting state can be read, saved and restored.
    for path in [
        "inputs",
        "concepts",
        "models",
        "workflows",
        "annotations",
        "datasets",
        "datasets/d/inputs",
        "inputs/jobs/add",
        "inputs/i",
        "models/m/output_info",
    ] {
        service.get(path);
    }
    let saved = service.simulator.save();
    service.simulator.restore(&saved).unwrap();
    assert_eq!(service.simulator.save(), saved);
}

/// Returns a JSON pointer to every part of a value, including the value itself.
fn places(value: &Value) -> Vec<String> {
    let mut all = vec![String::new()];
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (name, value) in inner {
        all.extend(places(value).into_iter().map(|rest| format!("/{name}{rest}")));
    }
    all
}
