//! `GET /v2/users/{user}/apps`: lists the apps of a user, one page per request.

use std::fmt;

use crate::operation::{Spec, paged, plain_operation};
use crate::page::Page;
use crate::target::Target;
use crate::types::App;

/// Lists one page of the apps of a user: `GET /v2/users/{user}/apps`.
///
/// See the [documentation of the service](https://docs.clarifai.com/create/applications/manage).
#[doc(alias("list_apps", "User.list_apps"))]
#[derive(Clone, Debug)]
pub struct ListApps {
    user: String,
    page: Page,
    search: Option<String>,
    starred_only: bool,
    order: Option<(AppOrder, bool)>,
}

/// What a list of apps is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AppOrder {
    /// Time of creation.
    CreatedAt,
    /// Time of the last change.
    ModifiedAt,
    /// Id.
    Id,
    /// Number of stars.
    StarCount,
}

impl AppOrder {
    const fn key(self) -> &'static str {
        match self {
            Self::CreatedAt => "sort_by_created_at",
            Self::ModifiedAt => "sort_by_modified_at",
            Self::Id => "sort_by_id",
            Self::StarCount => "sort_by_star_count",
        }
    }
}

/// Writes the name of the parameter, such as `sort_by_id`.
impl fmt::Display for AppOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

impl Default for ListApps {
    fn default() -> Self {
        Self::new()
    }
}

impl ListApps {
    /// Creates a request for the first page, with 20 apps of the owner of the credentials.
    pub fn new() -> Self {
        Self { user: "me".to_owned(), page: Page::default(), search: None, starred_only: false, order: None }
    }

    /// Sets the id of the user or organization that owns the apps. Default: `me`.
    pub fn of_user(mut self, id: impl Into<String>) -> Self {
        self.user = id.into();
        self
    }

    /// Sets the page. Default: the first, with 20 apps.
    pub fn page(mut self, page: Page) -> Self {
        self.page = page;
        self
    }

    /// Lists only apps whose id, description or notes match this text.
    pub fn search(mut self, text: impl Into<String>) -> Self {
        self.search = Some(text.into());
        self
    }

    /// Lists only apps that the caller has starred.
    pub fn starred_only(mut self) -> Self {
        self.starred_only = true;
        self
    }

    /// Sorts the list in ascending order. Default: the order of the service.
    pub fn ascending(mut self, by: AppOrder) -> Self {
        self.order = Some((by, true));
        self
    }

    /// Sorts the list in descending order.
    pub fn descending(mut self, by: AppOrder) -> Self {
        self.order = Some((by, false));
        self
    }

    fn query(&self, target: &mut Target) {
        target.user(&self.user).path("apps").page(self.page);
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

plain_operation!(ListApps => Vec<App> {
    spec: Spec::get("list apps"),
    target: |this, target| this.query(target),
    decode: list("apps"),
});

paged!(ListApps, |app: &App| (&*app.id).into());
