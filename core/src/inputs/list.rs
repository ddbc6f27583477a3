//! `GET /v2/inputs`: lists the inputs of an app, one page at a time.

use std::borrow::Cow;

use crate::batch::Item;
use crate::envelope::{DecodeError, Envelope};
use crate::operation::{Operation, Paged, Spec};
use crate::page::Page;
use crate::target::Target;
use crate::types::Input;

/// Lists one page of the inputs of an app, including the failed ones by default.
#[doc(alias("Inputs.get_by_page", "Inputs.get_all"))]
#[derive(Clone, Copy, Debug, Default)]
pub struct ListInputs {
    page: Page,
    without_failed: bool,
}

impl ListInputs {
    /// Creates a request for the first page of 20 inputs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the page to fetch. Default: page 1 with 20 inputs.
    pub fn page(mut self, page: Page) -> Self {
        self.page = page;
        self
    }

    /// Omits failed inputs, such as those whose URL could not be fetched.
    ///
    /// Pages are then shorter, and may be empty before the end of the list. [`Pages`](crate::pagination::Pages) handles
    /// this.
    #[doc(alias = "ignore_error")]
    pub fn without_failed(mut self) -> Self {
        self.without_failed = true;
        self
    }
}

impl Operation for ListInputs {
    type Output = Vec<Input>;
    const SPEC: Spec = Spec::get("list inputs").partial();
    // The service reports a mixed status for a list that contains failed inputs; the list is complete nevertheless.

    fn target(&self, target: &mut Target) {
        target.path("inputs").page(self.page);
    }

    fn decode(&self, answer: &Envelope) -> Result<Vec<Input>, DecodeError> {
        match self.without_failed {
            true => answer.list_where("inputs", |input: &Input| !input.failed()),
            false => answer.list("inputs"),
        }
    }
}

impl Paged for ListInputs {
    type Item = Input;

    fn current(&self) -> Page {
        self.page
    }

    /// Keeps failed inputs in the output: if every input of a page failed, omitting them would look like the end of the
    /// list. [`Paged::wants`] omits them later.
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
