//! Predict, models, tokens and the configuration of a client.

use std::time::Duration;

use clarifai_core::auth::GetToken;
use clarifai_core::concepts::ConceptRef;
use clarifai_core::inputs::NewInput;
use clarifai_core::inputs::{NewFace, NewRegion, RegionFeedback};
use clarifai_core::machine::{FindModel, IntoMachine as _, ModelCache, Train, Training, WarmModelCache};
use clarifai_core::models::{
    CreateModel, CreateModelVersion, DeleteModel, DeleteModelVersion, DeleteModels, GetModel, GetModelOutputInfo,
    GetModelVersion, ListModelInputs, ListModelVersions, ListModels, ModelRef, OutputOptions, PatchModel, Predict,
    SearchModels, SendModelFeedback,
};
use clarifai_core::pagination::Pages;
use clarifai_core::types::Model;
use clarifai_core::{Credentials, FeedbackInfo, Page, PatchAction};
use serde_json::{Value, json};

use super::*;

fn predict(vector: Vector, predict: Predict) -> Outcome {
    ok(vector, |vector| vector.call(predict)?.into_result().map(drop))
}

fn m1() -> Predict {
    Predict::new("m1")
}

fn m1_v7() -> Predict {
    Predict::new(ModelRef::from("m1").with_version("v7"))
}

/// All options, with values that have no effect.
fn zero_options() -> OutputOptions {
    let mut options = OutputOptions::default();
    options.language = Some("fr".to_owned());
    options.min_value = Some(0.0);
    options.max_concepts = Some(0);
    options.select_concepts = Some(Vec::new());
    options
}

/// Information about feedback on an output.
fn info() -> FeedbackInfo {
    FeedbackInfo::new().end_user_id("u").session_id("s").event_type("annotation").output_id("out-1")
}

/// Lists the models for which `only` is true, and compares them with those that the old client found.
fn models(vector: Vector, only: fn(&Model) -> bool) -> Outcome {
    ok(vector, |vector| {
        let all = Pages::new(ListModels::new()).filter(only).into_machine(&vector.config);
        let found: Vec<_> = vector.run(all)?.into_iter().map(|model| model.id).collect();
        let recorded: Vec<_> =
            vector.result.as_array().unwrap().iter().map(|model| model["model_id"].clone()).collect();
        assert_eq!(found, recorded);
        Ok(())
    })
}

/// Trains until the recording ends, with the end that `ends` specifies.
fn train(vector: Vector, ends: fn(&Training) -> bool) -> Outcome {
    ok(vector, |vector| {
        let train = Train::new("m1").deadline(Duration::from_secs(300)).into_machine(&vector.config);
        let training = vector.run(train)?;
        assert!(ends(&training), "{training:?}");
        Ok(())
    })
}

/// Runs the calls of a vector, chosen by its id.
#[expect(clippy::too_many_lines, reason = "a table")]
pub(crate) fn run_vector(id: &str, v: Vector) -> Option<Outcome> {
    let images = |count: usize| (0..count).map(|i| NewInput::image_url(format!("http://e.co/{i}")));
    let id_secret = |id, secret| Credentials::app_secret(id, secret).unwrap();
    let place = || NewRegion::bounding_box(0.1, 0.2, 0.3, 0.4);
    let feedback = |url: &str| SendModelFeedback::new("m1", "in-1").url(url);
    Some(match id {
        // Tagging: predict with the general model.
        "tag-urls-two" => predict(v, Predict::new(GENERAL).image_url(METRO).image_url(DOG)),
        "tag-urls-model-id" => predict(v, Predict::new("my-model").image_url(METRO)),
        "tag-urls-whitespace" => predict(v, Predict::new(GENERAL).image_url(format!("  {METRO} \n"))),
        // The recorded response has no outputs, which is an error.
        "tag-urls-128" => expect(v, |v| v.call(Predict::new(GENERAL).inputs(images(128))).map(drop), false),
        "tag-urls-129" | "tag-files-129" => refused(v, "inputs", Predict::new(GENERAL).inputs(images(129))),
        "tag-urls-empty" | "predict-empty-list" => refused(v, "inputs", Predict::new(GENERAL)),
        "tag-urls-one" => predict(v, Predict::new(GENERAL).image_url(METRO)),
        "tag-files-one" => predict(v, Predict::new(GENERAL).image_bytes(TINY)),
        "tag-files-two" => predict(v, Predict::new(GENERAL).image_bytes(TINY).image_bytes(vec![0, 1, 0xfe])),
        "tag-urls-model-name" | "tag-urls-model-name-keyword" | "tag-urls-empty-cache" => ok(v, |v| {
            let name = match id {
                "tag-urls-model-name" => "my-private-name",
                "tag-urls-model-name-keyword" => "color",
                _ => "general-v1.3",
            };
            let model = v.find(name)?;
            v.call(Predict::new(model).image_url(METRO)).map(drop)
        }),

        // Predict with single options.
        "predict-url" => predict(v, m1().image_url(METRO)),
        "predict-url-lang" => predict(v, m1().image_url(METRO).language("zh")),
        "predict-url-video" => predict(v, m1().video_url(METRO)),
        // `is_video=1` was not `True`, so an image was sent.
        "predict-url-truthy-video" => predict(v, m1().image_url("http://u")),
        "predict-url-version" => predict(v, m1_v7().image_url(METRO)),
        "predict-url-whitespace" => predict(v, m1().image_url(format!("  {METRO}\n"))),
        "predict-filename" | "predict-bytes" => predict(v, m1().image_bytes(TINY)),
        "predict-filename-lang" | "predict-bytes-lang" => predict(v, m1().image_bytes(TINY).language("zh")),
        "predict-filename-video" => predict(v, m1().video_bytes(TINY)),
        "predict-filename-all-options-video" | "predict-bytes-all-options-video" => {
            predict(v, m1().video_bytes(TINY).options(zero_options()))
        }
        "predict-filename-version" | "predict-bytes-version" => predict(v, m1_v7().image_bytes(TINY)),
        "predict-bytes-options" => {
            let mut both = ConceptRef::id("i").positive();
            both.name = Some("n".to_owned());
            let selected = m1().select(ConceptRef::id("ai_cat")).select(ConceptRef::name("dog")).select(both);
            predict(v, selected.image_bytes(TINY).min_value(0.95).max_concepts(3))
        }
        "predict-base64" => predict(v, m1().input(NewInput::image_base64(TINY_BASE64))),
        "predict-base64-lang" => predict(v, m1().input(NewInput::image_base64(TINY_BASE64)).language("zh")),
        "predict-base64-video" => predict(v, m1().input(NewInput::video_base64(TINY_BASE64))),
        "predict-base64-all-options-video" => {
            predict(v, m1().input(NewInput::video_base64(TINY_BASE64)).options(zero_options()))
        }
        "predict-base64-version" => predict(v, m1_v7().input(NewInput::image_base64(TINY_BASE64))),
        "predict-one" | "predict-output-info-empty" => predict(v, m1().image_url("http://u")),
        "predict-output-info" => {
            let mut options = OutputOptions::default();
            options.concepts_mutually_exclusive = Some(true);
            options.closed_environment = Some(true);
            predict(v, m1().image_url("http://u").options(options).language("zh").min_value(0.5))
        }
        "predict-image-with-everything" => {
            let metadata = clarifai_tests::object(json!({"k": 1}));
            let image = NewInput::image_url("http://u").concept("a").not_concept("b");
            predict(v, m1().input(image.metadata(metadata).geo_point(22.22, 44.44)))
        }
        "predict-207" => ok(v, |v| {
            let batch = v.call(m1().image_url("http://u").image_url("http://bad"))?;
            assert_eq!((batch.succeeded().count(), batch.failures().count()), (1, 1));
            Ok(())
        }),

        // Models by id, name and page.
        "models-get-name-is-id" => ok(v, |v| v.find("my-model").map(drop)),
        "models-get-name-search" => ok(v, |v| v.find("My model").map(drop)),
        "models-get-second-time-cached" => ok(v, |v| {
            let cache = ModelCache::new();
            let first = FindModel::new("My model").cached_in(&cache).into_machine(&v.config);
            let second = FindModel::new("My model").cached_in(&cache).into_machine(&v.config);
            assert_eq!(v.run(first)?.id(), v.run(second)?.id());
            Ok(())
        }),
        "models-get-missing" => expect(v, |v| v.find("missing-model").map(drop), false),
        "models-get-ambiguous" => expect(v, |v| v.find("twin").map(drop), false),
        "models-get-only-embed" => expect(v, |v| v.find("only-embed").map(drop), false),
        "models-get-401" | "models-get-400" => expect(v, |v| v.find("My model").map(drop), false),
        "models-get-nothing" => expect(v, |v| v.find("").map(drop), false),
        "models-get-cached-name" | "models-get-cached-name-type" => ok(v, |v| {
            let cache = ModelCache::new();
            cache.insert("general-v1.3", None, GENERAL.into());
            let find = FindModel::new("general-v1.3").cached_in(&cache).into_machine(&v.config);
            v.run(find).map(drop)
        }),
        "models-get-id" => ok(v, |v| {
            // A model given by its id needs no request.
            assert_eq!(v.result["model_id"], ModelRef::from("my-model").id());
            Ok(())
        }),
        "models-get-all-public" => models(v, Model::is_public),
        "models-get-all-private" => models(v, |model| !model.is_public()),
        "models-get-all-both" => models(v, |_| false),
        "models-init-cache" | "models-init-cache-raw" => ok(v, |v| {
            let cache = ModelCache::new();
            v.run(WarmModelCache::new(&cache).into_machine(&v.config))
                .map(|found| assert!(found > 0 && cache.len() >= found))
        }),
        "app-new-api-key" => ok(v, Vector::list_all),
        "models-get-all-with-concepts" => ok(v, |v| {
            let models = v.call(ListModels::new())?;
            let concepts = |model: &clarifai_core::types::Model| {
                model.output_info.as_ref()?.data.as_ref()?.concepts.as_ref().map(Vec::len)
            };
            assert!(models.iter().any(|model| concepts(model).is_some_and(|count| count > 0)));
            Ok(())
        }),
        "models-get-by-page-default" | "models-get-by-page-public" | "models-get-by-page-doc-example" => {
            ok(v, |v| v.call(ListModels::new()).map(drop))
        }
        "models-get-by-page-private" => ok(v, |v| v.call(ListModels::new().page(Page::new(1, 2))).map(drop)),
        "models-clear-cache" => ok(v, |_| {
            let cache = ModelCache::new();
            cache.insert("a", None, "b".into());
            cache.clear();
            assert!(cache.is_empty());
            Ok(())
        }),
        "models-search" => ok(v, |v| v.call(SearchModels::new().name("general-v1.3")).map(drop)),
        "models-search-face" => {
            ok(v, |v| v.call(SearchModels::new().name("face-v1.3").model_type("facedetect")).map(drop))
        }
        "models-search-only-type" => ok(v, |v| v.call(SearchModels::new().model_type("embed")).map(drop)),
        "models-search-nothing" => ok(v, |v| v.call(SearchModels::new()).map(drop)),
        "models-search-unicode" => ok(v, |v| v.call(SearchModels::new().name("Modèle 犬*")).map(drop)),
        "model-get-info" => ok(v, |v| v.call(GetModel::new("m1")).map(drop)),
        "model-get-info-verbose" | "model-get-concept-ids-by-item" => {
            ok(v, |v| v.call(GetModelOutputInfo::new("m1")).map(drop))
        }
        "model-get-info-slash-id" => ok(v, |v| v.call(GetModelOutputInfo::new("a/b")).map(drop)),

        // Models found by name and type, then predicted with.
        "api-predict-concepts" | "api-predict-colors" | "api-predict-embed" => ok(v, |v| {
            let (name, model_type) = match id {
                "api-predict-concepts" => ("general-v1.3", "concept"),
                "api-predict-colors" => ("color", "color"),
                _ => ("general-v1.3", "embed"),
            };
            let found = v.call(SearchModels::new().name(name).model_type(model_type))?;
            let mut predict = Predict::new(found[0].id.as_str()).image_url("http://u");
            if id == "api-predict-concepts" {
                predict = predict.language("zh");
            }
            v.call(predict).map(drop)
        }),

        // Tokens.
        "auth-get-token-id-secret" => {
            ok(v.with(id_secret("app-id", "app-secret")), |v| v.call(GetToken::new()).map(drop))
        }
        "auth-get-token-no-json" => {
            expect(v.with(id_secret("app-id", "app-secret")), |v| v.call(GetToken::new()).map(drop), false)
        }
        "app-new-id-secret" => ok(v.with(id_secret("app-id", "app-secret")), Vector::list_all),
        "app-new-env-id-secret" => ok(v.with(id_secret("env-id", "env-secret")), Vector::list_all),
        "app-new-config-file" => ok(v.with(Credentials::key("FILEKEY").unwrap()), Vector::list_all),
        "app-new-bad-secret" => expect(v.with(id_secret("app-id", "wrong")), Vector::list_all, false),
        "app-new-models-other-error" | "app-new-models-11007" => expect(v, Vector::list_all, false),

        // Models of the user.
        "models-create-name" => ok(v, |v| v.call(CreateModel::new("my_model1").name("My Модель")).map(drop)),
        "models-create-concepts-empty" => ok(v, |v| v.call(CreateModel::new("my_model2")).map(drop)),
        "models-create-closed" => ok(v, |v| v.call(CreateModel::new("my_model3").closed_environment(true)).map(drop)),
        "models-create-exclusive" => {
            ok(v, |v| v.call(CreateModel::new("my_model3").mutually_exclusive(true)).map(drop))
        }
        "models-create-hyper" => ok(v, |v| {
            let Value::Object(parameters) = json!({"MAX_NITEMS": 1000, "lr": 0.5, "name": "é"}) else {
                unreachable!()
            };
            v.call(CreateModel::new("my_model4").hyper_parameters(parameters)).map(drop)
        }),
        "models-create-hyper-empty" => ok(v, |v| v.call(CreateModel::new("my_model4")).map(drop)),
        "models-create-full" => ok(v, |v| {
            let parameters = clarifai_tests::object(json!({"a": [1, {"b": null}]}));
            let create = CreateModel::new("犬/id").name("n").concepts(["a", "狗"]).mutually_exclusive(true);
            v.call(create.closed_environment(true).hyper_parameters(parameters)).map(drop)
        }),
        "models-create-no-model-in-answer" => expect(v, |v| v.call(CreateModel::new("x")).map(drop), false),
        "models-create-id" => ok(v, |v| v.call(CreateModel::new("my_model1")).map(drop)),
        "models-create-concepts" => ok(v, |v| v.call(CreateModel::new("my_model2").concepts(["cat", "dog"])).map(drop)),
        "models-delete" => ok(v, |v| v.call(DeleteModel::new("model_id1")).map(drop)),
        "models-delete-version" => ok(v, |v| v.call(DeleteModelVersion::new("model_id1", "version1")).map(drop)),
        "models-delete-slash" => ok(v, |v| v.call(DeleteModel::new("a/b")).map(drop)),
        "models-delete-all" => ok(v, |v| v.call(DeleteModels::all()).map(drop)),
        "model-delete-version" => ok(v, |v| v.call(DeleteModelVersion::new("m1", "v1")).map(drop)),
        "model-add-concepts" => {
            ok(v, |v| v.call(PatchModel::new("m1", PatchAction::Merge).concepts(["cat", "dog"])).map(drop))
        }
        "model-merge-concepts" => {
            ok(v, |v| v.call(PatchModel::new("m1", PatchAction::Merge).concepts(["cat", "狗"])).map(drop))
        }
        "model-merge-concepts-overwrite" => {
            ok(v, |v| v.call(PatchModel::new("m1", PatchAction::Overwrite).concepts(["cat"])).map(drop))
        }
        "model-delete-concepts" => {
            ok(v, |v| v.call(PatchModel::new("m1", PatchAction::Remove).concepts(["cat", "dog"])).map(drop))
        }
        "model-delete-concepts-answer-with-concepts" => ok(v, |v| {
            let model = v.call(PatchModel::new("m1", PatchAction::Remove).concepts(["cat"]))?;
            assert!(!model.concepts().is_empty());
            Ok(())
        }),
        "model-update-name" => ok(v, |v| v.call(PatchModel::new("m1", PatchAction::Merge).name("new name")).map(drop)),
        "model-update-nothing" => refused(v, "patch", PatchModel::new("m1", PatchAction::Merge)),
        "model-update-exclusive-false" => {
            ok(v, |v| v.call(PatchModel::new("m1", PatchAction::Merge).mutually_exclusive(false)).map(drop))
        }
        "model-update-closed" => {
            ok(v, |v| v.call(PatchModel::new("m1", PatchAction::Merge).closed_environment(true)).map(drop))
        }
        "model-update-concepts" => {
            ok(v, |v| v.call(PatchModel::new("m1", PatchAction::Merge).concepts(["bird", "hurd"])).map(drop))
        }
        "model-update-full-overwrite" => ok(v, |v| {
            let patch = PatchModel::new("a/b 犬%2F?", PatchAction::Overwrite).name("N").concepts(["a"]);
            v.call(patch.mutually_exclusive(true).closed_environment(false)).map(drop)
        }),
        "model-get-inputs" => ok(v, |v| v.call(ListModelInputs::new("m1")).map(drop)),
        "model-get-inputs-page" => ok(v, |v| v.call(ListModelInputs::new("m1").page(Page::new(2, 5))).map(drop)),
        "model-get-inputs-slash" => ok(v, |v| v.call(ListModelInputs::new("a/b")).map(drop)),
        "model-get-version" => ok(v, |v| v.call(GetModelVersion::new("m1", "v1")).map(drop)),
        "model-list-versions" => ok(v, |v| v.call(ListModelVersions::new("m1")).map(drop)),
        "model-list-versions-slash" => ok(v, |v| v.call(ListModelVersions::new("a/b")).map(drop)),
        "model-create-version" | "train-async" => {
            ok(v, |v| v.run(Train::new("m1").without_waiting().into_machine(&v.config)).map(drop))
        }
        "train-sync-already-trained" | "train-sync-queued-training-trained" => {
            train(v, |training| matches!(training, Training::Trained(_)))
        }
        "train-sync-failed" => train(v, |training| matches!(training, Training::Failed(_))),
        "train-sync-timeout-300" => train(v, |training| matches!(training, Training::TimedOut(_))),
        "train-status-not-ok" | "train-400" => expect(v, |v| v.call(CreateModelVersion::new("m1")).map(drop), false),

        // Feedback.
        "concept-feedback" => {
            ok(v, |v| v.call(feedback(METRO).concept("dog").not_concept("cat").info(info())).map(drop))
        }
        "concept-feedback-no-info" => ok(v, |v| v.call(feedback(METRO).concept("dog")).map(drop)),
        "concept-feedback-special-model" => {
            ok(v, |v| v.call(SendModelFeedback::new("a/b", "犬").url("http://u").not_concept("x")).map(drop))
        }
        "region-feedback-no-regions" => ok(v, |v| v.call(feedback(METRO)).map(drop)),
        "region-feedback-accurate"
        | "region-feedback-misplaced"
        | "region-feedback-not-detected"
        | "region-feedback-false-positive" => ok(v, |v| {
            let kind = match id {
                "region-feedback-accurate" => RegionFeedback::Accurate,
                "region-feedback-misplaced" => RegionFeedback::Misplaced,
                "region-feedback-not-detected" => RegionFeedback::NotDetected,
                _ => RegionFeedback::FalsePositive,
            };
            let region = place().feedback(kind);
            let region = region.concept(ConceptRef::id("dog").positive()).concept(ConceptRef::id("cat").negative());
            v.call(feedback(METRO).region(region).info(info())).map(drop)
        }),
        "region-feedback-with-concepts" => ok(v, |v| {
            let feedback = SendModelFeedback::new(ModelRef::from("m1").with_version("v7"), "in-1").url(METRO);
            let feedback = feedback.concept("a").not_concept("b").region(place()).region(place());
            v.call(feedback.info(info())).map(drop)
        }),
        "region-feedback-face" => ok(v, |v| {
            let mut face = NewFace::default();
            face.identity.push(ConceptRef::id("ai_8jtPl3Xj").positive());
            face.age_appearance.push(ConceptRef::id("ai_1").positive());
            face.gender_appearance.push(ConceptRef::name("male").negative());
            face.multicultural_appearance.push(ConceptRef::id("ai_2").valued(0.5));
            let region = place().feedback(RegionFeedback::Accurate).face(face);
            v.call(feedback(METRO).region(region).info(info())).map(drop)
        }),
        "region-feedback-face-identity-only" => ok(v, |v| {
            let mut face = NewFace::default();
            face.identity.push(ConceptRef::id("x").positive());
            v.call(feedback(METRO).region(place().face(face))).map(drop)
        }),
        "region-feedback-face-empty" => {
            ok(v, |v| v.call(feedback(METRO).region(place().face(NewFace::default()))).map(drop))
        }
        _ => return None,
    })
}
