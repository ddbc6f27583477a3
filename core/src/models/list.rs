//! `GET /v2/models`: the models that an app can use, one page per request.

use crate::operation::{Spec, in_app, paged, plain_operation};
use crate::page::Page;
use crate::target::AppRef;
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

plain_operation!(ListModels => Vec<Model> {
    spec: Spec::get("list models"),
    target: |this, target| target.owner(this.owner.as_ref()).path("models").page(this.page),
    decode: list("models"),
});

paged!(ListModels, |model: &Model| in_app(model.app_id.as_deref(), &model.id));
