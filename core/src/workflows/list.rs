//! `GET /v2/workflows`: the workflows of an app, one page per request.

use crate::operation::{Spec, in_app, paged, plain_operation};
use crate::page::Page;
use crate::types::Workflow;

/// Lists one page of the workflows of the app: `GET /v2/workflows`.
#[doc(alias("Workflows.get_by_page", "Workflows.get_all"))]
#[derive(Clone, Copy, Debug, Default)]
pub struct ListWorkflows {
    page: Page,
}

impl ListWorkflows {
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

plain_operation!(ListWorkflows => Vec<Workflow> {
    spec: Spec::get("list workflows"),
    target: |this, target| target.path("workflows").page(this.page),
    decode: list("workflows"),
});

paged!(ListWorkflows, |workflow: &Workflow| in_app(workflow.app_id.as_deref(), &workflow.id));
