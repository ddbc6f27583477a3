//! `GET /v2/workflows`, of the app or of Clarifai's public one: workflows, one page per request.

use http::Method;

use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Replay};
use crate::page::Page;
use crate::target::{AppRef, Target};
use crate::types::Workflow;

/// Lists one page of the workflows of the app: `GET /v2/workflows`.
#[doc(alias("Workflows.get_by_page", "Workflows.get_all"))]
#[derive(Clone, Copy, Debug, Default)]
pub struct ListWorkflows {
    page: Page,
}

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
    /// Sends `GET /v2/public_workflows` instead, the route of clients before 2020.
    ///
    /// **Withdrawn by Clarifai**: the current API has no such route.
    pub fn old_route(mut self) -> Self {
        self.old_route = true;
        self
    }

    fn address<'a>(&self, target: &'a mut Target) -> &'a mut Target {
        match self.old_route {
            true => target.unscoped().path("public_workflows"),
            false => target.owner(Some(&AppRef::public())).path("workflows"),
        }
    }
}

impl ListWorkflows {
    #[expect(clippy::unused_self, reason = "the counterpart of the method above")]
    fn address<'a>(&self, target: &'a mut Target) -> &'a mut Target {
        target.path("workflows")
    }
}

macro_rules! list {
    ($name:ident, $call:literal) => {
        impl $name {
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

        impl Operation for $name {
            type Output = Vec<Workflow>;
            const NAME: &'static str = $call;
            const METHOD: Method = Method::GET;

            fn replay(&self) -> Replay {
                Replay::Safe
            }

            fn target(&self, target: &mut Target) {
                self.page.query(self.address(target));
            }

            fn body(&self) -> Result<Body, InvalidArgument> {
                self.page.check()?;
                Ok(Body::empty())
            }

            fn decode(&self, answer: &Envelope) -> Result<Vec<Workflow>, DecodeError> {
                answer.list("workflows")
            }
        }
    };
}

list!(ListWorkflows, "list workflows");
list!(ListPublicWorkflows, "list public workflows");

crate::pagination::paged!(ListWorkflows, Workflow, |workflow| crate::pagination::in_app(
    workflow.app_id.as_deref(),
    &workflow.id
));
crate::pagination::paged!(ListPublicWorkflows, Workflow, |workflow| crate::pagination::in_app(
    workflow.app_id.as_deref(),
    &workflow.id
));
