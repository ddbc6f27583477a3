//! The constant facts of every operation: name, method, whether it may be repeated, whether its items have statuses.
//!
//! A wrong value of `Replay` stores an input twice or loses a retry, so each is written down here a second time.

use clarifai_core::annotations::{
    CreateAnnotations, DeleteAnnotation, DeleteAnnotations, GetAnnotation, ListAnnotations, NewAnnotation,
    PatchAnnotations,
};
use clarifai_core::apps::{CreateApps, DeleteApp, GetApp, ListApps, NewApp, PatchApp};
use clarifai_core::auth::GetToken;
use clarifai_core::concepts::{CreateConcepts, GetConcept, ListConcepts, PatchConcepts, SearchConcepts};
use clarifai_core::datasets::{
    AddDatasetInputs, CreateDatasets, DeleteDatasets, GetDataset, ListDatasetInputs, ListDatasets, PatchDatasets,
    RemoveDatasetInputs,
};
use clarifai_core::inputs::{
    CancelInputsAddJob, CreateInputs, DeleteInput, DeleteInputs, GetInput, GetInputCounts, GetInputOutputs,
    GetInputsAddJob, IdConflict, InputPatch, ListInputs, ListInputsAddJobs, NewInput, NewRegion, PatchInputOutputs,
    PatchInputs, StreamInputs,
};
use clarifai_core::models::{
    CreateModel, CreateModelVersion, DeleteModel, DeleteModelVersion, DeleteModels, EvaluateModelVersion, GetModel,
    GetModelOutputInfo, GetModelVersion, GetModelVersionMetrics, ListModelInputs, ListModelVersions, ListModels,
    PatchModel, Predict, SearchModels, SendModelFeedback,
};
use clarifai_core::openai::{self, CreateChatCompletion, CreateEmbeddings, CreateResponse, GenerateImages};
use clarifai_core::operation::Replay::{self, Idempotent, Once, Safe};
use clarifai_core::searches::{CountInputs, QueryAnnotations, QueryInputs, SearchInputs, SendSearchFeedback};
use clarifai_core::users::GetUser;
use clarifai_core::workflows::{
    CreateWorkflow, DeleteWorkflow, DeleteWorkflows, GetWorkflow, ListPublicWorkflows, ListWorkflows, PatchWorkflow,
    PredictWorkflow,
};
use clarifai_core::{AppRef, Operation, PatchAction};
use serde_json::json;

/// The name, the method, the permission to repeat, and whether each item has its own status.
type Row = (&'static str, String, Replay, bool);

fn row<O: Operation>(operation: O) -> Row {
    // A reference and the raw form of an operation are sent under the same rules.
    let by_reference = of(&&operation);
    let itself = of(&operation);
    assert_eq!(by_reference, itself);
    assert_eq!(of(&operation.raw()), itself);
    itself
}

fn of<O: Operation>(operation: &O) -> Row {
    (O::SPEC.name, O::SPEC.method.to_string(), operation.replay(), O::SPEC.partial)
}

fn app() -> AppRef {
    AppRef::new("me", "a")
}

fn note() -> NewAnnotation {
    NewAnnotation::new("i").concept("c")
}

fn input() -> NewInput {
    NewInput::image_url("http://u")
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn every_operation_has_the_spec_of_the_table() {
    let patch = |patch| row(PatchInputs::merge().input(patch));
    let region = || NewRegion::bounding_box(0.1, 0.1, 0.2, 0.2);
    for (found, (name, method, replay, partial)) in [
        (row(GetToken::new()), ("get token", "POST", Safe, false)),
        (row(CreateConcepts::new()), ("create concepts", "POST", Idempotent, false)),
        (row(GetConcept::new("c")), ("get concept", "GET", Safe, false)),
        (row(ListConcepts::new()), ("list concepts", "GET", Safe, false)),
        (row(PatchConcepts::new()), ("patch concepts", "PATCH", Idempotent, false)),
        (row(SearchConcepts::new("c")), ("search concepts", "POST", Safe, false)),
        (row(CreateInputs::new().input(input())), ("create inputs", "POST", Once, true)),
        (row(CreateInputs::new().input(input().id("i"))), ("create inputs", "POST", Idempotent, true)),
        (row(CreateInputs::new().input(input().id("i")).input(input())), ("create inputs", "POST", Once, true)),
        (
            row(CreateInputs::new().input(input().id("i")).on_id_conflict(IdConflict::Suffix)),
            ("create inputs", "POST", Once, true),
        ),
        (row(GetInputsAddJob::new("j")), ("get inputs add job", "GET", Safe, false)),
        (row(CancelInputsAddJob::new("j")), ("cancel inputs add job", "PATCH", Idempotent, false)),
        (row(ListInputsAddJobs::new()), ("list inputs add jobs", "GET", Safe, false)),
        (row(StreamInputs::new()), ("stream inputs", "GET", Safe, true)),
        (row(CreateAnnotations::new().annotation(note())), ("create annotations", "POST", Once, true)),
        (row(CreateAnnotations::new().annotation(note().id("a"))), ("create annotations", "POST", Idempotent, true)),
        (row(PatchAnnotations::merge().annotation(note().id("a"))), ("patch annotations", "PATCH", Idempotent, true)),
        (
            row(PatchAnnotations::merge().annotation(note().id("a").region(region()))),
            ("patch annotations", "PATCH", Once, true),
        ),
        (
            row(PatchAnnotations::merge().annotation(note().id("a").region(region().id("r")))),
            ("patch annotations", "PATCH", Idempotent, true),
        ),
        (row(GetAnnotation::new("i", "a")), ("get annotation", "GET", Safe, false)),
        (row(ListAnnotations::new()), ("list annotations", "GET", Safe, true)),
        (row(DeleteAnnotation::new("i", "a")), ("delete annotation", "DELETE", Idempotent, false)),
        (row(DeleteAnnotations::of_inputs(["i"])), ("delete annotations", "DELETE", Idempotent, false)),
        (row(CreateDatasets::new()), ("create datasets", "POST", Idempotent, false)),
        (row(GetDataset::new("d")), ("get dataset", "GET", Safe, false)),
        (row(ListDatasets::new()), ("list datasets", "GET", Safe, false)),
        (row(PatchDatasets::merge()), ("patch datasets", "PATCH", Idempotent, false)),
        (row(DeleteDatasets::ids(["d"])), ("delete datasets", "DELETE", Idempotent, false)),
        (row(GetUser::me()), ("get user", "GET", Safe, false)),
        (row(CreateApps::new()), ("create apps", "POST", Idempotent, false)),
        (row(GetApp::new(app())), ("get app", "GET", Safe, false)),
        (row(ListApps::new()), ("list apps", "GET", Safe, false)),
        (row(PatchApp::overwrite(NewApp::new("a"))), ("patch app", "PATCH", Idempotent, false)),
        (row(DeleteApp::new(app())), ("delete app", "DELETE", Idempotent, false)),
        (row(AddDatasetInputs::new("d")), ("add dataset inputs", "POST", Idempotent, true)),
        (row(ListDatasetInputs::new("d")), ("list dataset inputs", "GET", Safe, true)),
        (row(RemoveDatasetInputs::new("d", ["i"])), ("remove dataset inputs", "DELETE", Idempotent, false)),
        (row(QueryInputs::new()), ("query inputs", "POST", Safe, true)),
        (row(QueryAnnotations::new()), ("query annotations", "POST", Safe, true)),
        (row(CountInputs::new()), ("count inputs", "POST", Safe, false)),
        (row(DeleteInput::new("i")), ("delete input", "DELETE", Idempotent, false)),
        (row(DeleteInputs::ids(["i"])), ("delete inputs", "DELETE", Idempotent, false)),
        (row(DeleteInputs::by_withdrawn_flag()), ("delete inputs", "DELETE", Idempotent, false)),
        (row(GetInput::new("i")), ("get input", "GET", Safe, false)),
        (row(GetInputCounts::new()), ("get input counts", "GET", Safe, false)),
        (row(GetInputOutputs::new("i")), ("get input outputs", "GET", Safe, false)),
        (row(ListInputs::new()), ("list inputs", "GET", Safe, true)),
        (row(PatchInputOutputs::merge("i", "m", ["c"])), ("patch input outputs", "PATCH", Idempotent, false)),
        (patch(InputPatch::new("i").concept("c")), ("patch inputs", "PATCH", Idempotent, true)),
        (patch(InputPatch::new("i").metadata(json!({"a": [1]}))), ("patch inputs", "PATCH", Once, true)),
        (patch(InputPatch::new("i").region(region())), ("patch inputs", "PATCH", Once, true)),
        (patch(InputPatch::new("i").region(region().id("r"))), ("patch inputs", "PATCH", Idempotent, true)),
        (
            row(PatchInputs::overwrite().input(InputPatch::new("i").region(region()))),
            ("patch inputs", "PATCH", Idempotent, true),
        ),
        (row(CreateChatCompletion::new("m")), ("create chat completion", "POST", Safe, false)),
        (row(CreateEmbeddings::new("m")), ("create embeddings", "POST", Safe, false)),
        (row(CreateResponse::new("m", "a")), ("create response", "POST", Safe, false)),
        (row(GenerateImages::new("m", "a")), ("generate images", "POST", Safe, false)),
        (row(openai::ListModels::new()), ("list models of the OpenAI endpoint", "GET", Safe, false)),
        (row(CreateModel::new("m")), ("create model", "POST", Idempotent, false)),
        (row(CreateModelVersion::new("m")), ("create model version", "POST", Once, false)),
        (row(DeleteModel::new("m")), ("delete model", "DELETE", Idempotent, false)),
        (row(DeleteModelVersion::new("m", "v")), ("delete model version", "DELETE", Idempotent, false)),
        (row(DeleteModels::ids(["m"])), ("delete models", "DELETE", Idempotent, false)),
        (row(EvaluateModelVersion::new("m", "v")), ("evaluate model version", "POST", Once, false)),
        (row(GetModelVersionMetrics::new("m", "v")), ("get model version metrics", "GET", Safe, false)),
        (row(GetModel::new("m")), ("get model", "GET", Safe, false)),
        (row(GetModelOutputInfo::new("m")), ("get model output info", "GET", Safe, false)),
        (row(GetModelVersion::new("m", "v")), ("get model version", "GET", Safe, false)),
        (row(ListModelInputs::new("m")), ("list model inputs", "GET", Safe, true)),
        (row(ListModelVersions::new("m")), ("list model versions", "GET", Safe, false)),
        (row(ListModels::new()), ("list models", "GET", Safe, false)),
        (row(PatchModel::new("m", PatchAction::Merge)), ("patch model", "PATCH", Idempotent, false)),
        (row(Predict::new("m")), ("predict", "POST", Safe, true)),
        (row(SearchModels::new()), ("search models", "POST", Safe, false)),
        (row(SendModelFeedback::new("m", "i")), ("send model feedback", "POST", Once, false)),
        (row(SearchInputs::new()), ("search inputs", "POST", Safe, true)),
        (row(SendSearchFeedback::new("i")), ("send search feedback", "POST", Once, false)),
        (row(CreateWorkflow::new("w")), ("create workflow", "POST", Idempotent, false)),
        (row(DeleteWorkflow::new("w")), ("delete workflow", "DELETE", Idempotent, false)),
        (row(DeleteWorkflows::ids(["w"])), ("delete workflows", "DELETE", Idempotent, false)),
        (row(GetWorkflow::new("w")), ("get workflow", "GET", Safe, false)),
        (row(ListPublicWorkflows::new()), ("list public workflows", "GET", Safe, false)),
        (row(ListWorkflows::new()), ("list workflows", "GET", Safe, false)),
        (row(PatchWorkflow::new("w", PatchAction::Merge)), ("patch workflow", "PATCH", Idempotent, false)),
        (row(PredictWorkflow::new("w")), ("predict by workflow", "POST", Safe, true)),
    ] {
        assert_eq!(found, (name, method.to_owned(), replay, partial));
    }
}
