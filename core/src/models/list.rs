//! `GET /v2/models`: the models an app can use, page by page.

use http::Method;

use crate::body::Body;
use crate::envelope::{Envelope, Unreadable};
use crate::error::Invalid;
use crate::model::Model;
use crate::operation::{Operation, Replay};
use crate::page::Page;
use crate::target::{Scope, Target};

/// One page of the models an app can use: its own, and without a scope the public ones too.
#[doc(alias("Models.get_by_page", "Models.get_all"))]
#[derive(Clone, Debug, Default)]
pub struct ListModels {
    page: Page,
    owner: Option<Scope>,
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

    /// The models of that user's app, whatever the scope of the [`App`](crate::App).
    pub fn of(mut self, owner: Scope) -> Self {
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

    fn body(&self) -> Result<Body, Invalid> {
        self.page.check()?;
        Ok(Body::empty())
    }

    fn decode(&self, answer: &Envelope) -> Result<Vec<Model>, Unreadable> {
        answer.list("models")
    }
}

crate::pages::paged!(ListModels, Model, |model| crate::pages::in_app(model.app_id.as_deref(), &model.id));
