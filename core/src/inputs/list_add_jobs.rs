//! `GET /v2/inputs/jobs/add`: lists the jobs that add inputs, one page per request.

use crate::operation::{Spec, paged, plain_operation};
use crate::page::Page;
use crate::types::InputsAddJob;

/// Lists one page of the jobs that add inputs to the app: `GET /v2/inputs/jobs/add`.
#[derive(Clone, Copy, Debug, Default)]
pub struct ListInputsAddJobs {
    page: Page,
}

impl ListInputsAddJobs {
    /// Creates a request for the first page, with 20 jobs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the page. Default: the first, with 20 jobs.
    pub fn page(mut self, page: Page) -> Self {
        self.page = page;
        self
    }
}

plain_operation!(ListInputsAddJobs => Vec<InputsAddJob> {
    spec: Spec::get("list inputs add jobs"),
    target: |this, target| target.path("inputs").path("jobs").path("add").page(this.page),
    decode: list("inputs_add_jobs"),
});

paged!(ListInputsAddJobs, |job: &InputsAddJob| job.id.as_str().into());
