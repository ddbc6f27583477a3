//! Searches: filter terms and rank terms.

use serde_json::{Value, json};

use crate::support::{Service, hits, image_input, plain, tile};

/// Creates a service with three plain images with annotations, and a failed input.
fn service() -> Service {
    let service = Service::new();
    let place = |longitude: f64, latitude: f64| json!({"geo_point": {"longitude": longitude, "latitude": latitude}});
    service.add(&[
        image_input(
            "red",
            &plain([255, 0, 0]),
            &json!({
                "concepts": [{"id": "c1", "name": "fruit", "value": true}, {"id": "sky", "value": false}],
                "metadata": {"shop": {"name": "corner", "n": [1, 2]}}, "geo": place(13.4, 52.5),
            }),
        ),
        image_input(
            "blue",
            &plain([0, 0, 255]),
            &json!({
                "concepts": [{"id": "c1", "value": 0}, {"id": "sky", "value": 1}],
                "metadata": {"shop": {"name": "market"}}, "geo": place(2.35, 48.86),
            }),
        ),
        image_input(
            "dark",
            &plain([60, 0, 0]),
            &json!({"regions": [{"id": "r", "data": {"concepts": [{"id": "c2", "value": 1}]}}]}),
        ),
        json!({"id": "lost", "data": {"image": {"url": "https://example.com/x.jpg"}, "concepts": [{"id": "sky"}]}}),
    ]);
    service
}

fn found(service: &Service, ands: &Value) -> Vec<String> {
    service.search(ands).into_iter().map(|(id, _)| id).collect()
}

#[test]
fn input_terms_filter() {
    let service = service();
    let data = |data: Value| json!([{"input": {"data": data}}]);
    let circle = |kind: &str, value: f64| {
        let geo =
            json!({"geo_point": {"longitude": 13.0, "latitude": 52.0}, "geo_limit": {"type": kind, "value": value}});
        data(json!({"geo": geo}))
    };
    let corner = |longitude: f64, latitude: f64| json!({"geo_point": {"longitude": longitude, "latitude": latitude}});
    let url = service.get("inputs/blue")["input"]["data"]["image"]["url"].clone();
    for (ands, expected) in [
        (data(json!({"concepts": [{"id": "c1", "value": true}]})), vec!["red"]),
        (data(json!({"concepts": [{"id": "c1"}]})), vec!["red"]),
        (data(json!({"concepts": [{"name": "Fruit", "value": 1}]})), vec!["red"]),
        (data(json!({"concepts": [{"id": "c1", "value": false}]})), vec!["blue"]),
        (data(json!({"concepts": [{"id": "c1", "value": 0}]})), vec!["blue"]),
        (data(json!({"concepts": [{"id": "c2", "value": 1}]})), vec!["dark"]),
        (data(json!({"concepts": [{"id": "sky"}]})), vec!["blue"]),
        (data(json!({"concepts": [{"id": "c1", "value": 0}, {"id": "sky"}]})), vec!["blue"]),
        (data(json!({"concepts": [{"id": "c1"}, {"id": "sky"}]})), vec![]),
        (data(json!({"metadata": {"shop": {"name": "corner"}}})), vec!["red"]),
        (data(json!({"metadata": {"shop": {"n": [2.0]}}})), vec!["red"]),
        (data(json!({"metadata": {"shop": {}}})), vec!["blue", "red"]),
        (data(json!({"metadata": {"shop": {"name": "none"}}})), vec![]),
        (data(json!({"metadata": {"nothing": 1, "shop": {"name": "market"}}})), vec!["blue"]),
        (circle("withinKilometers", 50.0), vec![]),
        (circle("withinKilometers", 70.0), vec!["red"]),
        (circle("withinMiles", 40.0), vec!["red"]),
        (circle("withinDegrees", 1.0), vec!["red"]),
        (circle("withinRadians", 0.2), vec!["blue", "red"]),
        (data(json!({"geo": {"geo_box": [corner(0.0, 50.0), corner(5.0, 45.0)]}})), vec!["blue"]),
        (data(json!({"image": {"url": url}})), vec!["blue"]),
        (json!([{"input": {"id": "dark"}}]), vec!["dark"]),
        (json!([{"input": {"data": {"metadata": {"shop": {}}}}, "negate": true}]), vec!["dark"]),
        (json!([]), vec!["dark", "blue", "red"]),
    ] {
        assert_eq!(found(&service, &ands), expected, "{ands}");
        assert!(service.search(&ands).iter().all(|(_, score)| (score - 1.0).abs() < 1e-9));
    }
}

#[test]
fn output_terms_rank() {
    let service = service();
    let output = |output: Value| json!([{"output": output}]);
    let concepts = |concept: Value| output(json!({"data": {"concepts": [concept]}}));
    assert_eq!(found(&service, &concepts(json!({"name": "red"})))[0], "red");
    assert_eq!(found(&service, &concepts(json!({"id": "sim_blue", "value": true})))[0], "blue");
    assert_eq!(
        found(&service, &concepts(json!({"id": "sim_blue", "value": false}))).len(),
        2,
        "every image except the blue one"
    );
    let in_german = json!({"query": {"ands": concepts(json!({"name": "blau"})), "language": "de"}});
    assert_eq!(hits(&service.post("searches/", &in_german))[0].0, "blue");
    for like in [
        json!({"input": {"data": {"image": {"base64": plain([255, 0, 0])}}}}),
        json!({"input": {"id": "red", "data": {"image": {}}}}),
        json!({"input": {"id": "red", "data": {"image": {"crop": [0.0, 0.0, 0.5, 0.5]}}}}),
    ] {
        let hits = service.search(&output(like));
        assert!(hits[0].0 == "red" && hits[0].1 > 0.9 && hits[1].1 < hits[0].1, "{hits:?}");
        assert!(hits.iter().all(|(_, score)| (0.0..=1.0).contains(score)));
    }
    let both = json!([{"output": {"input": {"id": "red"}}}, {"input": {"data": {"concepts": [{"id": "sky"}]}}}]);
    assert!(found(&service, &both).iter().all(|id| id == "blue"));
}

#[test]
fn similarity_finds_images_of_the_same_texture() {
    let service = Service::new();
    let names = ["brick", "grass", "gravel"];
    let tiles = names
        .iter()
        .flat_map(|name| (0..3).map(move |n| image_input(&format!("{name}{n}"), &tile(name, n % 2, n), &json!({}))));
    service.add(&tiles.collect::<Vec<_>>());
    for name in names {
        let like = json!([{"output": {"input": {"data": {"image": {"base64": tile(name, 3, 1)}}}}}]);
        let found = found(&service, &like);
        assert!(found[0].starts_with(name) && found[1].starts_with(name), "{name}: {found:?}");
    }
}

#[test]
fn handles_pages_both_formats_and_errors() {
    let service = service();
    let page = |number: u32| {
        let body = json!({"query": {"ands": []}, "pagination": {"page": number, "per_page": 2}});
        hits(&service.post("searches", &body)).len()
    };
    assert_eq!([page(1), page(2), page(3)], [2, 1, 0]);
    let response = service.post("searches?per_page=1", &json!({"query": {"ands": []}}));
    assert!(hits(&response).len() == 3 && response["id"].is_string(), "searches ignore the query string");
    let today = json!({"searches": [{"query": {
        "filters": [{"annotation": {"data": {"concepts": [{"id": "sky", "value": 1}]}}, "negate": true}],
        "ranks": [{"annotation": {"data": {"image": {"base64": plain([255, 0, 0])}}}}],
    }}]});
    assert_eq!(
        hits(&service.post("inputs/searches", &today)).iter().map(|(id, _)| id).collect::<Vec<_>>(),
        ["red", "dark"]
    );
    for (ands, code) in [
        (json!([{"input": {"data": {"concepts": [{"id": "none"}]}}}]), 40002),
        (json!([{"output": {"data": {"concepts": [{"name": "none"}]}}}]), 40002),
        (json!([{"output": {"input": {"id": "none"}}}]), 40002),
        (json!([{"output": {"input": {"data": {"image": {"url": "https://example.com/none.jpg"}}}}}]), 40002),
        (json!([{"input": {"data": {"geo": {"geo_box": []}}}}]), 40002),
        (json!([{"input": {"data": {}}}]), 40002),
    ] {
        let body = json!({"query": {"ands": ands}}).to_string();
        let (http, response) = service.send("my-key", "POST", "searches", &body);
        assert_eq!((http, &response["status"]["code"]), (400, &json!(code)), "{body}");
        assert!(response.as_object().unwrap()["hits"].is_null());
    }
    assert_eq!(service.refusal("POST", "searches", "{}"), (400, 11100));
    service.post("searches/feedback", &json!({"input": {"id": "red", "feedback_info": {"search_id": "s"}}}));
    let ledger = service.simulator.ledger();
    let last = ledger.last().unwrap();
    assert_eq!((last.operation.as_str(), last.kind.as_str(), last.id.as_str()), ("feedback", "search", "s"));
}
