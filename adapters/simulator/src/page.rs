//! Pages of lists.

use http::StatusCode;

use crate::response::Refusal;
use crate::rules::{Ceiling, Lists};

/// A requested page: its number, its size, and the rules for lists.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    /// Number of the page, from 1.
    pub(crate) number: usize,
    /// Number of items on a page, at least 1.
    pub(crate) size: usize,
    pub(crate) lists: Lists,
}

impl Page {
    /// Returns the items of `items` that are on this page.
    pub(crate) fn of<T>(self, items: impl IntoIterator<Item = T>) -> impl Iterator<Item = T> {
        let most = match self.lists.ceiling {
            Some(Ceiling::Hide(most)) => most,
            _ => usize::MAX,
        };
        let left_out =
            move |place: usize| self.lists.leave_out.is_some_and(|run| (place + 1).is_multiple_of(run.max(1)));
        items
            .into_iter()
            .take(most)
            .enumerate()
            .skip((self.number - 1).saturating_mul(self.size))
            .take(self.size)
            .filter_map(move |(place, item)| (!left_out(place)).then_some(item))
    }

    /// Returns the page, or an error if it reaches beyond [`Ceiling::Refuse`].
    pub(crate) fn checked(self) -> Result<Self, Refusal> {
        let end = self.number.saturating_mul(self.size);
        match self.lists.ceiling {
            Some(Ceiling::Refuse(most)) if end > most => {
                let details = format!("page * perPage cannot exceed {most}; it is {end}.");
                Err(Refusal::new(StatusCode::BAD_REQUEST, 11102, "Invalid request", details))
            }
            _ => Ok(self),
        }
    }
}
