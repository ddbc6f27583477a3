//! `workflows/{id}/results`: predictions of each model of a workflow.

use serde_json::json;

use crate::call::Call;
use crate::media::InputError;
use crate::output_options::Options;
use crate::parallel;
use crate::predict::{ResolvedModel, echo, inputs, output, predict_medium};
use crate::public_models;
use crate::response::{Content, Refusal, RouteResult, status};
use crate::routes::outputs::resolve;
use crate::routes::workflows::find;

pub(super) fn create(call: &Call<'_>, id: &str) -> RouteResult {
    let (workflow, described) = find(call, id)?;
    let body = call.json()?;
    let inputs = inputs(call, &body)?;
    let options = Options::read(&body["output_config"])?;
    let mut models = Vec::new();
    for node in &workflow.nodes {
        let model = match resolve(call, &node.model, node.model_version.as_deref()) {
            // Within a workflow, public models are visible in every application.
            Err(refusal) => public_models::find(&node.model, call.recognition())
                .map(|public| ResolvedModel::public(public, &node.model, call.recognition()))
                .ok_or(refusal),
            found => found,
        };
        models.push((model.map_err(Refusal::in_workflow)?, node.suppress_output));
    }
    let shown: Vec<_> = models.iter().filter(|(_, suppressed)| !suppressed).map(|(model, _)| model).collect();
    let predicted = parallel::map(inputs, |input| {
        let medium = call.open(&input["data"])?;
        let predict = |model: &&ResolvedModel| predict_medium(call.recognition(), &model.predictor, &medium, &options);
        Ok(shown.iter().map(predict).collect::<Vec<_>>())
    });
    let mut failed = 0;
    let mut results = Vec::with_capacity(inputs.len());
    for (input, predicted) in inputs.iter().zip(predicted) {
        let (status, outputs) = match predicted {
            Ok(data) => {
                let ok = status(10000, "Ok", "");
                let outputs = shown.iter().zip(&data).map(|(model, data)| output(call, model, &ok, data));
                (ok.clone(), outputs.collect::<Vec<_>>())
            }
            Err(InputError(code, description, details)) => {
                failed += 1;
                (status(code, description, &details), Vec::new())
            }
        };
        results.push(json!({"status": status, "input": echo(call, input), "outputs": outputs}));
    }
    Ok(Content::by_item(failed, inputs.len(), json!({"workflow": described, "results": results})))
}
