//! `GET /v2/models/{id}/inputs` and `…/versions/{version}/inputs`: the training inputs of a model.

use http::Method;

use super::ModelRef;
use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Replay};
use crate::page::Page;
use crate::target::Target;
use crate::types::Input;

/// Lists one page of the inputs that a model learns from: `GET /v2/models/{id}/inputs`.
///
/// If the [`ModelRef`] has a version, the list contains the inputs that this version was trained with.
#[doc(alias = "Model.get_inputs")]
#[derive(Clone, Debug)]
pub struct ListModelInputs {
    model: ModelRef,
    page: Page,
}

impl ListModelInputs {
    /// Creates a request for the first page, with 20 inputs, of this model or model version.
    pub fn new(model: impl Into<ModelRef>) -> Self {
        Self { model: model.into(), page: Page::default() }
    }

    /// Sets the page. Default: the first, with 20 inputs.
    pub fn page(mut self, page: Page) -> Self {
        self.page = page;
        self
    }
}

impl Operation for ListModelInputs {
    type Output = Vec<Input>;
    const NAME: &'static str = "list model inputs";
    const METHOD: Method = Method::GET;
    // The service reports the status "mixed" for a list that contains failed inputs. The list is complete all the same.
    const PARTIAL: bool = true;

    fn replay(&self) -> Replay {
        Replay::Safe
    }

    fn target(&self, target: &mut Target) {
        self.page.query(self.model.target(target).path("inputs"));
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        self.page.check()?;
        Ok(Body::empty())
    }

    fn decode(&self, answer: &Envelope) -> Result<Vec<Input>, DecodeError> {
        answer.list("inputs")
    }
}

crate::pagination::paged!(ListModelInputs, Input, |input| input.id.as_str().into());
