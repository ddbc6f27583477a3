//! `GET /v2/public_workflows`: the public workflows, one page per request.

use crate::operation::{Spec, in_app, paged, plain_operation};
use crate::page::Page;
use crate::types::Workflow;

/// Lists one page of the public workflows: `GET /v2/public_workflows`.
///
/// **Deprecated by Clarifai; still accepted.** Its replacement is the list of workflows of user `clarifai`, app `main`.
#[doc(alias("Workflows.get_by_page", "Workflows.get_all"))]
#[derive(Clone, Copy, Debug, Default)]
pub struct ListPublicWorkflows {
    page: Page,
}

impl ListPublicWorkflows {
    /// Creates a request for the first page, with 20 workflows.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the page. Default: the first, with 20 workflows.
    pub fn page(mut self, page: Page) -> Self {
        self.page = page;
        self
    }
}

plain_operation!(ListPublicWorkflows => Vec<Workflow> {
    spec: Spec::get("list public workflows"),
    target: |this, target| target.path("public_workflows").page(this.page),
    decode: list("workflows"),
});

paged!(ListPublicWorkflows, |workflow: &Workflow| in_app(workflow.app_id.as_deref(), &workflow.id));
