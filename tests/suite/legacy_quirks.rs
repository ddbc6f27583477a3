//! Requests that the old Python client sends wrongly or not at all, and what this client sends instead, by the number
//! of the quirk.

#![allow(clippy::too_many_lines)]

use clarifai_core::concepts::{ConceptRef, CreateConcepts, GetConcept};
use clarifai_core::inputs::{
    CreateInputs, Crop, DeleteInput, GetInputCounts, InputPatch, NewFace, NewInput, NewRegion, PatchInputs,
};
use clarifai_core::models::{
    CreateModelVersion, GetModelOutputInfo, GetModelVersion, ListModelInputs, ModelRef, Predict, SendModelFeedback,
};
use clarifai_core::searches::{SearchInputs, SearchTerm, SendSearchFeedback};
use clarifai_core::workflows::{ListPublicWorkflows, ListWorkflows, PredictWorkflow};
use clarifai_core::{Config, Credentials, Exchange, FeedbackInfo, Operation, Page};
use clarifai_tests::exchanges;
use serde_json::{Value, json};

const TINY: &[u8] = &[0xff, 0xd8, 0xff, 0xd9];

/// Returns the method with the path below `/v2`, and the body.
fn sent<O: Operation>(operation: O) -> (String, Value) {
    let config = Config::new(Credentials::key("KEY").unwrap());
    let (request, _) = Exchange::new(&config, operation).unwrap().into_parts();
    exchanges::record(O::SPEC.name, &request.clone().map(|body| body.to_bytes()), None);
    let address = request.uri().path_and_query().unwrap().as_str().trim_start_matches("/v2/").to_owned();
    let body = request.body().to_bytes();
    let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
    (format!("{} {address}", request.method()), body)
}

fn query(search: SearchInputs) -> Value {
    sent(search).1["query"].clone()
}

#[test]
fn requests_avoid_the_quirks_of_the_old_client() {
    let crop = || Crop::new(0.1, 0.2, 0.3, 0.4);
    let image = |source: Value| json!({"inputs": [{"data": {"image": source}}]});
    let page = Page::new(2, 5);
    for (quirk, (address, body), expected_address, expected_body) in [
        ("Q02", sent(GetInputCounts::new()), "GET inputs/status", Value::Null),
        (
            "Q03",
            sent(Predict::new("X").image_bytes(TINY)),
            "POST models/X/outputs",
            image(json!({"base64": "/9j/2Q==", "allow_duplicate_url": false})),
        ),
        ("Q05", sent(GetModelOutputInfo::new("m1")), "GET models/m1/output_info", Value::Null),
        ("Q06", sent(ListWorkflows::new().page(page)), "GET workflows?page=2&per_page=5", Value::Null),
        (
            "Q06",
            sent(ListPublicWorkflows::new().page(page).old_route()),
            "GET public_workflows?page=2&per_page=5",
            Value::Null,
        ),
        (
            "Q07",
            sent(ListModelInputs::new(ModelRef::from("M").with_version("V"))),
            "GET models/M/versions/V/inputs?page=1&per_page=20",
            Value::Null,
        ),
        ("Q08", sent(GetConcept::new("a/b")), "GET concepts/a%2Fb", Value::Null),
        ("Q08", sent(GetConcept::new("who?x=1")), "GET concepts/who%3Fx%3D1", Value::Null),
        ("Q08", sent(DeleteInput::new("a%20b")), "DELETE inputs/a%2520b", Value::Null),
        ("Q08", sent(GetModelVersion::new("a/b", "v/1")), "GET models/a%2Fb/versions/v%2F1", Value::Null),
        (
            "Q09",
            sent(CreateConcepts::new().concept("id1").concept("id2")),
            "POST concepts",
            json!({"concepts": [{"id": "id1"}, {"id": "id2"}]}),
        ),
        ("Q14", sent(CreateModelVersion::new("m1")), "POST models/m1/versions", json!({})),
        (
            "Q16",
            sent(
                PatchInputs::merge().input(
                    InputPatch::new("i").geo_point(1.0, 2.0).region(NewRegion::bounding_box(0.1, 0.2, 0.3, 0.4)),
                ),
            ),
            "PATCH inputs",
            json!({"action": "merge", "inputs": [{"id": "i", "data": {
                "geo": {"geo_point": {"longitude": 1.0, "latitude": 2.0}},
                "regions": [{"region_info": {"bounding_box": {"top_row": 0.1, "left_col": 0.2, "bottom_row": 0.3, "right_col": 0.4}}}],
            }}]}),
        ),
        (
            "Q19",
            sent(PredictWorkflow::new("wf-1").input(NewInput::image_base64("/9j/2Q=="))),
            "POST workflows/wf-1/results",
            image(json!({"base64": "/9j/2Q==", "allow_duplicate_url": false})),
        ),
        (
            "Q28",
            sent(SendSearchFeedback::new("in-1").info(FeedbackInfo::new().search_id("s"))),
            "POST searches/feedback",
            json!({"input": {"id": "in-1", "feedback_info": {"search_id": "s"}}}),
        ),
        (
            "Q29",
            sent(SendModelFeedback::new("m1", "in-1")),
            "POST models/m1/feedback",
            json!({"input": {"id": "in-1", "data": {}}}),
        ),
        (
            "Q45",
            sent(CreateInputs::new().input(NewInput::image_url("http://u").id("a/b"))),
            "POST inputs",
            json!({"inputs": [{"id": "a/b", "data": {"image": {"url": "http://u", "allow_duplicate_url": false}}}]}),
        ),
    ] {
        assert_eq!((address.as_str(), body), (expected_address, expected_body), "{quirk}");
    }

    let several = ["a", "b", "c"].map(|name| SearchTerm::annotated(ConceptRef::name(name)));
    let term = |name| json!({"input": {"data": {"concepts": [{"name": name, "value": 1}]}}});
    for (quirk, query, expected) in [
        (
            "Q10",
            query(several.into_iter().fold(SearchInputs::new(), SearchInputs::term)),
            json!({"ands": [term("a"), term("b"), term("c")]}),
        ),
        (
            "Q11",
            query(SearchInputs::new().term(SearchTerm::predicted(ConceptRef::id("c"))).language("zh")),
            json!({"ands": [{"output": {"data": {"concepts": [{"id": "c", "value": 1}]}}}], "language": "zh"}),
        ),
        (
            "Q12",
            query(SearchInputs::new().term(SearchTerm::similar_to_input("in-1").crop(crop()))),
            json!({"ands": [{"output": {"input": {"id": "in-1", "data": {"image": {"crop": [0.1, 0.2, 0.3, 0.4]}}}}}]}),
        ),
        (
            "Q12",
            query(SearchInputs::new().term(SearchTerm::similar_to(NewInput::image_bytes(TINY)).crop(crop()))),
            json!({"ands": [{"output": {"input": {"data": {"image": {"base64": "/9j/2Q==", "crop": [0.1, 0.2, 0.3, 0.4]}}}}}]}),
        ),
        (
            "Q59",
            query(SearchInputs::new().term(SearchTerm::original_url(" http://bla "))),
            json!({"ands": [{"input": {"data": {"image": {"url": "http://bla"}}}}]}),
        ),
    ] {
        assert_eq!(query, expected, "{quirk}");
    }

    let mut face = NewFace::default();
    face.identity.push(ConceptRef::id("x"));
    let region = NewRegion::new().concept(ConceptRef::id("dog")).face(face);
    let (_, body) = sent(SendModelFeedback::new("m1", "in-1").region(region));
    let data = json!({"concepts": [{"id": "dog"}], "face": {"identity": {"concepts": [{"id": "x"}]}}});
    assert_eq!(body["input"]["data"]["regions"][0]["data"], data, "Q30");
}
