//! `GET /v2/workflows` and `GET /v2/public_workflows`: workflows, page by page.

use http::Method;

use crate::body::Body;
use crate::envelope::{Envelope, Unreadable};
use crate::error::Invalid;
use crate::model::Workflow;
use crate::operation::{Operation, Replay};
use crate::page::Page;
use crate::target::Target;

/// One page of the workflows of an app.
#[doc(alias("Workflows.get_by_page", "Workflows.get_all"))]
#[derive(Clone, Copy, Debug, Default)]
pub struct ListWorkflows {
    page: Page,
}

/// One page of the public workflows.
///
/// The current API description no longer has it: list the workflows of user `clarifai`, app `main`. It is still sent.
#[doc(alias("Workflows.get_by_page", "Workflows.get_all"))]
#[derive(Clone, Copy, Debug, Default)]
pub struct ListPublicWorkflows {
    page: Page,
}

macro_rules! list {
    ($name:ident, $call:literal, $path:literal) => {
        impl $name {
            /// The first page, 20 workflows.
            pub fn new() -> Self {
                Self::default()
            }

            /// Another page.
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

            fn body(&self) -> Result<Body, Invalid> {
                self.page.check()?;
                Ok(Body::empty())
            }

            fn decode(&self, answer: &Envelope) -> Result<Vec<Workflow>, Unreadable> {
                answer.list("workflows")
            }
        }
    };
}

list!(ListWorkflows, "list workflows", "workflows");
list!(ListPublicWorkflows, "list public workflows", "public_workflows");

crate::pages::paged!(ListWorkflows, Workflow, |workflow| crate::pages::in_app(
    workflow.app_id.as_deref(),
    &workflow.id
));
crate::pages::paged!(ListPublicWorkflows, Workflow, |workflow| crate::pages::in_app(
    workflow.app_id.as_deref(),
    &workflow.id
));
