//! Every operation once, in the order in which an application uses them, against the simulator.

use std::time::Duration;

use clarifai_core::concepts::{ConceptRef, CreateConcepts, GetConcept, ListConcepts, PatchConcepts, SearchConcepts};
use clarifai_core::inputs::{
    CreateInputs, Crop, DeleteInput, DeleteInputs, GetInput, GetInputCounts, GetInputOutputs, InputPatch, ListInputs,
    NewInput, NewRegion, PatchInputOutputs, PatchInputs, RegionFeedback,
};
use clarifai_core::machine::{DeleteAllInputs, InputsProcessed, Train, Training};
use clarifai_core::models::{
    CreateModel, CreateModelVersion, DeleteModelVersion, DeleteModels, EvaluateModelVersion, GetModel,
    GetModelOutputInfo, GetModelVersion, GetModelVersionMetrics, ListModelInputs, ListModelVersions, ListModels,
    ModelRef, PatchModel, Predict, SendModelFeedback,
};
use clarifai_core::searches::{SearchInputs, SearchTerm, SendSearchFeedback};
use clarifai_core::types::StatusCode;
use clarifai_core::types::{Distance, GeoBox, GeoPoint};
use clarifai_core::workflows::{
    CreateWorkflow, DeleteWorkflow, GetWorkflow, ListPublicWorkflows, ListWorkflows, NewWorkflowNode, PatchWorkflow,
    PredictWorkflow,
};
use clarifai_core::{AppRef, Config, Credentials, FeedbackInfo, PatchAction};
use clarifai_simulator::Simulator;
use clarifai_tests::recorded::RecordedClient as Client;
use clarifai_tests::{object, photograph};
use serde_json::json;

/// Returns clients for both forms of the path: with the key of an app, and with a personal access token and an app.
fn clients() -> [Client; 2] {
    let key = Config::new(Credentials::key("simulator").unwrap());
    let pat = Config::new(Credentials::personal_access_token("a-personal-token").unwrap());
    [key, pat.with_app(AppRef::new("me", "mine"))].map(|config| Client::new(config, Simulator::new()))
}

/// Stores four photographs, and waits until they are processed.
fn store(client: &Client) {
    let photo = |id: &str| NewInput::image_bytes(photograph(id)).id(id);
    let inputs = [
        photo("coffee").concept("warm").metadata(object(json!({"table": {"number": 7}}))),
        photo("rocket").not_concept("warm").geo_point(-80.6, 28.6),
        photo("chelsea").concept("warm").region(NewRegion::bounding_box(0.1, 0.1, 0.9, 0.9)),
        photo("astronaut").crop(Crop::new(0.0, 0.0, 0.5, 0.5)),
    ];
    let stored = client.call(CreateInputs::new().inputs(inputs)).unwrap().into_result().unwrap();
    assert!(stored.iter().all(|input| input.status.as_ref().unwrap().code == Some(StatusCode::INPUT_PENDING)));
    assert!(client.call(GetInputCounts::new()).unwrap().to_process.unwrap_or(0) > 0);
    client.run(InputsProcessed::of(["coffee", "rocket"])).unwrap();
    client.advance(Duration::from_secs(10));
    let counts = client.call(GetInputCounts::new()).unwrap();
    assert_eq!((counts.processed, counts.to_process.unwrap_or(0)), (Some(4), 0));
}

#[test]
fn concepts() {
    for client in clients() {
        client.call(CreateConcepts::new().concept("cat").named("dog", "good dog").named("狗", "小狗")).unwrap();
        assert_eq!(client.call(GetConcept::new("cat")).unwrap().name, "cat", "the id is also the name");
        assert_eq!(client.call(ListConcepts::new()).unwrap().len(), 3);
        let found = client.call(SearchConcepts::new("*dog")).unwrap();
        assert!(found.iter().any(|concept| concept.id == "dog"), "{found:?}");
        assert_eq!(client.call(PatchConcepts::new().rename("dog", "best dog")).unwrap()[0].name, "best dog");
        assert!(client.call(GetConcept::new("bird")).unwrap_err().is_not_found());
        assert!(client.call(CreateConcepts::new().concept("cat")).is_err(), "the concept exists already");
    }
}

#[test]
fn inputs() {
    for client in clients() {
        store(&client);
        let coffee = client.call(GetInput::new("coffee")).unwrap();
        assert_eq!(coffee.data.unwrap().metadata.unwrap()["table"]["number"], 7);
        assert_eq!(client.call(ListInputs::new()).unwrap().len(), 4);

        let patch = InputPatch::new("coffee").concept("brown").not_concept("blue").metadata(object(json!({"a": 1})));
        let patched = client.call(PatchInputs::merge().input(patch)).unwrap().into_single().unwrap();
        let concepts: Vec<_> = patched.data.as_ref().unwrap().concepts().iter().map(|concept| &*concept.id).collect();
        assert_eq!(concepts, ["warm", "brown", "blue"]);
        client
            .call(PatchInputs::remove().input(InputPatch::new("coffee").concept("blue")))
            .unwrap()
            .into_single()
            .unwrap();
        client
            .call(PatchInputs::overwrite().input(InputPatch::new("coffee").concept("only")))
            .unwrap()
            .into_single()
            .unwrap();
        let coffee = client.call(GetInput::new("coffee")).unwrap();
        assert_eq!(coffee.data.unwrap().concepts().len(), 1);

        let chelsea = client.call(GetInput::new("chelsea")).unwrap().data.unwrap();
        let region = chelsea.regions()[0].id.clone();
        let change =
            InputPatch::new("chelsea").region(NewRegion::new().id(&*region).concept(ConceptRef::id("cat").positive()));
        let patched = client.call(PatchInputs::merge().input(change)).unwrap().into_single().unwrap().data.unwrap();
        assert_eq!(patched.regions().len(), 1, "the existing one was changed");
        assert_eq!(patched.regions()[0].region_info, chelsea.regions()[0].region_info, "its place stays");
        assert!(patched.regions()[0].data.as_ref().unwrap().concepts()[0].value() > 0.99);

        let again = NewInput::image_bytes(photograph("coffee")).id("coffee");
        let broken = NewInput::image_url("https://example.com/gone.jpg").id("gone");
        let batch = client.call(CreateInputs::new().input(again).input(broken)).unwrap();
        let failures: Vec<_> = batch.failures().map(|failure| (failure.index, failure.status.code.unwrap())).collect();
        assert_eq!(failures, [(0, StatusCode::INPUT_DUPLICATE)], "the other one fails later");
        client.advance(Duration::from_secs(10));
        assert_eq!(client.call(ListInputs::new()).unwrap().len(), 5);
        assert_eq!(client.call(ListInputs::new().without_failed()).unwrap().len(), 4);
        assert_eq!(client.call(GetInputCounts::new()).unwrap().errors, Some(1));

        client.call(GetInputOutputs::new("coffee")).unwrap();
        client.call(PatchInputOutputs::merge("coffee", "aaa03c23b3724a16a56b629203edc62c", ["only"])).unwrap();
        client.call(PatchInputOutputs::remove("coffee", "aaa03c23b3724a16a56b629203edc62c", ["only"])).unwrap();

        client.call(DeleteInput::new("gone")).unwrap();
        client.call(DeleteInputs::ids(["rocket", "chelsea"])).unwrap();
        client.advance(Duration::from_secs(10));
        assert_eq!(client.call(ListInputs::new()).unwrap().len(), 2);
        assert_eq!(client.run(DeleteAllInputs::new()).unwrap(), 2);
        client.advance(Duration::from_secs(10));
        assert!(client.call(ListInputs::new()).unwrap().is_empty());
        assert!(client.call(GetInput::new("coffee")).unwrap_err().is_not_found());
    }
}

#[test]
fn searches() {
    for client in clients() {
        store(&client);
        let find = |search: SearchInputs| -> Vec<String> {
            let hits = client.call(search).unwrap().hits;
            hits.into_iter().map(|hit| hit.input.unwrap().id).collect()
        };
        let by = |term: SearchTerm| find(SearchInputs::new().term(term));
        let sorted = |mut ids: Vec<String>| {
            ids.sort();
            ids
        };
        assert_eq!(sorted(by(SearchTerm::annotated(ConceptRef::id("warm")))), ["chelsea", "coffee"]);
        assert_eq!(by(SearchTerm::annotated(ConceptRef::id("warm").negative())), ["rocket"]);
        assert_eq!(by(SearchTerm::metadata(object(json!({"table": {"number": 7}})))), ["coffee"]);
        assert_eq!(by(SearchTerm::near(GeoPoint::new(-80.0, 28.0), Distance::miles(100.0))), ["rocket"]);
        assert_eq!(by(SearchTerm::near(GeoPoint::new(-80.6, 28.6), Distance::km(1.0))), ["rocket"]);
        assert!(by(SearchTerm::near(GeoPoint::new(80.0, 28.0), Distance::degrees(1.0))).is_empty());
        assert_eq!(
            by(SearchTerm::within(GeoBox::new(GeoPoint::new(-81.0, 28.0), GeoPoint::new(-80.0, 29.0)))),
            ["rocket"]
        );
        assert_eq!(by(SearchTerm::similar_to_input("chelsea"))[0], "chelsea");
        assert_eq!(by(SearchTerm::similar_to(NewInput::image_bytes(photograph("rocket"))))[0], "rocket");
        assert_eq!(by(SearchTerm::predicted(ConceptRef::name("blue")))[0], "rocket");
        let both = SearchInputs::new().term(SearchTerm::annotated(ConceptRef::id("warm")));
        assert_eq!(find(both.term(SearchTerm::similar_to(NewInput::image_bytes(photograph("coffee")))))[0], "coffee");
        let result = client.call(SearchInputs::new().term(SearchTerm::similar_to_input("coffee"))).unwrap();
        assert!(result.hits.windows(2).all(|pair| pair[0].score >= pair[1].score), "sorted by score");
        let info = FeedbackInfo::new().search_id(result.id.unwrap()).event_type("search_click");
        client.call(SendSearchFeedback::new("coffee").info(info)).unwrap();
        let unknown = SearchInputs::new().term(SearchTerm::annotated(ConceptRef::id("no such concept")));
        assert_eq!(client.call(unknown).unwrap_err().api_code(), Some(40002));
    }
}

/// Returns crops of one half of a texture, as inputs.
fn crops(texture: &str, left: f64) -> Vec<NewInput> {
    let image = photograph(texture);
    let place = |number: u32| {
        let (top, side) = (f64::from(number % 3) * 0.25, left + f64::from(number / 3) * 0.1);
        Crop::new(top, side, top + 0.4, side + 0.25)
    };
    (0..6).map(|number| NewInput::image_bytes(image.clone()).crop(place(number))).collect()
}

#[test]
fn a_model_learns_textures_from_their_left_halves() {
    const TEXTURES: [&str; 3] = ["brick", "grass", "gravel"];
    for client in clients() {
        let untrained = CreateModel::new("textures").name("Textures").concepts(TEXTURES).mutually_exclusive(true);
        assert_eq!(client.call(untrained).unwrap().name, "Textures");
        let failed = client.call(CreateModelVersion::new("textures")).unwrap().model_version.unwrap();
        client.advance(Duration::from_secs(600));
        let failed = client.call(GetModelVersion::new("textures", failed.id)).unwrap();
        let code = failed.status.unwrap().code.unwrap();
        assert!(!code.is_success(), "there are no inputs to learn from: {code}");

        for texture in TEXTURES {
            let inputs = crops(texture, 0.0).into_iter().map(|input| input.concept(texture));
            client.call(CreateInputs::new().inputs(inputs)).unwrap().into_result().unwrap();
        }
        client.advance(Duration::from_secs(10));
        let version = client.call(CreateModelVersion::new("textures")).unwrap().model_version.unwrap();
        let early = client.call(GetModelVersion::new("textures", &*version.id)).unwrap();
        assert_ne!(early.status.unwrap().code, Some(StatusCode::MODEL_TRAINED), "training takes time");
        client.advance(Duration::from_secs(600));
        let trained = client.call(GetModelVersion::new("textures", &*version.id)).unwrap();
        assert_eq!(trained.status.unwrap().code, Some(StatusCode::MODEL_TRAINED));

        client.call(EvaluateModelVersion::new("textures", &*version.id)).unwrap();
        client.advance(Duration::from_secs(600));
        let metrics = GetModelVersionMetrics::new("textures", &*version.id).confusion_matrix().label_counts();
        let metrics = client.call(metrics).unwrap().metrics.unwrap();
        assert_eq!(metrics.summary.unwrap().top1_accuracy, Some(1.0), "on the inputs that it was trained with");
        assert_eq!(metrics.label_counts.unwrap().positive_label_counts.unwrap().len(), 3);
        assert_eq!(metrics.confusion_matrix.unwrap().concept_ids.unwrap(), TEXTURES);

        for texture in TEXTURES {
            let model = ModelRef::from("textures").with_version(&*version.id);
            let outputs = client.call(Predict::new(model).inputs(crops(texture, 0.5))).unwrap().into_result().unwrap();
            for output in outputs {
                assert_eq!(output.best().unwrap().id, texture, "{:?}", output.concepts());
            }
        }
        assert!(client.call(ListModelVersions::new("textures")).unwrap().len() >= 2);
        assert_eq!(client.call(ListModelInputs::new("textures")).unwrap().len(), 18);
        assert_eq!(client.call(GetModelOutputInfo::new("textures")).unwrap().concepts().len(), 3);
        let patched = client.call(PatchModel::new("textures", PatchAction::Merge).name("Ground").concepts(["sand"]));
        assert_eq!(patched.unwrap().name, "Ground");
        assert_eq!(client.call(GetModelOutputInfo::new("textures")).unwrap().concepts().len(), 4);
        client.call(PatchModel::new("textures", PatchAction::Remove).concepts(["sand"])).unwrap();
        let region = NewRegion::bounding_box(0.1, 0.1, 0.2, 0.2).feedback(RegionFeedback::Misplaced);
        let input = client.call(ListModelInputs::new("textures")).unwrap()[0].id.clone();
        client.call(SendModelFeedback::new("textures", input).concept("brick").region(region)).unwrap();
        client.call(DeleteModelVersion::new("textures", version.id)).unwrap();
        client.call(DeleteModels::ids(["textures"])).unwrap();
        client.advance(Duration::from_secs(10));
        assert!(client.call(GetModel::new("textures")).unwrap_err().is_not_found());
        // Concepts can also come with the training, as in the current API.
        client.call(CreateModel::new("another")).unwrap();
        let train = Train::new("another").concepts(TEXTURES);
        let Training::Trained(version) = client.run(train).unwrap() else { panic!("it is trained") };
        let another = ModelRef::from("another").with_version(&*version.id);
        assert_eq!(client.call(GetModelOutputInfo::new(another.clone())).unwrap().concepts().len(), 3);
        // Both places of the options of a prediction mean the same.
        let predict = || Predict::new(another.clone()).inputs(crops("brick", 0.5)).max_concepts(1);
        for predict in [predict(), predict().options_in_model()] {
            let outputs = client.call(predict).unwrap().into_result().unwrap();
            assert!(outputs.iter().all(|output| output.concepts().len() == 1), "{outputs:?}");
        }
        client.call(DeleteModels::all()).unwrap();
        client.advance(Duration::from_secs(10));
        let is_listed = |models: Vec<clarifai_core::types::Model>| models.iter().any(|model| model.id == "another");
        assert!(!is_listed(client.call(ListModels::new()).unwrap()));
    }
}

#[test]
fn workflows() {
    for client in clients() {
        let node = |id: &str, model: &str| NewWorkflowNode::new(id, ModelRef::public(model));
        let create = CreateWorkflow::new("twice").node(node("what", "general-image-recognition"));
        assert_eq!(client.call(create.node(node("colors", "color-recognition"))).unwrap().id, "twice");
        assert_eq!(client.call(GetWorkflow::new("twice")).unwrap().nodes.unwrap().len(), 2);
        assert_eq!(client.call(ListWorkflows::new()).unwrap().len(), 1);
        assert!(!client.call(ListPublicWorkflows::new()).unwrap().is_empty());
        let results = client.call(PredictWorkflow::new("twice").image_bytes(photograph("coffee"))).unwrap();
        let result = results.into_single().unwrap();
        let outputs = result.outputs.unwrap();
        assert!(!outputs[0].concepts().is_empty() && !outputs[1].colors().is_empty());
        let overwrite = PatchWorkflow::new("twice", PatchAction::Overwrite).node(node("colors", "color-recognition"));
        assert_eq!(client.call(overwrite).unwrap().nodes.unwrap().len(), 1);
        client.call(DeleteWorkflow::new("twice")).unwrap();
        client.advance(Duration::from_secs(10));
        assert!(client.call(GetWorkflow::new("twice")).unwrap_err().is_not_found());
    }
}
