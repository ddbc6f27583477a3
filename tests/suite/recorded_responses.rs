//! Decoding of all kinds of responses: fixtures of this project, and recorded responses if there is a directory of
//! them.

use clarifai_core::auth::GetToken;
use clarifai_core::concepts::{CreateConcepts, GetConcept, ListConcepts, PatchConcepts, SearchConcepts};
use clarifai_core::error::ErrorKind;
use clarifai_core::inputs::{
    CreateInputs, DeleteInput, GetInput, GetInputCounts, InputPatch, ListInputs, NewInput, PatchInputs,
};
use clarifai_core::models::{
    CreateModel, CreateModelVersion, GetModel, GetModelOutputInfo, GetModelVersion, ListModelInputs, ListModelVersions,
    ListModels, Predict, SearchModels,
};
use clarifai_core::searches::SearchInputs;
use clarifai_core::types::{Model, Output};
use clarifai_core::workflows::{GetWorkflow, PredictWorkflow};
use clarifai_core::{Batch, Config, Credentials, Error, Exchange, Operation};
use clarifai_tests::data;
use http::Response;
use serde_json::Value;

fn config() -> Config {
    Config::new(Credentials::key("0123456789abcdef").unwrap())
}

fn parse<O: Operation>(operation: O, status: u16, body: impl Into<Vec<u8>>) -> Result<O::Output, Error> {
    let response = Response::builder().status(status).body(body.into()).unwrap();
    Exchange::new(&config(), operation).unwrap().parse(response)
}

fn fixture(name: &str) -> String {
    std::fs::read_to_string(data(&format!("responses/{name}.json"))).unwrap()
}

fn predict(inputs: usize) -> Predict {
    Predict::new("m").inputs((0..inputs).map(|i| NewInput::image_url(format!("https://example.com/{i}"))))
}

fn output(name: &str) -> Output {
    parse(predict(1), 200, fixture(name)).unwrap().into_single().unwrap()
}

fn close(one: f64, other: f64) -> bool {
    (one - other).abs() < 1e-9
}

#[test]
fn concepts() {
    let output = output("predict_concepts");
    let names: Vec<_> = output.concepts().iter().map(|concept| concept.name.as_str()).collect();
    assert_eq!(names, ["boat", "sea", "nothing", "null app", "something new"]);
    assert_eq!(output.best().unwrap().name, "boat");
    assert_eq!(output.above(0.9).count(), 2);
    assert!(close(output.concept("null app").unwrap().value(), 0.5), "a number written as text");
    assert!(close(output.concept("ai_zero").unwrap().value(), 0.0));
    assert_eq!(output.model.as_ref().unwrap().kind(), Some("visual-classifier"));
}

#[test]
fn colors() {
    let output = output("predict_colors");
    let colors: Vec<_> = output.colors().iter().map(|color| (color.hex(), color.name(), color.share())).collect();
    assert_eq!(colors, [(Some("#1a2b3c"), Some("MidnightBlue"), 0.625), (Some("#fefefe"), Some("White"), 0.375)]);
}

#[test]
fn regions_with_boxes() {
    let output = output("predict_regions");
    let region = &output.regions()[0];
    assert_eq!(region.bounding_box().unwrap().to_pixels(1000, 500), (200, 50, 900, 300));
    assert_eq!(region.best().unwrap().name, "sail");
    assert_eq!(region.value, Some(0.91));
}

#[test]
fn faces_of_both_generations() {
    for name in ["predict_faces_old", "predict_faces_now"] {
        let output = output(name);
        let face = &output.regions()[0];
        assert!(face.age_concepts().next().is_some(), "{name}");
        assert_eq!(face.gender_concepts().next().unwrap().name, "feminine", "{name}");
        assert_eq!(face.multicultural_concepts().next().unwrap().name, "group one", "{name}");
    }
    let output = output("predict_faces_old");
    let face = output.regions()[0].data.as_ref().unwrap().face.as_ref().unwrap();
    assert_eq!(face.identity()[0].name, "ada");
    assert_eq!(face.age().len(), 2);
}

#[test]
fn masks_polygons_points_and_spans() {
    let output = output("predict_masks_and_points");
    let info: Vec<_> = output.regions().iter().map(|region| region.region_info.as_ref().unwrap()).collect();
    let mask = info[0].mask.as_ref().unwrap().image.as_ref().unwrap();
    assert_eq!(mask.image_info.as_ref().unwrap().width, Some(64));
    assert_eq!(info[1].polygon.as_ref().unwrap().points().len(), 3);
    assert_eq!(info[2].point.as_ref().unwrap().col, Some(0.25));
    assert_eq!(info[3].keypoint_locations.as_ref().unwrap().len(), 2);
    assert_eq!(info[4].span.as_ref().unwrap().raw_text.as_deref(), Some("Dublin"));
    assert_eq!(output.data.as_ref().unwrap().heatmaps.as_ref().unwrap().len(), 1);
}

#[test]
fn embeddings_clusters_focus_and_text() {
    assert_eq!(output("predict_embedding").embedding(), Some(&[0.5, -0.5, 0.001, 0.707_106_77][..]));
    let clusters = output("predict_clusters");
    let cluster = &clusters.data.as_ref().unwrap().clusters()[0];
    assert_eq!((cluster.id.as_str(), cluster.count), ("10_12", Some(7)));
    assert_eq!(cluster.hits.as_ref().unwrap()[0].input.as_ref().unwrap().id, "near");
    let focus = output("predict_focus");
    assert_eq!(focus.data.as_ref().unwrap().focus.as_ref().unwrap().density, Some(0.75));
    let text = output("predict_text");
    assert_eq!(text.text(), Some("A harbour in the morning."));
    assert_eq!((text.prompt_tokens, text.completion_tokens), (Some(12), Some(7)));
}

#[test]
fn frames_tracks_and_time_segments() {
    let output = output("predict_video");
    let times: Vec<_> =
        output.frames().iter().map(|frame| (frame.time_ms(), frame.best().unwrap().name.as_str())).collect();
    assert_eq!(times, [(0, "wave"), (1000, "gull")], "64-bit numbers may be sent as text");
    let data = output.data.as_ref().unwrap();
    assert_eq!(data.tracks()[0].time_info.as_ref().unwrap().num_frames, Some(2));
    assert_eq!(data.time_segments()[0].time_info.as_ref().unwrap().end_time, Some(2.5));
    assert_eq!(output.frames()[1].regions()[0].track_id.as_deref(), Some("t1"));
}

#[test]
fn batches_keep_results_and_failures_of_items() {
    let batch: Batch<Output> = parse(predict(2), 207, fixture("predict_mixed")).unwrap();
    assert!(!batch.is_success());
    assert_eq!(batch.request_id(), Some("77"));
    let failure = batch.results().nth(1).unwrap().unwrap_err();
    assert_eq!((failure.index, failure.id.as_str()), (1, "in-b"));
    assert!(std::str::from_utf8(batch.raw()).unwrap().contains("Mixed Success"), "the raw JSON is still available");
    let error = batch.into_result().unwrap_err();
    assert_eq!(error.api_code(), Some(30002));
    assert!(error.to_string().contains("1 of 2 items failed: item 1 `in-b`"), "{error}");

    let error = parse(predict(1), 400, fixture("predict_all_failed")).unwrap_err();
    assert_eq!(error.api_code(), Some(30101), "{error}");
    let all = parse(predict(1).by_item(), 400, fixture("predict_all_failed")).unwrap();
    assert_eq!((all.succeeded().count(), all.failures().count()), (0, 1));
    assert_eq!(all.into_single().unwrap_err().api_code(), Some(30101));
}

#[test]
fn models() {
    let model = parse(GetModel::new("m"), 200, fixture("model")).unwrap();
    assert_eq!((model.id.as_str(), model.kind()), ("general-image-recognition", Some("visual-classifier")));
    let model = parse(GetModelOutputInfo::new("m"), 200, fixture("model_output_info")).unwrap();
    assert_eq!(model.concepts().len(), 2);
    let ids = |models: &[Model]| models.iter().map(|model| model.id.clone()).collect::<Vec<_>>();
    let models = parse(ListModels::new(), 200, fixture("models")).unwrap();
    assert_eq!(ids(&models), ["general-image-recognition", "color-recognition", "of-tomorrow"], "null is not a model");
    assert!(parse(SearchModels::new().name("x"), 200, fixture("models_empty")).unwrap().is_empty());
    assert_eq!(
        parse(SearchModels::new().raw(), 200, fixture("models")).unwrap().json["models"][3]["id"],
        "of-tomorrow"
    );
}

#[test]
fn refused_calls() {
    for (name, status, http_code, auth, throttled, missing) in [
        ("error_key", 401, Some(11009), true, false, false),
        ("error_throttled_by_name", 429, Some(11005), false, true, false),
        ("error_no_model", 404, Some(21200), false, false, true),
        ("error_no_route", 404, None, false, false, true),
        ("error_gateway", 429, None, false, true, false),
    ] {
        let error = parse(ListModels::new(), status, fixture(name)).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Api(_)), "{name}: {error}");
        assert_eq!(error.http_status(), Some(status), "{name}");
        assert_eq!(error.api_code(), http_code, "{name}");
        assert_eq!((error.is_auth(), error.is_throttled(), error.is_not_found()), (auth, throttled, missing), "{name}");
        assert_eq!(error.operation(), "list models");
    }
}

#[test]
fn tokens() {
    let config = Config::new(Credentials::app_secret("id", "secret").unwrap());
    let exchange = Exchange::new(&config, GetToken::new()).unwrap();
    let grant = exchange.parse(Response::new(fixture("token"))).unwrap();
    assert_eq!((grant.token(), grant.expires_in().as_secs()), ("kFixtureToken1", 176_400));
    assert!(!format!("{grant:?}").contains("kFixture"));
}

/// Decodes a response by the operation in its file name, for operations other than predicting and finding models.
fn other_operation(name: &str, json: &Value, status: u16, body: &str) -> Option<Result<(), Error>> {
    let count = |member: &str| json[member].as_array().map_or(1, Vec::len);
    let body = body.to_owned();
    let inputs = || (0..count("inputs")).map(|_| NewInput::image_url("http://u"));
    let done = |operation: DeleteInput| parse(operation, status, body.clone()).map(drop);
    Some(match name.split("__").next().unwrap() {
        "concepts_create" => {
            let create =
                (0..count("concepts")).fold(CreateConcepts::new(), |create, id| create.concept(id.to_string()));
            parse(create, status, body).map(drop)
        }
        "concepts_get" => parse(GetConcept::new("c"), status, body).map(drop),
        "concepts_list" => parse(ListConcepts::new(), status, body).map(drop),
        "concepts_patch" => {
            let rename = |patch: PatchConcepts, id: usize| patch.rename(id.to_string(), "n");
            parse((0..count("concepts")).fold(PatchConcepts::new(), rename), status, body).map(drop)
        }
        "concepts_search" => parse(SearchConcepts::new("*"), status, body).map(drop),
        "inputs_create" | "error_10010_inputs_create" | "error_10020_inputs_create" => {
            parse(CreateInputs::new().inputs(inputs()).by_item(), status, body).map(drop)
        }
        "inputs_get" => parse(GetInput::new("i"), status, body).map(drop),
        "inputs_list" => parse(ListInputs::new(), status, body).map(drop),
        "inputs_patch" => {
            // The recordings do not contain the patches, so only the number of inputs matters.
            let ids: Vec<_> = json["inputs"].as_array().unwrap().iter().map(|input| &input["id"]).collect();
            let patch =
                |patch: PatchInputs, id: &&Value| patch.input(InputPatch::new(id.as_str().unwrap_or("i")).concept("c"));
            parse(ids.iter().fold(PatchInputs::merge(), patch), status, body).map(drop)
        }
        "inputs_delete" | "models_delete" | "feedback_model" => done(DeleteInput::new("i")),
        "inputs_status" => parse(GetInputCounts::new(), status, body).map(drop),
        "model_inputs_list" | "model_version_inputs_list" => parse(ListModelInputs::new("m"), status, body).map(drop),
        "model_versions_list" => parse(ListModelVersions::new("m"), status, body).map(drop),
        "model_versions_get" => parse(GetModelVersion::new("m", "v"), status, body).map(drop),
        "models_create" => parse(CreateModel::new("m"), status, body).map(drop),
        "models_train" => parse(CreateModelVersion::new("m"), status, body).map(drop),
        "searches" | "searches_annotation_hits" => parse(SearchInputs::new(), status, body).map(drop),
        "token" => {
            let config = Config::new(Credentials::app_secret("id", "secret").unwrap());
            let response = Response::builder().status(status).body(body).unwrap();
            Exchange::new(&config, GetToken::new()).unwrap().parse(response).map(drop)
        }
        "workflows_predict" => {
            let urls = (0..count("results")).map(|_| NewInput::image_url("http://u"));
            parse(PredictWorkflow::new("w").inputs(urls).by_item(), status, body).map(drop)
        }
        "workflows_get_nodes" => parse(GetWorkflow::new("w"), status, body).map(drop),
        _ => return None,
    })
}

/// Recorded responses of the service in the directory `CLARIFAI_CORPUS`. They are not part of the project, so without
/// the variable the test checks nothing.
#[test]
fn recorded_responses_are_decoded() {
    let Some(directory) = std::env::var_os("CLARIFAI_CORPUS") else {
        println!("skipped: CLARIFAI_CORPUS is not set");
        return;
    };
    let (mut read, mut refused, mut other) = (0, 0, 0);
    for part in ["responses", "responses_synthetic"] {
        for entry in std::fs::read_dir(std::path::Path::new(&directory).join(part)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let file: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            let status = u16::try_from(file["http_status"].as_u64().unwrap_or(200)).unwrap();
            let body = file["body_raw"].as_str().map_or_else(|| file["body"].to_string(), str::to_owned);
            let count = file["body"]["outputs"].as_array().map_or(1, Vec::len);
            if name.starts_with("models_predict_") {
                let batch = parse(predict(count), status, body).unwrap_or_else(|error| panic!("{name}: {error}"));
                let outputs = batch.into_result().unwrap_or_else(|error| panic!("{name}: {error}"));
                assert!(outputs.iter().all(|output| output.data.is_some()), "{name}");
            } else if name.starts_with("models_get_output_info") {
                parse(GetModelOutputInfo::new("m"), status, body).unwrap_or_else(|error| panic!("{name}: {error}"));
            } else if name.starts_with("models_get_") {
                parse(GetModel::new("m"), status, body).unwrap_or_else(|error| panic!("{name}: {error}"));
            } else if name.starts_with("models_list") {
                parse(ListModels::new(), status, body).unwrap_or_else(|error| panic!("{name}: {error}"));
            } else if name.starts_with("models_search") {
                parse(SearchModels::new(), status, body).unwrap_or_else(|error| panic!("{name}: {error}"));
            } else if let Some(result) = other_operation(&name, &file["body"], status, &body) {
                result.unwrap_or_else(|error| panic!("{name}: {error}"));
            } else if name.starts_with("error_10010_models_predict") || name.starts_with("error_10020_models_predict") {
                let batch =
                    parse(predict(count).by_item(), status, body).unwrap_or_else(|error| panic!("{name}: {error}"));
                assert!(batch.failures().count() > 0, "{name}");
            } else if name.starts_with("error_") {
                let error = parse(GetModel::new("m"), status, body).expect_err(&name);
                assert_eq!(error.http_status(), Some(status), "{name}");
                let code = &file["body"]["status"]["code"];
                if let Some(code) = code.as_u64() {
                    assert_eq!(error.api_code().map(u64::from), Some(code), "{name}: {error}");
                }
                refused += 1;
                continue;
            } else {
                // The client has no operations for annotations, datasets, evaluations, apps, keys and uploads.
                println!("no operation for {name}");
                other += 1;
                continue;
            }
            read += 1;
        }
    }
    println!("recorded responses: {read} decoded, {refused} refusals, {other} of operations the client does not have");
    assert!(read > 120 && refused > 15 && other < 25, "the directory has changed");
}
