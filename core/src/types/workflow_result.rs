//! [`WorkflowResult`]: what a workflow returned for one input.

use super::{Input, Output, Status, StatusClass, StatusCode, Timestamp};
use crate::lenient::record;

record! {
    /// What a workflow returned for one input. A response lists the results in the order of the inputs.
    pub struct WorkflowResult {
        /// Result id.
        pub id: String,
        /// Result for this input, which may differ from that of the others.
        pub status: Option<Status>,
        /// Time the result was created.
        pub created_at: Option<Timestamp>,
        /// The input that the workflow processed.
        pub input: Option<Input>,
        /// The output of each model, in the order of the nodes.
        pub outputs: Option<Vec<Output>>,
        /// Whether outputs were left out.
        pub suppress_output: Option<bool>,
    }
}

impl WorkflowResult {
    /// Returns the output of each model, in the order of the nodes.
    pub fn outputs(&self) -> &[Output] {
        self.outputs.as_deref().unwrap_or_default()
    }

    /// Returns the outputs that failed: the name of the model, or its id if it has no name, and the status of the
    /// output. The other outputs are valid.
    pub fn failed_outputs(&self) -> impl Iterator<Item = (&str, Option<&Status>)> {
        let is_bad = |code: &StatusCode| !matches!(code.class(), StatusClass::Success | StatusClass::Pending);
        let code = |output: &&Output| output.status.as_ref().and_then(|status| status.code.clone());
        self.outputs().iter().filter(move |output| code(output).is_some_and(|code| is_bad(&code))).map(|output| {
            let model = output.model.as_deref();
            let name = model.map_or("", |model| if model.name.is_empty() { &model.id } else { &model.name });
            (name, output.status.as_ref())
        })
    }

    /// Returns the output of the first model with this id or name.
    pub fn output_of(&self, model: &str) -> Option<&Output> {
        self.outputs()
            .iter()
            .find(|output| output.model.as_ref().is_some_and(|made_by| made_by.id == model || made_by.name == model))
    }
}
