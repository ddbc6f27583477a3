//! `GET /v2/workflows` and `GET /v2/public_workflows`: workflows, one page per request.

use http::Method;

use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Replay};
use crate::page::Page;
use crate::target::Target;
use crate::types::Workflow;

/// Lists one page of the workflows of the app: `GET /v2/workflows`.
#[doc(alias("Workflows.get_by_page", "Workflows.get_all"))]
#[derive(Clone, Copy, Debug, Default)]
pub struct ListWorkflows {
    page: Page,
}

/// Lists one page of the public workflows: `GET /v2/public_workflows`.
///
/// **Deprecated by Clarifai; still accepted.** Its replacement is the list of workflows of user `clarifai`, app `main`.
#[doc(alias("Workflows.get_by_page", "Workflows.get_all"))]
#[derive(Clone, Copy, Debug, Default)]
pub struct ListPublicWorkflows {
    page: Page,
}

macro_rules! list {
    ($name:ident, $call:literal, $path:literal) => {
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
                self.page.query(target.path($path));
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

list!(ListWorkflows, "list workflows", "workflows");
list!(ListPublicWorkflows, "list public workflows", "public_workflows");

crate::pagination::paged!(ListWorkflows, Workflow, |workflow| crate::pagination::in_app(
    workflow.app_id.as_deref(),
    &workflow.id
));
crate::pagination::paged!(ListPublicWorkflows, Workflow, |workflow| crate::pagination::in_app(
    workflow.app_id.as_deref(),
    &workflow.id
));
