//! `DELETE /v2/annotations`: deletes several annotations.

use serde_json::json;

use crate::arguments::check_ids;
use crate::body::Body;
use crate::error::InvalidArgument;
use crate::operation::{Spec, plain_operation};
use crate::types::Status;

/// Deletes 1 to 128 annotations, or all annotations of 1 to 128 inputs: `DELETE /v2/annotations`.
///
/// ```
/// use clarifai_core::annotations::DeleteAnnotations;
///
/// let two = DeleteAnnotations::new().annotation("photo-1", "a1").annotation("photo-2", "a7");
/// let all = DeleteAnnotations::of_inputs(["photo-1", "photo-2"]);
/// ```
#[doc(alias("delete_annotations", "Inputs.delete_annotations"))]
#[derive(Clone, Debug, Default)]
pub struct DeleteAnnotations {
    inputs: Vec<String>,
    /// Id of the annotation for each input; empty if all annotations of the inputs are deleted.
    ids: Vec<String>,
    of_inputs: bool,
}

impl DeleteAnnotations {
    /// Creates an empty request.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a request to delete all annotations of the inputs with these ids, 1 to 128.
    pub fn of_inputs(inputs: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { inputs: inputs.into_iter().map(Into::into).collect(), ids: Vec::new(), of_inputs: true }
    }

    /// Adds the annotation with the id `id` of the input with the id `input`. Sending fails if the request deletes all
    /// annotations of inputs.
    pub fn annotation(mut self, input: impl Into<String>, id: impl Into<String>) -> Self {
        self.inputs.push(input.into());
        self.ids.push(id.into());
        self
    }

    fn json(&self) -> Result<Body, InvalidArgument> {
        if self.of_inputs && !self.ids.is_empty() {
            return Err(InvalidArgument::new("ids", "must be empty if all annotations of inputs are deleted"));
        }
        if self.of_inputs {
            check_ids("input ids", &self.inputs)?;
            return Body::json(&json!({"input_ids": self.inputs}));
        }
        check_ids("ids", &self.ids)?;
        check_ids("input ids", &self.inputs)?;
        Body::json(&json!({"ids": self.ids, "input_ids": self.inputs}))
    }
}

plain_operation!(DeleteAnnotations => Status {
    spec: Spec::delete("delete annotations"),
    target: |_, target| target.path("annotations"),
    body: |this| this.json(),
    decode: done(),
});
