//! Workflows: get and predict.

use clarifai_core::concepts::ConceptRef;
use clarifai_core::inputs::NewInput;
use clarifai_core::models::OutputOptions;
use clarifai_core::workflows::{GetWorkflow, PredictWorkflow};

use super::*;

fn wf1() -> PredictWorkflow {
    PredictWorkflow::new("wf-1")
}

/// The options of the recorded calls.
fn options() -> OutputOptions {
    let mut both = ConceptRef::id("i").positive();
    both.name = Some("n".to_owned());
    let mut options = OutputOptions::default();
    options.language = Some("zh".to_owned());
    options.min_value = Some(0.9);
    options.max_concepts = Some(2);
    options.select_concepts = Some(vec![ConceptRef::id("ai_cat"), ConceptRef::name("dog"), both]);
    options
}

/// Runs the calls of a vector, chosen by its id.
pub(crate) fn run_vector(id: &str, v: Vector) -> Option<Outcome> {
    // The recorded responses contain one result for any number of inputs, so results of batches are not checked.
    let predict = |v, predict: PredictWorkflow| ok(v, |v| v.call(predict.raw()).map(drop));
    Some(match id {
        "workflows-get" => ok(v, |v| v.call(GetWorkflow::new("General")).map(drop)),
        "workflow-predict-url" => predict(v, wf1().image_url(format!(" {METRO} "))),
        "workflow-predict-url-options" => {
            predict(v, wf1().input(NewInput::video_url(format!(" {METRO} "))).options(options()))
        }
        "workflow-predict-filename" | "workflow-predict-bytes" => predict(v, wf1().image_bytes(TINY)),
        "workflow-predict-filename-options" | "workflow-predict-bytes-options" => {
            predict(v, wf1().input(NewInput::video_bytes(TINY)).options(options()))
        }
        "workflow-predict" => predict(v, wf1().image_url("http://u").input(NewInput::image_base64("AAAA"))),
        "workflow-predict-slash" => predict(v, PredictWorkflow::new("a/b 犬").image_url("http://u")),
        "workflow-predict-config" => {
            let mut options = OutputOptions::default();
            options.language = Some("ja".to_owned());
            options.max_concepts = Some(1);
            predict(v, wf1().image_url("http://u").options(options))
        }
        _ => return None,
    })
}
