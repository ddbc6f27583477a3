//! `GET /v2/models`: the models an app can use, page by page.

use http::Method;

use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Replay};
use crate::page::Page;
use crate::target::{AppRef, Target};
use crate::types::Model;

/// One page of the models an app can use: its own, and without a scope the public ones too.
#[doc(alias("Models.get_by_page", "Models.get_all"))]
#[derive(Clone, Debug, Default)]
pub struct ListModels {
    page: Page,
    owner: Option<AppRef>,
}

impl ListModels {
    /// The first page, 20 models.
    pub fn new() -> Self {
        Self::default()
    }

    /// Another page.
    pub fn page(mut self, page: Page) -> Self {
        self.page = page;
        self
    }

    /// The models of that user's app, whatever the scope of the [`Config`](crate::Config).
    pub fn in_app(mut self, owner: AppRef) -> Self {
        self.owner = Some(owner);
        self
    }
}

impl Operation for ListModels {
    type Output = Vec<Model>;
    const NAME: &'static str = "list models";
    const METHOD: Method = Method::GET;

    fn replay(&self) -> Replay {
        Replay::Safe
    }

    fn target(&self, target: &mut Target) {
        self.page.query(target.owner(self.owner.as_ref()).path("models"));
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        self.page.check()?;
        Ok(Body::empty())
    }

    fn decode(&self, answer: &Envelope) -> Result<Vec<Model>, DecodeError> {
        answer.list("models")
    }
}

crate::pagination::paged!(ListModels, Model, |model| crate::pagination::in_app(model.app_id.as_deref(), &model.id));
