//! Searches for inputs by visual similarity, concepts, metadata and location.

mod feedback;
mod search;
mod term;

pub use feedback::SendSearchFeedback;
pub use search::{SearchInputs, SearchResult};
pub use term::SearchTerm;
