//! Requests of datasets, annotations, searches and jobs, against expectations written by hand from the description of
//! the API, and responses in its shapes.

#![allow(clippy::result_large_err)]

use clarifai_core::annotations::{
    CreateAnnotations, DeleteAnnotation, DeleteAnnotations, GetAnnotation, ListAnnotations, NewAnnotation,
    NewTimeSegment, PatchAnnotations,
};
use clarifai_core::bulk::{self, IntoBulk as _, SendError, SendMany};
use clarifai_core::concepts::ConceptRef;
use clarifai_core::datasets::{
    AddDatasetInputs, CreateDatasets, DatasetOrder, DeleteDatasets, GetDataset, ListDatasetInputs, ListDatasets,
    NewDataset, PatchDatasets, RemoveDatasetInputs,
};
use clarifai_core::error::{ErrorKind, ListProblem};
use clarifai_core::inputs::{
    CancelInputsAddJob, CreateInputs, GetInputsAddJob, IdConflict, InputStream, ListInputsAddJobs, Metadata, NewInput,
    NewRegion, StreamInputs,
};
use clarifai_core::machine::{Condition as _, InputsAdded, IntoMachine as _};
use clarifai_core::pagination::Pages;
use clarifai_core::policy::RetryPolicy;
use clarifai_core::searches::{
    CountInputs, InputKind, LabelKind, QueryAnnotations, QueryInputs, SearchAlgorithm, SearchFilter, SearchMetric,
    SearchRank,
};
use clarifai_core::testing::MockTransport;
use clarifai_core::types::{Distance, GeoBox, GeoPoint, Gettable, StatusCode, Timestamp};
use clarifai_core::{AppRef, Config, Credentials, Error, Exchange, Operation, Page};
use clarifai_simulator::Simulator;
use clarifai_tests::recorded::RecordedClient;
use clarifai_tests::{data, exchanges, photograph};
use http::Response;
use serde_json::{Value, json};

fn config() -> Config {
    Config::new(Credentials::key("0123456789abcdef").unwrap()).with_app(AppRef::new("me", "mine"))
}

/// Checks method, path below the app, and body of a request.
fn sends<O: Operation>(operation: O, method: &str, path: &str, body: &Value) {
    let (request, _) = Exchange::new(&config(), operation).unwrap().into_parts();
    let sent = request.uri().path_and_query().unwrap().as_str();
    assert_eq!((request.method().as_str(), sent), (method, &*format!("/v2/users/me/apps/mine/{path}")));
    let bytes = request.body().to_bytes();
    exchanges::record(O::SPEC.name, &request.map(|body| body.to_bytes()), None);
    let found = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
    assert_eq!(found, *body, "{method} {path}");
}

fn parse<O: Operation>(operation: O, http: u16, body: &Value) -> Result<O::Output, Error> {
    let response = Response::builder().status(http).body(body.to_string()).unwrap();
    let exchange = Exchange::new(&config(), operation).unwrap();
    let request = exchange.request().clone().map(|body| body.to_bytes());
    exchanges::record(O::SPEC.name, &request, Some(&response.clone().map(Into::into)));
    exchange.parse(response)
}

/// Returns the body of a request.
fn body_of<O: Operation>(operation: O) -> Value {
    let request = Exchange::new(&config(), operation).unwrap().into_parts().0.map(|body| body.to_bytes());
    exchanges::record(O::SPEC.name, &request, None);
    serde_json::from_slice(request.body()).unwrap()
}

/// Returns a response of the fixtures.
fn fixture(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(data(&format!("responses/{name}.json"))).unwrap()).unwrap()
}

#[test]
fn datasets_are_sent_as_the_description_has_them() {
    let none = Value::Null;
    let boats = NewDataset::new("boats")
        .description("Boats")
        .notes("# Boats")
        .metadata(json!({"season": 1}))
        .visibility(Gettable::PRIVATE)
        .default_annotation_filter(json!({"id": "f"}))
        .image_url("https://example.com/a.jpg");
    sends(
        CreateDatasets::new().dataset(boats).dataset(NewDataset::new("b.2_c-d")),
        "POST",
        "datasets",
        &json!({"datasets": [
            {"id": "boats", "description": "Boats", "notes": "# Boats", "metadata": {"season": 1},
                "visibility": {"gettable": 10}, "default_annotation_filter": {"id": "f"},
                "image": {"url": "https://example.com/a.jpg"}},
            {"id": "b.2_c-d"}]}),
    );
    sends(GetDataset::new("boats"), "GET", "datasets/boats", &none);
    sends(ListDatasets::new(), "GET", "datasets?page=1&per_page=20", &none);
    sends(
        ListDatasets::new().page(Page::new(2, 5)).search("a b").starred_only().descending(DatasetOrder::StarCount),
        "GET",
        "datasets?page=2&per_page=5&search=a%20b&starred_only=true&sort_ascending=false&sort_by_star_count=true",
        &none,
    );
    sends(
        PatchDatasets::overwrite().dataset(NewDataset::new("boats").notes("")),
        "PATCH",
        "datasets",
        &json!({"action": "overwrite", "datasets": [{"id": "boats", "notes": ""}]}),
    );
    sends(DeleteDatasets::ids(["a", "b"]), "DELETE", "datasets", &json!({"dataset_ids": ["a", "b"]}));
    sends(
        AddDatasetInputs::new("boats").input("a").inputs(["b"]),
        "POST",
        "datasets/boats/inputs",
        &json!({"dataset_inputs": [{"input": {"id": "a"}}, {"input": {"id": "b"}}]}),
    );
    let page = Page::new(3, 10);
    sends(ListDatasetInputs::new("boats").page(page), "GET", "datasets/boats/inputs?page=3&per_page=10", &none);
    sends(RemoveDatasetInputs::new("boats", ["a"]), "DELETE", "datasets/boats/inputs", &json!({"input_ids": ["a"]}));
    let (request, _) =
        Exchange::new(&config(), GetDataset::new("d").in_app(AppRef::new("flora", "garden"))).unwrap().into_parts();
    assert_eq!(request.uri().path(), "/v2/users/flora/apps/garden/datasets/d");
}

#[test]
fn datasets_are_read() {
    let dataset = parse(GetDataset::new("boats"), 200, &fixture("dataset")).unwrap();
    assert_eq!((&*dataset.id, dataset.app_id.as_deref()), ("boats", Some("mine")));
    assert_eq!(dataset.visibility.and_then(|visibility| visibility.gettable), Some(Gettable::PRIVATE));
    assert_eq!(dataset.metadata, Some(json!({"season": 1})));
    let list = json!({"status": {"code": 10000}, "datasets": [fixture("dataset")["dataset"]]});
    assert_eq!(parse(ListDatasets::new(), 200, &list).unwrap().len(), 1);
    assert_eq!(parse(CreateDatasets::new().dataset(NewDataset::new("boats")), 200, &list).unwrap()[0].id, "boats");

    let added = || AddDatasetInputs::new("boats").inputs(["a", "b", "c"]);
    let batch = parse(added(), 207, &fixture("dataset_inputs_mixed")).unwrap();
    let outcomes: Vec<_> = batch.results().map(|one| one.map(|one| one.input_id().to_owned())).collect();
    assert_eq!(outcomes[0].as_deref().ok(), Some("a"));
    assert_eq!(outcomes[1].as_ref().unwrap_err().status.code, Some(StatusCode::DATASET_INPUT_DUPLICATE));
    assert_eq!(outcomes[2].as_ref().unwrap_err().id, "c");
    let all = json!({"status": {"code": 10020}, "dataset_inputs": [{"input": {"id": "a", "status": {"code": 64101}}}]});
    let error = parse(AddDatasetInputs::new("boats").input("a"), 400, &all).unwrap_err();
    assert_eq!(error.api_code(), Some(64101), "{error}");
}

#[test]
fn inputs_are_uploaded_into_datasets_and_jobs() {
    sends(
        CreateInputs::new()
            .input(NewInput::text("hi").id("é".repeat(48)).dataset("train").dataset("all"))
            .add_job("job-1")
            .on_id_conflict(IdConflict::Skip),
        "POST",
        "inputs",
        &json!({"inputs_add_job_id": "job-1", "input_id_conflict_resolution": 1, "inputs": [
            {"id": "é".repeat(48), "dataset_ids": ["train", "all"], "data": {"text": {"raw": "hi"}}}]}),
    );
    // With a suffix the service chooses the id.
    let suffixed = CreateInputs::new().input(NewInput::text("hi").id("a")).on_id_conflict(IdConflict::Suffix);
    let stored = json!({"status": {"code": 10000}, "inputs": [{"id": "a-1", "status": {"code": 30001}}]});
    assert_eq!(parse(suffixed, 200, &stored).unwrap().into_result().unwrap()[0].id, "a-1");

    let none = Value::Null;
    sends(GetInputsAddJob::new("job-1"), "GET", "inputs/jobs/add/job-1", &none);
    sends(ListInputsAddJobs::new(), "GET", "inputs/jobs/add?page=1&per_page=20", &none);
    sends(CancelInputsAddJob::new("job-1"), "PATCH", "inputs/jobs/add/job-1", &none);
    sends(StreamInputs::new(), "GET", "inputs/stream?per_page=20", &none);
    sends(
        StreamInputs::new().per_page(1000).after("a/b").by_id().descending(),
        "GET",
        "inputs/stream?per_page=1000&last_id=a%2Fb&order_by_id=true&descending=true",
        &none,
    );
}

#[test]
fn annotations_are_sent_as_the_description_has_them() {
    let none = Value::Null;
    let boat = || ConceptRef::id("boat").valued(1.0);
    let create = CreateAnnotations::new()
        .annotation(NewAnnotation::new("i1").concept("harbor").not_concept("train"))
        .annotation(
            NewAnnotation::new("i1")
                .id("a1")
                .region(NewRegion::bounding_box(0.0, 0.25, 0.5, 1.0).concept(boat()))
                .region(NewRegion::mask(vec![1, 2, 3]))
                .region(NewRegion::polygon([(0.0, 0.0), (1.0, 0.5), (0.5, 1.0)]))
                .region(NewRegion::point(0.5, 0.75))
                .status(StatusCode::ANNOTATION_PENDING),
        )
        .annotation(NewAnnotation::new("t1").region(NewRegion::span(4, 9, "Dover").concept(boat()).text("a town")))
        .annotation(
            NewAnnotation::new("v1")
                .time_segment(NewTimeSegment::new(0.0, 1.5).concept(boat()).text("hello"))
                .text("a film")
                .info("{\"by\": 1.50}".parse::<Metadata>().unwrap())
                .task("t")
                .input_level(),
        );
    sends(
        create.clone(),
        "POST",
        "annotations",
        &json!({"annotations": [
            {"input_id": "i1", "data": {"concepts": [{"id": "harbor", "value": 1.0}, {"id": "train", "value": 0.0}]}},
            {"id": "a1", "input_id": "i1", "status": {"code": 24151}, "data": {"regions": [
                {"region_info": {"bounding_box":
                        {"top_row": 0.0, "left_col": 0.25, "bottom_row": 0.5, "right_col": 1.0}},
                    "data": {"concepts": [{"id": "boat", "value": 1.0}]}},
                {"region_info": {"mask": {"image": {"base64": "AQID"}}}},
                {"region_info": {"polygon": {"points": [{"row": 0.0, "col": 0.0}, {"row": 1.0, "col": 0.5},
                    {"row": 0.5, "col": 1.0}]}}},
                {"region_info": {"point": {"row": 0.5, "col": 0.75}}}]}},
            {"input_id": "t1", "data": {"regions": [
                {"region_info": {"span": {"char_start": 4, "char_end": 9, "raw_text": "Dover"}},
                    "data": {"concepts": [{"id": "boat", "value": 1.0}], "text": {"raw": "a town"}}}]}},
            {"input_id": "v1", "annotation_info": {"by": 1.50}, "task_id": "t", "input_level": true, "data": {
                "text": {"raw": "a film"},
                "time_segments": [{"time_info": {"begin_time": 0.0, "end_time": 1.5},
                    "data": {"concepts": [{"id": "boat", "value": 1.0}], "text": {"raw": "hello"}}}]}}]}),
    );
    let text = Exchange::new(&config(), create).unwrap().request().body().to_bytes();
    assert!(String::from_utf8_lossy(&text).contains("{\"by\": 1.50}"), "digits are sent as given");

    // The example of the documentation, which replaces a region.
    let region = NewRegion::bounding_box(0.0, 0.0, 1.0, 1.0).concept(ConceptRef::id("bike").valued(1.0));
    sends(
        PatchAnnotations::overwrite().annotation(NewAnnotation::new("i1").id("a1").region(region)),
        "PATCH",
        "annotations",
        &json!({"action": "overwrite", "annotations": [{"id": "a1", "input_id": "i1", "data": {"regions": [
            {"region_info": {"bounding_box": {"top_row": 0.0, "left_col": 0.0, "bottom_row": 1.0, "right_col": 1.0}},
                "data": {"concepts": [{"id": "bike", "value": 1.0}]}}]}}]}),
    );
    sends(
        PatchAnnotations::remove()
            .delete_if_empty()
            .annotation(NewAnnotation::new("i1").id("a1").region(NewRegion::new().id("r1"))),
        "PATCH",
        "annotations",
        &json!({"action": "remove", "delete_if_empty_data": true, "annotations": [
            {"id": "a1", "input_id": "i1", "data": {"regions": [{"id": "r1"}]}}]}),
    );
    sends(GetAnnotation::new("i1", "a1"), "GET", "inputs/i1/annotations/a1", &none);
    sends(DeleteAnnotation::new("i1", "a1"), "DELETE", "inputs/i1/annotations/a1", &none);
    sends(
        DeleteAnnotations::new().annotation("i1", "a1").annotation("i2", "a2"),
        "DELETE",
        "annotations",
        &json!({"ids": ["a1", "a2"], "input_ids": ["i1", "i2"]}),
    );
    sends(DeleteAnnotations::of_inputs(["i1"]), "DELETE", "annotations", &json!({"input_ids": ["i1"]}));
    sends(ListAnnotations::of_input("i1"), "GET", "annotations?page=1&per_page=20&input_ids=i1", &none);
    sends(
        ListAnnotations::new()
            .id("a")
            .input("i")
            .input("j")
            .user("u")
            .model_version("m")
            .workflow_version("w")
            .task("t")
            .all()
            .with_models(),
        "GET",
        "annotations?page=1&per_page=20&ids=a&input_ids=i&input_ids=j&user_ids=u&model_version_ids=m\
         &workflow_version_ids=w&task_id=t&list_all_annotations=true&return_model_output=true",
        &none,
    );
}

#[test]
fn annotations_are_read_with_an_outcome_each() {
    let list = fixture("annotations");
    let annotations = parse(ListAnnotations::new(), 200, &list).unwrap();
    let place = annotations[0].data.as_ref().unwrap().regions()[0].bounding_box().unwrap().clone();
    assert_eq!((place.top(), place.right()), (0.1, 0.9));
    let one = json!({"status": {"code": 10000}, "annotation": list["annotations"][1]});
    let span = parse(GetAnnotation::new("i", "a"), 200, &one).unwrap().data.unwrap().regions()[0].clone();
    assert_eq!(span.region_info.unwrap().span.unwrap().raw_text.as_deref(), Some("Dover"));

    let create = ["a1", "a2", "a3"].map(|id| NewAnnotation::new("i").id(id).concept("c"));
    let mixed = json!({"status": {"code": 10010}, "annotations": [
        {"id": "a2", "status": {"code": 24155, "details": "no input"}},
        {"id": "a1", "status": {"code": 24150}},
        {"id": "a3", "status": {"code": 24158}}]});
    let batch = parse(CreateAnnotations::new().annotations(create), 207, &mixed).unwrap();
    let failed: Vec<_> = batch.failures().map(|failure| failure.index).collect();
    assert_eq!(failed, [1], "an annotation that a reviewer denied is stored");
}

#[test]
fn searches_are_sent_as_the_description_has_them() {
    let cat = || ConceptRef::id("cat");
    let code = StatusCode::ANNOTATION_SUCCESS;
    let point = GeoPoint::new(-29.0, 40.0);
    // The example of the documentation; enumerations are sent as numbers.
    sends(
        QueryInputs::new()
            .filter(SearchFilter::concept(cat()))
            .filter(SearchFilter::annotation_status(code))
            .filter(SearchFilter::metadata("type", "animal"))
            .filter(SearchFilter::near(point.clone(), Distance::km(150.0)))
            .rank(SearchRank::text("black dress"))
            .page(Page::new(2, 20)),
        "POST",
        "inputs/searches",
        &json!({"searches": [{"query": {
            "filters": [
                {"annotation": {"data": {"concepts": [{"id": "cat", "value": 1.0}]}}},
                {"annotation": {"status": {"code": 24150}}},
                {"annotation": {"data": {"metadata": {"type": "animal"}}}},
                {"annotation": {"data": {"geo": {"geo_point": {"longitude": -29.0, "latitude": 40.0},
                    "geo_limit": {"type": "withinKilometers", "value": 150.0}}}}}],
            "ranks": [{"annotation": {"data": {"text": {"raw": "black dress"}}}}]}}],
            "pagination": {"page": 2, "per_page": 20}}),
    );
    let options = |search: QueryAnnotations| {
        search
            .language("de")
            .algorithm(SearchAlgorithm::BruteForce)
            .metric(SearchMetric::Cosine)
            .min_value(0.5)
            .as_of(Timestamp::new("2026-01-02T03:04:05Z"))
    };
    sends(
        options(QueryAnnotations::new().rank(SearchRank::input("i").negate())),
        "POST",
        "annotations/searches",
        &json!({"searches": [{"query": {"ranks": [{"negate": true, "annotation": {"input_id": "i"}}], "language": "de"},
            "algorithm": "brute_force", "metric": 2, "min_value": 0.5, "as_of": "2026-01-02T03:04:05Z"}],
            "pagination": {"page": 1, "per_page": 20}}),
    );
    sends(
        CountInputs::new().filter(SearchFilter::dataset("d")),
        "POST",
        "inputs/searches",
        &json!({"searches": [{"query": {"filters": [{"input": {"dataset_ids": ["d"]}}]}}], "only_count": true}),
    );
}

#[test]
fn every_filter_and_rank_has_its_form() {
    let of = |filter: SearchFilter| {
        let body = body_of(QueryInputs::new().filter(filter));
        body["searches"][0]["query"]["filters"][0].clone()
    };
    let region = |shape: &str| json!({"annotation": {"data": {"regions": [{"region_info": {shape: {}}}]}}});
    let corners = GeoBox::new(GeoPoint::new(1.0, 2.0), GeoPoint::new(3.0, 4.0));
    let time = || Timestamp::new("2026-01-02T03:04:05Z");
    for (filter, expected) in [
        (SearchFilter::kind(InputKind::Image), json!({"input": {"data": {"image": {}}}})),
        (SearchFilter::kind(InputKind::Video), json!({"input": {"data": {"video": {}}}})),
        (SearchFilter::kind(InputKind::Audio), json!({"input": {"data": {"audio": {}}}})),
        (SearchFilter::kind(InputKind::Text).negate(), json!({"negate": true, "input": {"data": {"text": {}}}})),
        (SearchFilter::any_dataset(["a", "b"]), json!({"input": {"dataset_ids": ["a", "b"]}})),
        (SearchFilter::input_status(StatusCode::INPUT_SUCCESS), json!({"input": {"status": {"code": 30000}}})),
        (
            SearchFilter::any_concept([ConceptRef::name("cat").negative(), ConceptRef::id("dog").valued(0.5)]),
            json!({"annotation": {"data": {"concepts": [{"name": "cat", "value": 0.0}, {"id": "dog", "value": 0.5}]}}}),
        ),
        (
            SearchFilter::any_metadata(json!({"a": 1, "b": 2})),
            json!({"annotation": {"data": {"metadata": {"a": 1, "b": 2}}}}),
        ),
        (
            SearchFilter::within(corners),
            json!({"annotation": {"data": {"geo": {"geo_box": [
                {"geo_point": {"longitude": 1.0, "latitude": 2.0}},
                {"geo_point": {"longitude": 3.0, "latitude": 4.0}}]}}}}),
        ),
        (SearchFilter::annotation_info(json!({"by": 1})), json!({"annotation": {"annotation_info": {"by": 1}}})),
        (SearchFilter::input_level(true), json!({"annotation": {"input_level": true}})),
        (SearchFilter::trusted(false), json!({"annotation": {"trusted": false}})),
        (SearchFilter::by_user("u"), json!({"annotation": {"worker": {"user": {"id": "u"}}}})),
        (
            SearchFilter::by_model_version("v"),
            json!({"annotation": {"worker": {"model": {"model_version": {"id": "v"}}}}}),
        ),
        (
            SearchFilter::by_workflow_version("v"),
            json!({"annotation": {"worker": {"workflow": {"version": {"id": "v"}}}}}),
        ),
        (SearchFilter::label(LabelKind::Whole), json!({"annotation": {"data": {}}})),
        (SearchFilter::label(LabelKind::BoundingBox), region("bounding_box")),
        (SearchFilter::label(LabelKind::Mask), region("mask")),
        (SearchFilter::label(LabelKind::Point), region("point")),
        (SearchFilter::label(LabelKind::Polygon), region("polygon")),
        (SearchFilter::label(LabelKind::Span), region("span")),
        (SearchFilter::label(LabelKind::Frame), json!({"annotation": {"data": {"frames": [{"frame_info": {}}]}}})),
        (
            SearchFilter::label(LabelKind::TimeSegment),
            json!({"annotation": {"data": {"time_segments": [{"time_info": {}}]}}}),
        ),
        (SearchFilter::track("t"), json!({"annotation": {"data": {"regions": [{"track_id": "t"}]}}})),
        (SearchFilter::cluster("c"), json!({"annotation": {"data": {"clusters": [{"id": "c"}]}}})),
        (
            SearchFilter::updated(time(), None),
            json!({"last_updated_time_range": {"start_time": "2026-01-02T03:04:05Z"}}),
        ),
        (SearchFilter::updated(None, time()), json!({"last_updated_time_range": {"end_time": "2026-01-02T03:04:05Z"}})),
    ] {
        assert_eq!(of(filter.clone()), expected, "{filter:?}");
    }
    let of = |rank: SearchRank| {
        let body = body_of(QueryInputs::new().rank(rank));
        body["searches"][0]["query"]["ranks"][0]["annotation"].clone()
    };
    for (rank, expected) in [
        (SearchRank::concept(ConceptRef::id("c")), json!({"data": {"concepts": [{"id": "c", "value": 1.0}]}})),
        (SearchRank::image(NewInput::image_url("http://u")), json!({"data": {"image": {"url": "http://u"}}})),
        (SearchRank::image(NewInput::image_bytes(vec![1, 2, 3])), json!({"data": {"image": {"base64": "AQID"}}})),
        (SearchRank::text("a"), json!({"data": {"text": {"raw": "a"}}})),
        (SearchRank::embedding([0.5, -1.0]), json!({"data": {"embeddings": [{"vector": [0.5, -1.0]}]}})),
        (SearchRank::input("i"), json!({"input_id": "i"})),
        (SearchRank::model_version("v"), json!({"model_version_id": "v"})),
    ] {
        assert_eq!(of(rank.clone()), expected, "{rank:?}");
    }
}

#[test]
fn searches_are_read() {
    let search = || QueryAnnotations::new().filter(SearchFilter::input_level(true));
    let result = parse(search(), 200, &fixture("annotations_search")).unwrap();
    assert_eq!(result.hits[0].annotation.as_ref().unwrap().id, "a1");
    assert_eq!(result.hits[0].input_id(), Some("i1"));
    let count = |counts: Value| {
        let body = json!({"status": {"code": 10000}, "hits": [], "hit_counts": counts});
        parse(CountInputs::new().filter(SearchFilter::dataset("d")), 200, &body)
    };
    for (counts, expected) in [
        (json!([{"estimated_total": "12345678901"}]), 12_345_678_901),
        (json!([{"estimated_total": 7}]), 7),
        (json!([{}]), 0),
    ] {
        assert_eq!(count(counts).unwrap(), expected);
    }
    assert!(count(json!([])).is_err(), "a missing count is not zero");
}

#[test]
fn the_page_ceiling_of_a_search_is_an_error_of_its_own() {
    let hits = |ids: [&str; 2]| json!({"status": {"code": 10000}, "hits": ids.map(|id| json!({"input": {"id": id}}))});
    let refused = || {
        json!({"status": {"code": 11102, "description": "Invalid request",
            "details": "page * perPage cannot exceed 4 for this endpoint"}})
    };
    let search = || QueryInputs::new().filter(SearchFilter::dataset("d"));
    let path = "/v2/users/me/apps/mine/inputs/searches";
    let script = MockTransport::new()
        .expect("POST", path)
        .reply(200, hits(["a", "b"]))
        .expect("POST", path)
        .reply(200, hits(["c", "d"]))
        .expect("POST", path)
        .reply(400, refused());
    let pages = Pages::new(search().page(Page::new(1, 2))).reader(&config());
    let (mut ids, mut last) = (Vec::new(), None);
    for hit in pages.iter(script) {
        match hit {
            Ok(hit) => ids.push(hit.input_id().unwrap().to_owned()),
            Err(error) => last = Some(error),
        }
    }
    assert_eq!(ids, ["a", "b", "c", "d"], "nothing of what came is lost");
    let error = last.unwrap();
    assert!(error.is_page_ceiling() && !error.is_retryable());
    let ErrorKind::List(list) = error.kind() else { panic!("{error}") };
    assert_eq!((list.problem, list.read, list.page), (ListProblem::Ceiling, 4, 3));

    assert!(parse(search(), 400, &refused()).unwrap_err().is_page_ceiling());
    let other = json!({"status": {"code": 11102, "details": "bad page"}});
    assert!(!parse(search(), 400, &other).unwrap_err().is_page_ceiling());
}

/// A list by cursor ends with an empty response, and with an error if the cursor stands still.
#[test]
fn input_streams_end_or_fail() {
    let page = |ids: &[&str]| {
        let inputs: Vec<_> = ids.iter().map(|id| json!({"id": id})).collect();
        parse(StreamInputs::new(), 200, &json!({"status": {"code": 10000}, "inputs": inputs})).unwrap()
    };
    let mut stream = InputStream::new(StreamInputs::new());
    stream.next().unwrap();
    assert_eq!(stream.record(page(&["a", "b"])).unwrap().len(), 2);
    sends(stream.next().unwrap(), "GET", "inputs/stream?per_page=20&last_id=b", &Value::Null);
    stream.record(page(&["c"])).unwrap();
    let mut again = stream.clone();
    assert!(stream.record(page(&[])).unwrap().is_empty());
    assert!(stream.next().is_none());
    assert_eq!(stream.read(), 3);

    let error = again.record(page(&["b", "c"])).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::List(list) if list.problem == ListProblem::Looping && list.read == 3));
    assert!(again.next().is_none());
}

/// What a wait does after a state.
enum End {
    Done,
    Fails(u32),
    Continues,
}

/// The table of states in the documentation of `InputsAdded`.
#[test]
fn a_wait_for_added_inputs_ends_by_its_table() {
    let job = |code: u32, pending: u64, success: u64, extraction: u32| {
        json!({"status": {"code": 10000}, "inputs_add_job": {"id": "j", "status": {"code": code},
            "progress": {"pending_count": pending, "success_count": success},
            "extraction_jobs": [{"id": "e", "status": {"code": extraction}}]}})
    };
    let done = json!({"status": {"code": 10000}, "inputs_add_job": {"id": "j", "status": {"code": 64002},
        "progress": {"success_count": 9}}});
    let path = "/v2/users/me/apps/mine/inputs/jobs/add/j";
    for (state, expected, end) in [
        (job(64002, 0, 3, 64002), 0, End::Done),
        (job(64002, 0, 3, 64003), 0, End::Done),
        (job(64008, 0, 3, 64002), 0, End::Done),
        (job(64002, 0, 3, 64002), 3, End::Done),
        (job(64004, 5, 3, 64000), 0, End::Fails(64004)),
        (job(64003, 0, 0, 64002), 0, End::Fails(64003)),
        (job(64006, 0, 0, 64002), 0, End::Fails(64006)),
        (job(64007, 0, 0, 64002), 0, End::Fails(64007)),
        (job(64002, 1, 3, 64002), 0, End::Continues),
        (job(64002, 0, 3, 64000), 0, End::Continues),
        (job(64002, 0, 3, 64001), 0, End::Continues),
        (job(64002, 0, 3, 64002), 4, End::Continues),
        (job(64000, 0, 3, 64002), 0, End::Continues),
        (job(64001, 0, 3, 64002), 0, End::Continues),
    ] {
        let script = MockTransport::new().expect("GET", path).reply(200, state.clone());
        let mut script = match end {
            End::Continues => script.expect("GET", path).reply(200, done.clone()),
            _ => script,
        };
        let result = script.run(InputsAdded::new("j").expecting(expected).wait().into_machine(&config()));
        match end {
            End::Done => assert_eq!(result.unwrap().succeeded(), 3, "{state}"),
            End::Continues => assert_eq!(result.unwrap().succeeded(), 9, "{state}"),
            End::Fails(code) => {
                let error = result.unwrap_err();
                let ErrorKind::Wait(wait) = error.kind() else { panic!("{error}") };
                let cause = format!("{:?}", wait.cause);
                assert!(cause.contains(&code.to_string()), "{state}: {cause}");
            }
        }
    }
    // The body of the documentation: completed, and its extraction is queued.
    let queued = fixture("inputs_add_job_extraction_queued");
    let mut script = MockTransport::new().expect("GET", path).reply(200, queued).expect("GET", path).reply(200, done);
    assert_eq!(script.run(InputsAdded::new("j").into_machine(&config())).unwrap().succeeded(), 9);
}

/// Any number of annotations is sent in requests of 128, and each has an outcome.
#[test]
fn batches_of_any_size_report_each_annotation() {
    let path = "/v2/users/me/apps/mine/annotations";
    let reply = |range: std::ops::Range<usize>, bad: Option<(usize, u32)>| {
        let code = |number| bad.filter(|(bad, _)| *bad == number).map_or(24150, |(_, code)| code);
        let items: Vec<_> = range.map(|n| json!({"id": format!("a{n}"), "status": {"code": code(n)}})).collect();
        json!({"status": {"code": if bad.is_some() { 10010 } else { 10000 }}, "annotations": items})
    };
    let annotations = (0..300).map(|number| {
        let region = match number {
            // The box of this one is outside of the image, so it is never sent.
            299 => NewRegion::bounding_box(0.0, 0.0, 2.0, 1.0),
            _ => NewRegion::bounding_box(0.0, 0.0, 1.0, 1.0),
        };
        NewAnnotation::new("i").id(format!("a{number}")).region(region)
    });
    let mut script = MockTransport::new()
        .expect("POST", path)
        .reply(207, reply(0..128, Some((5, 24155))))
        .expect("POST", path)
        .reply(207, reply(128..256, Some((130, 11005))))
        // Only the annotation that failed with a transient status is sent again.
        .expect("POST", path)
        .reply(200, reply(130..131, None))
        .expect("POST", path)
        .reply(200, reply(256..299, None));
    let work = SendMany::new(CreateAnnotations::new(), annotations);
    let report = bulk::run(work.into_bulk(&config()), &mut script, |_| ());
    assert_eq!((report.done(), report.failed()), (300, 2));
    assert!(!report.is_success() && report.stopped().is_none());
    let indexes: Vec<_> = report.items().iter().map(|item| item.index).collect();
    assert_eq!(indexes, (0..300).collect::<Vec<_>>());
    let failures: Vec<_> = report.failures().collect();
    assert!(matches!(&failures[0].result, Err(SendError::Rejected(status))
        if failures[0].index == 5 && status.code == Some(StatusCode::from(24155))));
    let Err(SendError::Failed(error)) = &failures[1].result else { panic!("{:?}", failures[1]) };
    assert!(failures[1].index == 299 && error.to_string().contains("bounding box"), "{error}");
}

/// Annotations without ids are not sent twice if a response is lost; those with ids are.
#[test]
fn lost_batches_are_repeated_only_with_ids() {
    let path = "/v2/users/me/apps/mine/annotations";
    let config = || config().with_retry(RetryPolicy::never());
    let one = || NewAnnotation::new("i").concept("c");
    let created = json!({"status": {"code": 10000}, "annotations": [{"id": "a", "status": {"code": 24150}}]});
    let mut script = MockTransport::new().expect("POST", path).reply(500, json!({"status": {"code": 98004}}));
    let report = bulk::run(SendMany::new(CreateAnnotations::new(), [one()]).into_bulk(&config()), &mut script, |_| ());
    let Err(SendError::Failed(error)) = &report.items()[0].result else { panic!("{report:?}") };
    assert!(error.may_have_happened(), "{error}");

    let mut script = MockTransport::new()
        .expect("POST", path)
        .reply(500, json!({"status": {"code": 98004}}))
        .expect("POST", path)
        .reply(200, created);
    let work = SendMany::new(CreateAnnotations::new(), [one().id("a")]);
    assert!(bulk::run(work.into_bulk(&config()), &mut script, |_| ()).is_success());

    // A wrong key fails every request, so the work ends.
    let mut script = MockTransport::new().expect("POST", path).reply(401, json!({"status": {"code": 11001}}));
    let work = SendMany::new(CreateAnnotations::new(), (0..300).map(|_| one())).per_request(2);
    let report = bulk::run(work.into_bulk(&config()), &mut script, |_| ());
    assert!(report.stopped().is_some_and(Error::is_auth));
    assert_eq!((report.done(), report.failed()), (2, 2));
}

/// Builds a request that must be refused. Returns the name of the argument in the error.
fn refused<O: Operation>(operation: O) -> String {
    let Err(error) = Exchange::new(&config(), operation) else { return "nothing".to_owned() };
    assert!(!error.may_have_happened() && !error.is_retryable(), "{error}");
    let ErrorKind::InvalidArgument(invalid) = error.kind() else { panic!("{error}") };
    invalid.argument().to_owned()
}

#[test]
fn errors_name_the_argument_of_datasets_and_uploads() {
    let many = || (0..129).map(|number| number.to_string());
    let empty: [&str; 0] = [];
    let photo = || NewInput::image_url("http://u");
    let dataset = |id: &str| refused(CreateDatasets::new().dataset(NewDataset::new(id)));
    for (what, found, argument) in vec![
        ("an input id of 49", refused(CreateInputs::new().input(photo().id("é".repeat(49)))), "inputs[0] id"),
        ("a dataset id", refused(CreateInputs::new().input(photo().dataset("a b"))), "inputs[0] datasets[0] id"),
        ("a job id", refused(CreateInputs::new().input(photo()).add_job("..")), "add job"),
        ("no datasets", refused(CreateDatasets::new()), "datasets"),
        ("a dataset id with /", dataset("a/b"), "datasets[0] id"),
        ("a dataset id of 49", dataset(&"d".repeat(49)), "datasets[0] id"),
        ("an empty dataset id", dataset(""), "datasets[0] id"),
        (
            "129 datasets",
            refused(many().map(NewDataset::new).fold(CreateDatasets::new(), CreateDatasets::dataset)),
            "datasets",
        ),
        ("an empty dataset patch", refused(PatchDatasets::merge().dataset(NewDataset::new("d"))), "datasets[0] patch"),
        ("no dataset ids", refused(DeleteDatasets::ids(empty)), "ids"),
        ("no dataset inputs", refused(AddDatasetInputs::new("d")), "inputs"),
        ("129 dataset inputs", refused(AddDatasetInputs::new("d").inputs(many())), "inputs"),
        ("a long input", refused(AddDatasetInputs::new("d").inputs(["i".repeat(49)])), "inputs[0] id"),
        ("nothing to remove", refused(RemoveDatasetInputs::new("d", empty)), "inputs"),
    ] {
        assert_eq!(found, argument, "{what}");
    }
}

#[test]
fn errors_name_the_argument_of_annotations() {
    let many = || (0..129).map(|number| number.to_string());
    let note = || NewAnnotation::new("i").concept("c");
    let annotate = |one| refused(CreateAnnotations::new().annotation(one));
    for (what, found, argument) in vec![
        ("no annotations", refused(CreateAnnotations::new()), "annotations"),
        ("129 annotations", refused(CreateAnnotations::new().annotations(many().map(|_| note()))), "annotations"),
        ("no data", annotate(NewAnnotation::new("i")), "annotations[0] data"),
        (
            "an annotated input of 49",
            annotate(NewAnnotation::new("i".repeat(49)).concept("c")),
            "annotations[0] input id",
        ),
        (
            "a box outside",
            annotate(note().region(NewRegion::bounding_box(0.1, 0.1, 1.1, 0.2))),
            "annotations[0] regions[0] bounding box",
        ),
        ("a point outside", annotate(note().region(NewRegion::point(-0.1, 0.5))), "annotations[0] regions[0] point"),
        (
            "a line",
            annotate(note().region(NewRegion::polygon([(0.0, 0.0), (1.0, 1.0)]))),
            "annotations[0] regions[0] polygon",
        ),
        (
            "a corner outside",
            annotate(note().region(NewRegion::polygon([(0.0, 0.0), (1.0, 1.0), (0.5, f64::NAN)]))),
            "annotations[0] regions[0] polygon[2] point",
        ),
        ("no mask", annotate(note().region(NewRegion::mask(Vec::new()))), "annotations[0] regions[0] mask"),
        ("an empty span", annotate(note().region(NewRegion::span(4, 4, ""))), "annotations[0] regions[0] span"),
        (
            "time backwards",
            annotate(note().time_segment(NewTimeSegment::new(2.0, 1.0))),
            "annotations[0] time segments[0] time",
        ),
        ("a patch without an id", refused(PatchAnnotations::merge().annotation(note())), "annotations[0] id"),
        (
            "a patch of nothing",
            refused(PatchAnnotations::merge().annotation(NewAnnotation::new("i").id("a"))),
            "annotations[0] patch",
        ),
        (
            "delete_if_empty",
            refused(PatchAnnotations::merge().delete_if_empty().annotation(note().id("a"))),
            "delete_if_empty",
        ),
        ("nothing to delete", refused(DeleteAnnotations::new()), "ids"),
        ("both ways to delete", refused(DeleteAnnotations::of_inputs(["i"]).annotation("i", "a")), "ids"),
    ] {
        assert_eq!(found, argument, "{what}");
    }
}

#[test]
fn errors_name_the_argument_of_searches() {
    let filter = |one| refused(QueryInputs::new().filter(one));
    for (what, found, argument) in vec![
        ("neither filter nor rank", refused(QueryInputs::new()), "filters and ranks"),
        ("neither filter nor rank", refused(QueryAnnotations::new()), "filters and ranks"),
        ("neither filter nor rank", refused(CountInputs::new()), "filters and ranks"),
        ("a dataset filter", filter(SearchFilter::dataset("a/b")), "filters[0] datasets[0] id"),
        ("no concepts", filter(SearchFilter::any_concept([])), "filters[0] concepts"),
        ("no metadata", filter(SearchFilter::any_metadata(json!({}))), "filters[0] metadata"),
        ("latitude 91", filter(SearchFilter::near(GeoPoint::new(0.0, 91.0), None)), "filters[0] geo point"),
        ("no user", filter(SearchFilter::by_user("")), "filters[0] user id"),
        ("no times", filter(SearchFilter::updated(None, None)), "filters[0] time range"),
        ("a bad time", filter(SearchFilter::updated(Timestamp::new("noon"), None)), "filters[0] time range"),
        ("an empty text", refused(QueryInputs::new().rank(SearchRank::text(" "))), "ranks[0] text"),
        ("no vector", refused(QueryInputs::new().rank(SearchRank::embedding([]))), "ranks[0] embedding"),
        (
            "a video",
            refused(QueryInputs::new().rank(SearchRank::image(NewInput::video_url("http://u")))),
            "ranks[0] image",
        ),
        (
            "a metric alone",
            refused(QueryInputs::new().rank(SearchRank::text("a")).metric(SearchMetric::Cosine)),
            "metric",
        ),
        (
            "a metric of an index",
            refused(
                QueryInputs::new()
                    .rank(SearchRank::text("a"))
                    .algorithm(SearchAlgorithm::NearestNeighbor)
                    .metric(SearchMetric::Cosine),
            ),
            "metric",
        ),
        ("a score of 2", refused(QueryInputs::new().rank(SearchRank::text("a")).min_value(2.0)), "min_value"),
        ("a stream of 0", refused(StreamInputs::new().per_page(0)), "page size"),
        ("a cursor", refused(StreamInputs::new().after("")), "last id"),
    ] {
        assert_eq!(found, argument, "{what}");
    }
}

/// Every operation against the simulator, in the order in which an application uses them.
#[test]
fn an_application_fills_annotates_and_searches_a_dataset() {
    let client = RecordedClient::new(config(), Simulator::new());
    client.call(CreateDatasets::new().dataset(NewDataset::new("photos")).dataset(NewDataset::new("other"))).unwrap();
    client.call(PatchDatasets::merge().dataset(NewDataset::new("photos").description("Photographs"))).unwrap();
    assert_eq!(client.call(GetDataset::new("photos")).unwrap().description.as_deref(), Some("Photographs"));

    let photo = |id: &str| NewInput::image_bytes(photograph(id)).id(id).dataset("photos");
    let upload = CreateInputs::new().inputs(["coffee", "rocket", "chelsea"].map(photo)).add_job("job");
    client.call(upload).unwrap().into_result().unwrap();
    assert!(!client.call(GetInputsAddJob::new("job")).unwrap().is_settled());
    let job = client.run(InputsAdded::new("job").expecting(3)).unwrap();
    assert_eq!((job.succeeded(), job.failed()), (3, 0));
    assert_eq!(client.call(ListInputsAddJobs::new()).unwrap().len(), 1);
    client.call(CancelInputsAddJob::new("job")).unwrap();
    assert!(client.run(InputsAdded::new("job")).is_err(), "it was canceled");
    let mut stream = InputStream::new(StreamInputs::new().per_page(2));
    while let Some(request) = stream.next() {
        stream.record(client.call(request).unwrap()).unwrap();
    }
    assert_eq!(stream.read(), 3);

    assert_eq!(client.call(ListDatasets::new()).unwrap().len(), 2);
    let added = client.call(AddDatasetInputs::new("other").inputs(["coffee", "none"])).unwrap();
    assert_eq!(added.failures().map(|failure| failure.id).collect::<Vec<_>>(), ["none"]);
    client.call(RemoveDatasetInputs::new("photos", ["chelsea"])).unwrap();
    assert_eq!(client.call(ListDatasetInputs::new("photos")).unwrap().len(), 2);

    let place = NewRegion::bounding_box(0.1, 0.1, 0.9, 0.9).concept(ConceptRef::id("cup").valued(1.0));
    let annotations =
        (0..200).map(|number| NewAnnotation::new("coffee").id(format!("a{number}")).region(place.clone()));
    let report = client.bulk(SendMany::new(CreateAnnotations::new(), annotations), 2, |_| ());
    assert!(report.is_success() && report.done() == 200, "{:?}", report.failures().next());
    let negative = CreateAnnotations::new().annotation(NewAnnotation::new("rocket").not_concept("cup"));
    client.call(negative).unwrap().into_result().unwrap();
    let patch = NewAnnotation::new("coffee").id("a7").status(StatusCode::ANNOTATION_AWAITING_REVIEW);
    client.call(PatchAnnotations::merge().annotation(patch)).unwrap().into_result().unwrap();
    let found = client.call(GetAnnotation::new("coffee", "a7")).unwrap();
    assert_eq!(found.status.unwrap().code, Some(StatusCode::ANNOTATION_AWAITING_REVIEW));
    let all = client.run(Pages::new(ListAnnotations::of_input("coffee")).per_page(64)).unwrap();
    assert_eq!(all.len(), 199, "one waits for a review");

    let cups = || SearchFilter::concept(ConceptRef::id("cup"));
    let search = QueryInputs::new().filter(cups()).filter(SearchFilter::dataset("photos"));
    let hits = client.call(search).unwrap().hits;
    assert_eq!(hits.iter().filter_map(|hit| hit.input_id()).collect::<Vec<_>>(), ["coffee"]);
    let like = QueryInputs::new().rank(SearchRank::input("rocket")).filter(SearchFilter::kind(InputKind::Image));
    assert_eq!(client.call(like).unwrap().hits[0].input_id(), Some("rocket"));
    assert_eq!(client.call(CountInputs::new().filter(cups().negate())).unwrap(), 2);
    let boxes = QueryAnnotations::new().filter(SearchFilter::label(LabelKind::BoundingBox));
    assert_eq!(client.run(Pages::new(boxes)).unwrap().len(), 200);

    client.call(DeleteAnnotation::new("coffee", "a1")).unwrap();
    client.call(DeleteAnnotations::new().annotation("coffee", "a2").annotation("coffee", "a3")).unwrap();
    client.call(DeleteAnnotations::of_inputs(["coffee"])).unwrap();
    assert!(client.call(ListAnnotations::of_input("coffee").all()).unwrap().is_empty());
    client.call(DeleteDatasets::ids(["photos", "other"])).unwrap();
    assert!(client.call(GetDataset::new("photos")).unwrap_err().is_not_found());
}
