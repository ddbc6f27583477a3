//! `workflows/{id}/results`: what each model of a workflow says of inputs.

use serde_json::json;

use crate::answer::{Answer, Content, Refusal, status};
use crate::call::Call;
use crate::catalog;
use crate::media::Unusable;
use crate::predict::{Options, Subject, echo, inputs, look, output};
use crate::routes::outputs::subject;
use crate::routes::workflows::find;

pub(super) fn create(call: &Call<'_>, id: &str) -> Answer {
    let (workflow, described) = find(call, id)?;
    let body = call.json()?;
    let inputs = inputs(call, &body)?;
    let options = Options::read(&body["output_config"])?;
    let mut subjects = Vec::new();
    for node in &workflow.nodes {
        let subject = match subject(call, &node.model, node.model_version.as_deref()) {
            // Public models are seen from anywhere in a workflow.
            Err(refusal) => catalog::find(&node.model).map(|entry| Subject::public(entry, &node.model)).ok_or(refusal),
            found => found,
        };
        subjects.push((subject.map_err(Refusal::in_workflow)?, node.suppress_output));
    }
    let mut failed = 0;
    let mut results = Vec::with_capacity(inputs.len());
    for input in inputs {
        let (status, outputs) = match call.open(&input["data"]) {
            Ok(medium) => {
                let ok = status(10000, "Ok", "");
                let spoken = subjects.iter().filter(|(_, suppressed)| !suppressed);
                let outputs =
                    spoken.map(|(subject, _)| output(call, subject, &ok, &look(&subject.eye, &medium, &options)));
                (ok.clone(), outputs.collect::<Vec<_>>())
            }
            Err(Unusable(code, description, details)) => {
                failed += 1;
                (status(code, description, &details), Vec::new())
            }
        };
        results.push(json!({"status": status, "input": echo(call, input), "outputs": outputs}));
    }
    Ok(Content::by_item(failed, inputs.len(), json!({"workflow": described, "results": results})))
}
