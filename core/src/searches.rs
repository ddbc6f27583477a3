//! Searches: inputs by what they look like, what was said of them, and where they were taken.

mod feedback;
mod search;
mod term;

pub use feedback::SendSearchFeedback;
pub use search::{SearchInputs, SearchResult};
pub use term::SearchTerm;
