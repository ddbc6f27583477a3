//! `GET /v2/models`: the models that an app can use, one page per request.

use http::Method;

use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Replay};
use crate::page::Page;
use crate::target::{AppRef, Target};
use crate::types::Model;

/// Lists one page of the models that an app can use: `GET /v2/models`.
///
/// The list contains the models of the app. If neither the request nor the configuration names an app, it also
/// contains the public models.
#[doc(alias("Models.get_by_page", "Models.get_all"))]
#[derive(Clone, Debug, Default)]
pub struct ListModels {
    page: Page,
    owner: Option<AppRef>,
}

impl ListModels {
    /// Creates a request for the first page, with 20 models.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the page. Default: the first, with 20 models.
    pub fn page(mut self, page: Page) -> Self {
        self.page = page;
        self
    }

    /// Sets the app whose models are listed. Default: the app of the [`Config`](crate::Config).
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
