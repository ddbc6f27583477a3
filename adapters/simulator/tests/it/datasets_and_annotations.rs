//! Datasets, annotations, the jobs that add inputs, and the searches with filters and ranks.

use serde_json::{Value, json};

use crate::support::{Service, hits, ids, image_input, plain};

const COLORS: [(&str, [u8; 3]); 3] = [("red", [255, 0, 0]), ("dark", [150, 0, 0]), ("blue", [0, 0, 255])];

/// Creates a service with three plain images, two of them in the dataset `warm`.
fn service() -> Service {
    let service = Service::new();
    service.post("datasets", &json!({"datasets": [{"id": "warm", "description": "Warm colors"}, {"id": "empty"}]}));
    let inputs = COLORS.map(|(id, color)| {
        let mut input =
            image_input(id, &plain(color), &json!({"concepts": [{"id": id, "value": 1}], "metadata": {"n": id.len()}}));
        if id != "blue" {
            input["dataset_ids"] = json!(["warm"]);
        }
        input
    });
    service.add(&inputs);
    service
}

#[expect(clippy::needless_pass_by_value, reason = "callers write the value in place")]
fn region(shape: &str, value: Value) -> Value {
    json!({"region_info": {shape: value}, "data": {"concepts": [{"id": "thing", "value": 1}]}})
}

fn square() -> Value {
    json!({"top_row": 0, "left_col": 0, "bottom_row": 0.5, "right_col": 0.5})
}

#[test]
fn datasets_are_created_changed_filled_and_deleted() {
    let service = service();
    assert_eq!(ids(&service.get("datasets")["datasets"]), ["empty", "warm"], "newest first");
    assert_eq!(
        ids(&service.get("datasets?sort_ascending=true&sort_by_id=true&per_page=1&page=2")["datasets"]),
        ["warm"]
    );
    assert_eq!(ids(&service.get("datasets?search=Warm%20c")["datasets"]), ["warm"]);
    let patch = |action: &str, members: Value| {
        let mut item = members;
        item["id"] = "warm".into();
        service.patch("datasets", &json!({"action": action, "datasets": [item]}))["datasets"][0].clone()
    };
    patch("merge", json!({"metadata": {"a": 1}}));
    assert_eq!(patch("merge", json!({"metadata": {"b": 2}}))["metadata"], json!({"a": 1, "b": 2}));
    assert_eq!(patch("remove", json!({"metadata": {"a": null}}))["metadata"], json!({"b": 2}));
    assert_eq!(patch("overwrite", json!({"description": "Hot"}))["description"], "Hot");
    assert_eq!(service.get("datasets/warm")["dataset"]["metadata"], json!({"b": 2}));

    let inputs = |id: &str| {
        let list = service.get(&format!("datasets/{id}/inputs"))["dataset_inputs"].clone();
        let id = |one: &Value| one["input"]["id"].as_str().unwrap().to_owned();
        list.as_array().unwrap().iter().map(id).collect::<Vec<_>>()
    };
    assert_eq!(inputs("warm"), ["dark", "red"]);
    let inputs_to_add = ["blue", "red", "none"].map(|id| json!({"input": {"id": id}}));
    let add = json!({"dataset_inputs": inputs_to_add});
    let (http, mixed) = service.send("my-key", "POST", "datasets/warm/inputs", &add.to_string());
    assert_eq!((http, &mixed["status"]["code"]), (207, &10010.into()));
    let codes =
        mixed["dataset_inputs"].as_array().unwrap().iter().map(|one| one["input"]["status"]["code"].as_u64().unwrap());
    assert_eq!(codes.collect::<Vec<_>>(), [64100, 64101, 30102]);
    service.call("DELETE", "datasets/warm/inputs", &json!({"input_ids": ["red", "none"]}));
    assert_eq!(inputs("warm"), ["blue", "dark"]);

    service.call("DELETE", "inputs/dark", &Value::Null);
    service.wait(2);
    assert_eq!(inputs("warm"), ["blue"], "a deleted input leaves its datasets");
    service.call("DELETE", "datasets", &json!({"dataset_ids": ["warm", "none"]}));
    assert_eq!(service.refusal("GET", "datasets/warm", ""), (404, 11101));
    assert_eq!(service.get("inputs/blue")["input"]["id"], "blue", "the inputs of a deleted dataset remain");

    for (method, path, body, refusal) in [
        ("POST", "datasets", json!({"datasets": [{"id": "empty"}]}), (400, 11102)),
        ("POST", "datasets", json!({"datasets": [{"id": "d".repeat(49)}]}), (400, 11102)),
        ("PATCH", "datasets", json!({"datasets": [{"id": "none"}]}), (404, 11101)),
        ("POST", "datasets/none/inputs", json!({"dataset_inputs": [{"input": {"id": "red"}}]}), (404, 11101)),
        ("GET", "datasets/none/inputs", json!({}), (404, 11101)),
    ] {
        assert_eq!(service.refusal(method, path, &body.to_string()), refusal, "{method} {path} {body}");
    }
}

#[test]
fn annotations_succeed_and_fail_one_by_one() {
    let service = service();
    let create = json!({"annotations": [
        {"id": "a1", "input_id": "red", "data": {"regions": [region("bounding_box", square())]}},
        {"input_id": "red", "data": {"concepts": [{"id": "x", "value": 1}]}, "status": {"code": "ANNOTATION_PENDING"}},
        {"input_id": "none", "data": {"concepts": [{"id": "x"}]}},
        {"input_id": "red", "data": {"regions": [region("bounding_box", json!({"bottom_row": 2, "right_col": 1}))]}},
        {"id": "a1", "input_id": "red", "data": {}},
        {"id": "a1", "input_id": "blue", "data": {"text": {"raw": "sky"}}, "annotation_info": {"by": 1}}]});
    let (http, created) = service.send("my-key", "POST", "annotations", &create.to_string());
    assert_eq!((http, &created["status"]["code"]), (207, &10010.into()));
    let code = |one: &Value| one["status"]["code"].as_u64().unwrap();
    let codes: Vec<_> = created["annotations"].as_array().unwrap().iter().map(code).collect();
    assert_eq!(codes, [24150, 24151, 30102, 24155, 24155, 24150]);
    assert!(created["annotations"][0]["data"]["regions"][0]["id"].is_string(), "regions get an id");
    service.get("concepts/thing");

    let list = |query: &str| service.get(&format!("annotations?{query}"))["annotations"].as_array().unwrap().len();
    // Each input has its own labels too.
    assert_eq!((list(""), list("list_all_annotations=true")), (5, 6));
    assert_eq!((list("input_ids=red"), list("input_ids=red&input_ids=blue&ids=a1"), list("user_ids=none")), (2, 2, 0));
    assert_eq!(list("per_page=2&page=3"), 1);

    let patch = |action: &str, data: Value| {
        let item = json!({"id": "a1", "input_id": "red", "data": data});
        service.patch("annotations", &json!({"action": action, "delete_if_empty_data": true, "annotations": [item]}))
            ["annotations"][0]["data"]
            .clone()
    };
    let id = created["annotations"][0]["data"]["regions"][0]["id"].clone();
    let mut taller = square();
    taller["bottom_row"] = json!(0.75);
    let merged = patch("merge", json!({"regions": [{"id": id, "region_info": {"bounding_box": taller}}]}));
    assert_eq!(merged["regions"][0]["region_info"]["bounding_box"]["bottom_row"], 0.75);
    assert_eq!(merged["regions"].as_array().unwrap().len(), 1, "a region is changed by its id");
    assert_eq!(patch("overwrite", json!({"concepts": [{"id": "x", "value": 1}]}))["concepts"][0]["id"], "x");
    patch("remove", json!({"concepts": [{"id": "x"}]}));
    patch("remove", json!({"regions": [{"id": id}]}));
    assert_eq!(service.refusal("GET", "inputs/red/annotations/a1", ""), (404, 11101), "it was empty");
    assert_eq!(service.get("inputs/blue/annotations/a1")["annotation"]["annotation_info"], json!({"by": 1}));
    service.call("DELETE", "inputs/blue/annotations/a1", &Value::Null);
    assert_eq!(service.refusal("DELETE", "inputs/blue/annotations/a1", ""), (404, 11101));
    service.call("DELETE", "annotations", &json!({"input_ids": ["red", "blue"]}));
    assert_eq!(list("list_all_annotations=true"), 3, "the inputs' own labels remain");
    assert_eq!(service.refusal("DELETE", "annotations", r#"{"input_ids": ["red"], "ids": ["a", "b"]}"#), (400, 24155));
}

#[test]
fn filters_of_both_searches_really_filter() {
    let service = service();
    let annotation = |id: &str, input: &str, data: Value| json!({"id": id, "input_id": input, "data": data});
    let polygon = json!({"points": [{"row": 0, "col": 0}, {"row": 1, "col": 0}, {"row": 1, "col": 1}]});
    let create = [
        annotation("box", "red", json!({"regions": [region("bounding_box", square())]})),
        annotation("mask", "dark", json!({"regions": [region("mask", json!({"image": {"base64": "AQID"}}))]})),
        annotation("polygon", "dark", json!({"regions": [region("polygon", polygon)]})),
        annotation("time", "blue", json!({"time_segments": [{"time_info": {"begin_time": 0, "end_time": 1}}]})),
    ];
    service.post("annotations", &json!({"annotations": create}));
    let later = service.clock.get();
    service.wait(10);
    service.patch(
        "annotations",
        &json!({"annotations": [annotation("box", "red", json!({"concepts": [{"id": "new"}]}))]}),
    );

    let search = |path: &str, filters: &Value| {
        service.post(
            path,
            &json!({"searches": [{"query": {"filters": filters}}], "pagination": {"page": 1, "per_page": 50}}),
        )
    };
    let inputs = |filters: Value| {
        let mut found: Vec<_> = hits(&search("inputs/searches", &filters)).into_iter().map(|(id, _)| id).collect();
        found.sort();
        found.join(" ")
    };
    let data = |data: Value| json!({"annotation": {"data": data}});
    let shape = |shape: &str| data(json!({"regions": [{"region_info": {shape: {}}}]}));
    let concept = |id: &str, value: u8| data(json!({"concepts": [{"id": id, "value": value}]}));
    let time = clarifai_simulator::core::types::Timestamp::new(humantime_text(later.as_secs() + 5));
    for (filters, expected) in [
        (json!([{"input": {"data": {"image": {}}}}]), "blue dark red"),
        (json!([{"input": {"data": {"video": {}}}}]), ""),
        (json!([{"input": {"dataset_ids": ["warm"]}}]), "dark red"),
        (json!([{"input": {"dataset_ids": ["empty"]}}]), ""),
        (json!([{"input": {"dataset_ids": ["warm"]}, "negate": true}]), "blue"),
        (json!([{"input": {"status": {"code": "INPUT_DOWNLOAD_SUCCESS"}}}]), "blue dark red"),
        (json!([{"input": {"status": {"code": 30002}}}]), ""),
        (json!([concept("thing", 1)]), "dark red"),
        (json!([concept("thing", 0)]), ""),
        (json!([concept("thing", 1), concept("red", 1)]), "red"),
        (json!([data(json!({"concepts": [{"id": "red"}, {"id": "blue"}]}))]), "blue red"),
        (json!([data(json!({"metadata": {"n": 4}}))]), "blue dark"),
        (json!([shape("bounding_box")]), "red"),
        (json!([shape("mask")]), "dark"),
        (json!([shape("polygon")]), "dark"),
        (json!([shape("point")]), ""),
        (json!([data(json!({"time_segments": [{"time_info": {}}]}))]), "blue"),
        (json!([data(json!({"frames": [{"frame_info": {}}]}))]), ""),
        (json!([data(json!({}))]), "blue dark red"),
        (json!([data(json!({"clusters": [{"id": "c"}]}))]), ""),
        (json!([{"annotation": {"input_level": false}}]), "blue dark red"),
        (json!([{"annotation": {"status": {"code": 24151}}}]), ""),
        (json!([{"annotation": {"worker": {"user": {"id": "none"}}}}]), ""),
        (json!([{"annotation": {}, "last_updated_time_range": {"start_time": time}}]), "red"),
        (json!([{"last_updated_time_range": {"end_time": time}}]), "blue dark red"),
    ] {
        assert_eq!(inputs(filters.clone()), expected, "{filters}");
    }
    let annotations = |filters: Value| {
        let found = search("annotations/searches", &filters)["hits"].clone();
        let id = |hit: &Value| hit["annotation"]["id"].as_str().unwrap().to_owned();
        let mut found: Vec<_> = found.as_array().unwrap().iter().map(id).collect();
        found.sort();
        found.join(" ")
    };
    assert_eq!(annotations(json!([concept("thing", 1)])), "box mask polygon");
    assert_eq!(annotations(json!([shape("mask"), {"input": {"dataset_ids": ["warm"]}}])), "mask");
    assert_eq!(
        annotations(
            json!([{"annotation": {"input_level": false}}, {"annotation": {"data": {"regions": [{}]}}, "negate": true}])
        ),
        "time"
    );

    let count = |filters: Value| {
        let body = json!({"searches": [{"query": {"filters": filters}}], "only_count": true});
        let response = service.post("inputs/searches", &body);
        assert_eq!(response["hits"], json!([]));
        response["hit_counts"][0]["estimated_total"].clone()
    };
    assert_eq!((count(json!([shape("mask")])), count(json!([shape("point")]))), ("1".into(), "0".into()));

    for filters in [
        json!([{"annotation": {"data": {"color": 1}}}]),
        json!([{"annotation": {"pose": 1}}]),
        json!([{"output": {}}]),
        json!([concept("none", 1)]),
        json!([data(json!({"geo": {}}))]),
        json!([{"last_updated_time_range": {"start_time": "noon"}}]),
    ] {
        let body = json!({"searches": [{"query": {"filters": filters}}]}).to_string();
        assert_eq!(service.refusal("POST", "annotations/searches", &body), (400, 40002), "{body}");
    }
}

fn humantime_text(seconds: u64) -> String {
    // The clock of the tests starts at 2023-11-14T22:13:20Z.
    let (minutes, seconds) = ((seconds - 1_700_000_000 + 20) / 60, (seconds - 1_700_000_000 + 20) % 60);
    format!("2023-11-14T22:{:02}:{seconds:02}Z", 13 + minutes)
}

#[test]
fn ranks_sort_by_the_distance_of_embeddings() {
    let service = service();
    let ranked = |rank: Value| {
        let found = service.post("inputs/searches", &json!({"searches": [{"query": {"ranks": [rank]}}]}));
        hits(&found).into_iter().map(|(id, _)| id).collect::<Vec<_>>()
    };
    assert_eq!(ranked(json!({"annotation": {"input_id": "red"}}))[..2], ["red", "dark"]);
    assert_eq!(ranked(json!({"annotation": {"input_id": "red"}, "negate": true})).last().unwrap(), "dark");
    let image = json!({"annotation": {"data": {"image": {"base64": plain([0, 0, 250])}}}});
    assert_eq!(ranked(image)[0], "blue");
    let body = json!({"inputs": [{"data": {"image": {"base64": plain([250, 0, 0])}}}]});
    let embedding = service.post("models/general-image-embedding/outputs", &body)["outputs"][0]["data"]["embeddings"]
        [0]["vector"]
        .clone();
    assert_eq!(ranked(json!({"annotation": {"data": {"embeddings": [{"vector": embedding}]}}}))[..2], ["red", "dark"]);
    for annotation in [
        json!({"data": {"embeddings": [{"vector": [1]}]}}),
        json!({"data": {"text": {"raw": "a red square"}}}),
        json!({"input_id": "none"}),
    ] {
        let body = json!({"searches": [{"query": {"ranks": [{"annotation": annotation}]}}]}).to_string();
        assert_eq!(service.refusal("POST", "inputs/searches", &body), (400, 40002), "{body}");
    }
}

#[test]
fn add_jobs_count_their_inputs() {
    let service = Service::new();
    let upload = |inputs: Value, more: Value| {
        let mut body = more;
        body["inputs"] = inputs;
        body["inputs_add_job_id"] = "job".into();
        service.send("my-key", "POST", "inputs", &body.to_string()).1
    };
    let red = || image_input("red", &plain([255, 0, 0]), &json!({}));
    let lost = json!({"id": "lost", "data": {"image": {"url": "https://example.com/none.jpg"}}});
    let long = image_input(&"x".repeat(49), &plain([0, 0, 0]), &json!({}));
    let stored = upload(json!([red(), lost, long]), json!({}));
    assert_eq!(stored["inputs"][2]["status"]["code"], 39999);
    assert_eq!(stored["inputs_add_job"]["progress"], json!({"pending_count": "2", "failed_count": "1"}));
    let job = || service.get("inputs/jobs/add/job")["inputs_add_job"].clone();
    assert_eq!(job()["status"]["code"], 64002, "it claims to be completed while inputs wait");
    service.wait(2);
    assert_eq!(job()["progress"], json!({"success_count": "1", "failed_count": "2"}));

    let skipped = upload(json!([red()]), json!({"input_id_conflict_resolution": 1}));
    assert_eq!((&skipped["status"]["code"], &skipped["inputs"][0]["id"]), (&10000.into(), &"red".into()));
    let suffixed = upload(json!([red()]), json!({"input_id_conflict_resolution": 2}));
    assert!(suffixed["inputs"][0]["id"].as_str().unwrap().starts_with("red-"));
    let refused = upload(json!([red()]), json!({}));
    assert_eq!(refused["inputs"][0]["status"]["code"], 30100);

    assert_eq!(ids(&service.get("inputs/jobs/add")["inputs_add_jobs"]), ["job"]);
    assert_eq!(service.patch("inputs/jobs/add/job", &json!({}))["inputs_add_job"]["status"]["code"], 64004);
    assert_eq!(service.refusal("GET", "inputs/jobs/add/none", ""), (404, 11101));
}

#[test]
fn the_cursor_list_reaches_every_input() {
    let service = service();
    let stream = |query: &str| {
        let inputs = service.get(&format!("inputs/stream?{query}"))["inputs"].clone();
        ids(&inputs).join(" ")
    };
    for (query, expected) in [
        ("", "red dark blue"),
        ("per_page=2", "red dark"),
        ("per_page=2&last_id=dark", "blue"),
        ("last_id=blue", ""),
        ("order_by_id=true", "blue dark red"),
        ("order_by_id=true&descending=true&last_id=red", "dark blue"),
    ] {
        assert_eq!(stream(query), expected, "{query}");
    }
    assert_eq!(service.refusal("GET", "inputs/stream?last_id=none", ""), (404, 11101));
}
