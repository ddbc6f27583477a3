//! `GET /v2/models/{id}/inputs` and `…/versions/{version}/inputs`: what a model learns from.

use http::Method;

use super::ModelRef;
use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Replay};
use crate::page::Page;
use crate::target::Target;
use crate::types::Input;

/// One page of the inputs a model learns from; with a version in the [`ModelRef`], of those it has learnt from.
#[doc(alias = "Model.get_inputs")]
#[derive(Clone, Debug)]
pub struct ListModelInputs {
    model: ModelRef,
    page: Page,
}

impl ListModelInputs {
    /// The first page, 20 inputs of the model with this id, or of a version of it.
    pub fn new(model: impl Into<ModelRef>) -> Self {
        Self { model: model.into(), page: Page::default() }
    }

    /// Another page.
    pub fn page(mut self, page: Page) -> Self {
        self.page = page;
        self
    }
}

impl Operation for ListModelInputs {
    type Output = Vec<Input>;
    const NAME: &'static str = "list model inputs";
    const METHOD: Method = Method::GET;
    // A list with failed inputs in it is called mixed, and is no less of a list.
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
