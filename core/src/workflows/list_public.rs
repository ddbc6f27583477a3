//! `GET /v2/users/clarifai/apps/main/workflows`: Clarifai's public workflows, one page per request.

use crate::operation::{Spec, in_app, paged, plain_operation};
use crate::page::Page;
use crate::target::{AppRef, Target};
use crate::types::Workflow;

/// Lists one page of Clarifai's public workflows: `GET /v2/users/clarifai/apps/main/workflows`.
///
/// It needs a personal access token, because the key of an app reaches only that app.
#[doc(alias("Workflows.get_by_page", "Workflows.get_all"))]
#[derive(Clone, Copy, Debug, Default)]
pub struct ListPublicWorkflows {
    page: Page,
    old_route: bool,
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

    /// Sends `GET /v2/public_workflows` instead, the route of clients before 2020.
    ///
    /// **Withdrawn by Clarifai**: the current API has no such route.
    pub fn old_route(mut self) -> Self {
        self.old_route = true;
        self
    }

    fn path<'a>(&self, target: &'a mut Target) -> &'a mut Target {
        match self.old_route {
            true => target.unscoped().path("public_workflows"),
            false => target.owner(Some(&AppRef::public())).path("workflows"),
        }
    }
}

plain_operation!(ListPublicWorkflows => Vec<Workflow> {
    spec: Spec::get("list public workflows"),
    target: |this, target| this.path(target).page(this.page),
    decode: list("workflows"),
});

paged!(ListPublicWorkflows, |workflow: &Workflow| in_app(workflow.app_id.as_deref(), &workflow.id));
