//! `GET /v2/datasets`: lists the datasets of an app, one page per request.

use std::fmt;

use crate::operation::{Spec, in_app, paged, plain_operation};
use crate::page::Page;
use crate::target::{AppRef, Target};
use crate::types::Dataset;

/// Lists one page of the datasets of an app: `GET /v2/datasets`.
#[doc(alias("list_datasets", "App.list_datasets"))]
#[derive(Clone, Debug, Default)]
pub struct ListDatasets {
    page: Page,
    owner: Option<AppRef>,
    search: Option<String>,
    starred_only: bool,
    order: Option<(DatasetOrder, bool)>,
}

/// What a list of datasets is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DatasetOrder {
    /// Time of creation.
    CreatedAt,
    /// Time of the last change.
    ModifiedAt,
    /// Id.
    Id,
    /// Number of stars.
    StarCount,
    /// Relevance for the [search](ListDatasets::search).
    Relevance,
}

impl DatasetOrder {
    const fn key(self) -> &'static str {
        match self {
            Self::CreatedAt => "sort_by_created_at",
            Self::ModifiedAt => "sort_by_modified_at",
            Self::Id => "sort_by_id",
            Self::StarCount => "sort_by_star_count",
            Self::Relevance => "sort_by_relevance",
        }
    }
}

/// Writes the name of the parameter, such as `sort_by_id`.
impl fmt::Display for DatasetOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

impl ListDatasets {
    /// Creates a request for the first page, with 20 datasets.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the page. Default: the first, with 20 datasets.
    pub fn page(mut self, page: Page) -> Self {
        self.page = page;
        self
    }

    /// Sets the app whose datasets are listed. Default: the app of the [`Config`](crate::Config).
    pub fn in_app(mut self, owner: AppRef) -> Self {
        self.owner = Some(owner);
        self
    }

    /// Lists only datasets whose id, description or notes match this text.
    pub fn search(mut self, text: impl Into<String>) -> Self {
        self.search = Some(text.into());
        self
    }

    /// Lists only datasets that the caller has starred.
    pub fn starred_only(mut self) -> Self {
        self.starred_only = true;
        self
    }

    /// Sorts the list in ascending order. Default: the order of the service.
    pub fn ascending(mut self, by: DatasetOrder) -> Self {
        self.order = Some((by, true));
        self
    }

    /// Sorts the list in descending order.
    pub fn descending(mut self, by: DatasetOrder) -> Self {
        self.order = Some((by, false));
        self
    }

    fn query(&self, target: &mut Target) {
        target.owner(self.owner.as_ref()).path("datasets").page(self.page);
        if let Some(search) = &self.search {
            target.query("search", search);
        }
        if self.starred_only {
            target.query("starred_only", true);
        }
        if let Some((by, ascending)) = self.order {
            target.query("sort_ascending", ascending).query(by.key(), true);
        }
    }
}

plain_operation!(ListDatasets => Vec<Dataset> {
    spec: Spec::get("list datasets"),
    target: |this, target| this.query(target),
    decode: list("datasets"),
});

paged!(ListDatasets, |dataset: &Dataset| in_app(dataset.app_id.as_deref(), &dataset.id));
