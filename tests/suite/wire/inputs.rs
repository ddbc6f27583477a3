//! Inputs: create, get, list, count, patch, delete, outputs.

use clarifai_core::Page;
use clarifai_core::concepts::ConceptRef;
use clarifai_core::inputs::{
    CreateInputs, Crop, DeleteInput, DeleteInputs, GetInput, GetInputCounts, GetInputOutputs, InputPatch, ListInputs,
    NewInput, NewRegion, PatchInputOutputs, PatchInputs,
};
use clarifai_core::machine::{AllInputsDeleted, AllModelsDeleted, Condition as _, InputsProcessed};
use clarifai_tests::object;
use serde_json::json;

use super::*;

/// The model whose outputs the old client corrects.
const OUTPUTS_MODEL: &str = "aa9ca48295b37401f8af92ad1af0d91d";

/// Adds all annotations to an input.
fn full(input: NewInput) -> NewInput {
    let metadata = json!({"k": "v", "deep": {"list": [1, 2.5, null, true], "ключ": "值"}});
    let input = input.id("id-1").concept("cat").concept("kitty").not_concept("dog");
    let input = input.crop(Crop::new(0.1, 0.2, 0.9, 1.0)).metadata(object(metadata));
    input.geo_point(22.22, 44.44).allow_duplicate_url()
}

/// Runs the calls of a vector, chosen by its id.
#[expect(clippy::too_many_lines, reason = "a table")]
pub(crate) fn run_vector(id: &str, v: Vector) -> Option<Outcome> {
    let create = |v, input: NewInput| ok(v, |v| v.call(CreateInputs::new().input(input)).map(drop));
    let patch = |v, patch: PatchInputs| ok(v, |v| v.call(patch).map(drop));
    let get = |v, id: &str| ok(v, |v| v.call(GetInput::new(id)).map(drop));
    let delete = |v, id: &str| ok(v, |v| v.call(DeleteInput::new(id)).map(drop));
    let list = |v, list: ListInputs| ok(v, |v| v.call(list).map(drop));
    let all = |v, list: ListInputs| ok(v, |v: &mut Vector| v.read(list).map(drop));
    let metro = || NewInput::image_url(METRO);
    Some(match id {
        "create-url" | "create-image-url" | "create-url-concepts-empty" => create(v, metro()),
        "create-url-id" => create(v, metro().id("犬 %1")),
        "create-url-concepts" => create(v, metro().concept("cat").concept("kitty")),
        "create-url-concepts-tuple" => create(v, metro().concept("cat")),
        "create-url-not-concepts" => create(v, metro().not_concept("dog")),
        "create-url-crop" => create(v, metro().crop(Crop::new(0.0, 0.25, 0.5, 1.0))),
        "create-url-metadata" => create(v, metro().metadata(object(json!({"key": "val"})))),
        "create-url-geo" => create(v, metro().geo_point(22.22, 44.44)),
        "create-url-dup" => create(v, metro().allow_duplicate_url()),
        "create-url-whitespace" => create(v, NewInput::image_url(format!("\t {METRO} \n"))),
        "create-url-unicode" => create(v, NewInput::image_url("https://example.com/犬?q=ü&r=1 2")),
        "create-url-207" => expect(
            v,
            |v| v.call(CreateInputs::new().input(NewInput::image_url("http://bad")))?.into_result().map(drop),
            false,
        ),
        "create-url-400" => ok(v, |v| {
            let Err(error) = v.call(CreateInputs::new().input(NewInput::image_url("http://bad"))) else {
                panic!("the only input failed")
            };
            assert_eq!(error.api_code(), Some(30002), "{error}");
            Ok(())
        }),
        "create-bytes" | "create-filename" => create(v, NewInput::image_bytes(TINY)),
        "create-base64" | "create-base64-bytes" => create(v, NewInput::image_base64(TINY_BASE64)),
        "create-bytes-full" => create(v, full(NewInput::image_bytes(TINY))),
        "create-base64-full" => create(v, full(NewInput::image_base64(TINY_BASE64))),
        "create-filename-full" => create(v, full(NewInput::image_bytes(vec![0, 1, 0xfe]))),
        "create-image-file-obj" => create(v, NewInput::image_bytes(TINY).id("f1")),
        "create-image-filename" => create(v, NewInput::image_bytes(TINY)),
        "create-image-regions" => {
            let region = NewRegion::bounding_box(0.1, 0.2, 0.3, 0.4).concept(ConceptRef::id("cat").positive());
            create(v, metro().region(region))
        }
        "create-video-url" => create(v, NewInput::video_url("https://samples.clarifai.com/beer.mp4").id("v-1")),
        "bulk-create-mixed-sources" => ok(v, |v| {
            let inputs = [
                NewInput::image_url(" http://a "),
                NewInput::image_base64("AAAA").id("b"),
                NewInput::image_bytes(TINY).crop(Crop::new(0.0, 0.0, 0.5, 0.5)),
            ];
            v.call(CreateInputs::new().inputs(inputs))?.into_result().map(drop)
        }),
        "bulk-create-207" => ok(v, |v| {
            let inputs = [NewInput::image_url("http://a"), NewInput::image_url("http://bad")];
            let batch = v.call(CreateInputs::new().inputs(inputs))?;
            assert_eq!((batch.succeeded().count(), batch.failures().count()), (1, 1));
            Ok(())
        }),
        "bulk-create-129" => {
            refused(v, "inputs", CreateInputs::new().inputs((0..129).map(|_| NewInput::image_url("http://a"))))
        }
        "inputs-check-status" => ok(v, |v| v.call(GetInputCounts::new()).map(drop)),
        "inputs-check-status-no-counts" => expect(v, |v| v.call(GetInputCounts::new()).map(drop), false),
        "inputs-get" => get(v, "id1"),
        "inputs-get-unicode" => get(v, "犬"),
        "inputs-get-space" => get(v, "a b"),
        "inputs-get-percent" => get(v, "50%"),
        "inputs-get-rich" => get(v, "in-1"),
        "inputs-get-video" => get(v, "vid-1"),
        "inputs-delete" => delete(v, "id1"),
        "inputs-delete-space" => delete(v, "a b"),
        "inputs-delete-percent" => delete(v, "50%"),
        "inputs-delete-list" => ok(v, |v| v.call(DeleteInputs::ids(["id1", "id2"])).map(drop)),
        "inputs-delete-empty" => refused(v, "input id", DeleteInput::new("")),
        "inputs-delete-404" => expect(v, |v| v.call(DeleteInput::new("missing")).map(drop), false),
        "inputs-delete-all" => ok(v, |v| v.call(DeleteInputs::by_withdrawn_flag()).map(drop)),
        "inputs-get-all" | "inputs-get-all-207" => all(v, ListInputs::new()),
        "inputs-get-all-ignore-error" => all(v, ListInputs::new().without_failed()),
        "inputs-get-all-video" | "inputs-get-by-page-default" | "inputs-get-by-page-207" => list(v, ListInputs::new()),
        "inputs-get-all-no-status" | "inputs-get-by-page-ignore-error" | "inputs-get-by-page-207-ignore-error" => {
            list(v, ListInputs::new().without_failed())
        }
        "inputs-get-all-207-other" => expect(v, |v| v.call(ListInputs::new()).map(drop), false),
        "inputs-get-by-page-kw" => list(v, ListInputs::new().page(Page::new(1, 2)).without_failed()),
        "inputs-get-by-page" => list(v, ListInputs::new().page(Page::new(2, 10))),
        "inputs-update-overwrite" | "inputs-update-remove" | "inputs-update-merge" | "inputs-update-default" => {
            let patches = match id {
                "inputs-update-overwrite" => PatchInputs::overwrite(),
                "inputs-update-remove" => PatchInputs::remove(),
                _ => PatchInputs::merge(),
            };
            let input = InputPatch::new("abc").concept("c1").concept("c2").not_concept("c3");
            patch(v, patches.input(input.metadata(object(json!({"key": "val"})))))
        }
        "inputs-add-concepts" | "inputs-merge-concepts" => patch(
            v,
            PatchInputs::merge().input(InputPatch::new("id").concept("cat").concept("kitty").not_concept("dog")),
        ),
        "inputs-add-concepts-none" => patch(v, PatchInputs::merge().input(InputPatch::new("id").concept("cat"))),
        "inputs-merge-concepts-overwrite" => {
            patch(v, PatchInputs::overwrite().input(InputPatch::new("a/b 犬").concept("cat").not_concept("dog")))
        }
        "inputs-delete-concepts" => {
            patch(v, PatchInputs::remove().input(InputPatch::new("id").concept("cat").concept("狗")))
        }
        "inputs-bulk-merge-concepts" => {
            let first = InputPatch::new("id1").concept("cat").not_concept("dog");
            patch(v, PatchInputs::merge().input(first).input(InputPatch::new("id2").concept("bird")))
        }
        // The old client moved the positive ones to the front.
        "inputs-bulk-merge-concepts-interleaved" => {
            patch(v, PatchInputs::merge().input(InputPatch::new("id").concept("b").not_concept("a").not_concept("c")))
        }
        "inputs-bulk-delete-concepts" => {
            let first = InputPatch::new("id1").concept("cat").concept("dog");
            patch(v, PatchInputs::remove().input(first).input(InputPatch::new("id2").concept("bird")))
        }
        "inputs-merge-metadata" => {
            let metadata = object(json!({"key1": "value1", "key2": {"n": [1, 2.0]}}));
            patch(v, PatchInputs::merge().input(InputPatch::new("id").metadata(metadata)))
        }
        "inputs-bulk-update-merge" | "inputs-bulk-update-remove" => {
            let patches = if id.ends_with("merge") { PatchInputs::merge() } else { PatchInputs::remove() };
            let first = InputPatch::new("abc1").concept("c1").concept("c2").not_concept("c3");
            let first = first.metadata(object(json!({"key": "val"})));
            patch(v, patches.input(first).input(InputPatch::new("abc2").concept("c1")))
        }
        "inputs-bulk-update-default" => {
            patch(v, PatchInputs::merge().input(InputPatch::new("abc").metadata(object(json!({"a": 1})))))
        }
        "wait-inputs-delete-immediate" | "wait-inputs-delete-two-polls" | "wait-inputs-delete-207" => {
            waits(v, || AllInputsDeleted::new().wait())
        }
        "wait-inputs-upload-negative-max-wait" => waits(v, || InputsProcessed::all().wait()),
        "wait-models-delete-immediate" | "wait-models-delete-two-polls" => waits(v, || AllModelsDeleted::new().wait()),
        "inputs-get-outputs" => ok(v, |v| v.call(GetInputOutputs::new("in-1")).map(drop)),
        "inputs-merge-outputs" => {
            ok(v, |v| v.call(PatchInputOutputs::merge("in-1", OUTPUTS_MODEL, ["cat", "狗"])).map(drop))
        }
        "inputs-remove-outputs" => {
            ok(v, |v| v.call(PatchInputOutputs::remove("in-1", OUTPUTS_MODEL, ["cat"])).map(drop))
        }
        _ => return None,
    })
}
