//! Searches for inputs and annotations by visual similarity, concepts, metadata and location.
//!
//! [`QueryInputs`] and [`QueryAnnotations`] are the searches of today, by filters and ranks. [`SearchInputs`] is the
//! older one, by terms.

mod count_inputs;
mod feedback;
mod filter;
mod query;
mod query_annotations;
mod query_inputs;
mod rank;
mod search;
mod term;

pub use count_inputs::CountInputs;
pub use feedback::SendSearchFeedback;
pub use filter::{InputKind, LabelKind, SearchFilter};
pub use query::{SearchAlgorithm, SearchMetric};
pub use query_annotations::QueryAnnotations;
pub use query_inputs::QueryInputs;
pub use rank::SearchRank;
pub use search::{SearchInputs, SearchResult};
pub use term::SearchTerm;
