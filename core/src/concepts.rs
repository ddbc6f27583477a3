//! Concepts: the labels that a model predicts and the labels that you annotate inputs with.

mod concept_ref;
mod create;
mod get;
mod list;
mod patch;
mod search;

pub use concept_ref::{ConceptRef, ConceptValue};
pub use create::CreateConcepts;
pub use get::GetConcept;
pub use list::ListConcepts;
pub use patch::PatchConcepts;
pub use search::SearchConcepts;
