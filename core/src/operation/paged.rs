//! Operations that return one page of a list.

use std::borrow::Cow;

use super::{AddRaw, KeepRaw, Operation, WithRaw};
use crate::page::Page;

/// An operation that returns one page of a list.
pub trait Paged: Operation + Clone {
    /// Type of the items.
    type Item: 'static;

    /// Returns the page that this operation requests.
    fn current(&self) -> Page;

    /// Sets the page to fetch.
    fn with_page(self, page: Page) -> Self;

    /// Returns the items of a page.
    fn items(answer: Self::Output) -> Vec<Self::Item>;

    /// Returns the key that identifies an item within the list, or an empty key if the item has no id.
    fn key(item: &Self::Item) -> Cow<'_, str>;

    /// Returns whether the caller wants this item. An operation that filters items must do so here and not while
    /// decoding the response, because an empty page is the end of a list. Default: `true`.
    fn wants(&self, item: &Self::Item) -> bool {
        let _ = item;
        true
    }
}

impl<O: Paged> Paged for KeepRaw<O>
where
    O::Output: AddRaw<WithRaw: Into<Vec<WithRaw<O::Item>>>>,
{
    type Item = WithRaw<O::Item>;

    fn current(&self) -> Page {
        self.0.current()
    }

    fn with_page(self, page: Page) -> Self {
        Self(self.0.with_page(page))
    }

    fn items(response: Self::Output) -> Vec<WithRaw<O::Item>> {
        response.into()
    }

    fn key(item: &WithRaw<O::Item>) -> Cow<'_, str> {
        O::key(&item.value)
    }

    fn wants(&self, item: &WithRaw<O::Item>) -> bool {
        self.0.wants(&item.value)
    }
}

/// Returns the key of an item in a list that contains items of several apps.
pub(crate) fn in_app<'a>(app: Option<&str>, id: &'a str) -> Cow<'a, str> {
    match app {
        Some(app) if !app.is_empty() && !id.is_empty() => format!("{app}/{id}").into(),
        _ => id.into(),
    }
}

/// Implements [`Paged`] for an operation whose output is a list, and which has a field and a setter `page`.
macro_rules! paged {
    ($operation:ty, |$item:ident: &$type:ty| $key:expr) => {
        impl $crate::operation::Paged for $operation {
            type Item = $type;

            fn current(&self) -> $crate::page::Page {
                self.page
            }

            fn with_page(self, page: $crate::page::Page) -> Self {
                self.page(page)
            }

            fn items(answer: Vec<$type>) -> Vec<$type> {
                answer
            }

            fn key($item: &$type) -> ::std::borrow::Cow<'_, str> {
                $key
            }
        }
    };
}

pub(crate) use paged;
