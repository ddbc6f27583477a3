//! `GET /v2/inputs`: the inputs of an app, page by page.

use std::borrow::Cow;

use http::Method;

use crate::batch::Item;
use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Replay};
use crate::page::Page;
use crate::pagination::Paged;
use crate::target::Target;
use crate::types::Input;

/// One page of the inputs of an app, those that failed among them unless they are left out.
#[doc(alias("Inputs.get_by_page", "Inputs.get_all"))]
#[derive(Clone, Copy, Debug, Default)]
pub struct ListInputs {
    page: Page,
    without_failed: bool,
}

impl ListInputs {
    /// The first page, 20 inputs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Another page.
    pub fn page(mut self, page: Page) -> Self {
        self.page = page;
        self
    }

    /// Leaves out inputs that failed, such as those whose address could not be fetched.
    ///
    /// Pages are shorter then, and may be empty before the list ends. [`Pages`](crate::pagination::Pages) knows that.
    #[doc(alias = "ignore_error")]
    pub fn without_failed(mut self) -> Self {
        self.without_failed = true;
        self
    }
}

impl Operation for ListInputs {
    type Output = Vec<Input>;
    const NAME: &'static str = "list inputs";
    const METHOD: Method = Method::GET;
    // A list with failed inputs in it is called mixed, and is no less of a list.
    const PARTIAL: bool = true;

    fn replay(&self) -> Replay {
        Replay::Safe
    }

    fn target(&self, target: &mut Target) {
        self.page.query(target.path("inputs"));
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        self.page.check()?;
        Ok(Body::empty())
    }

    fn decode(&self, answer: &Envelope) -> Result<Vec<Input>, DecodeError> {
        let mut inputs: Vec<Input> = answer.list("inputs")?;
        if self.without_failed {
            inputs.retain(|input| !input.failed());
        }
        Ok(inputs)
    }
}

impl Paged for ListInputs {
    type Item = Input;

    fn current(&self) -> Page {
        self.page
    }

    /// Nothing is left out of the answer then, which would look like the end of the list where all of a page failed.
    fn with_page(self, page: Page) -> Self {
        Self { page, without_failed: false }
    }

    fn items(answer: Vec<Input>) -> Vec<Input> {
        answer
    }

    fn key(input: &Input) -> Cow<'_, str> {
        input.id.as_str().into()
    }

    fn wants(&self, input: &Input) -> bool {
        !(self.without_failed && input.failed())
    }
}
