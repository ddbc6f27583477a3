//! Annotations: what is known about stored inputs, or about parts of them.
//!
//! For any number of annotations, pass [`CreateAnnotations`] or [`PatchAnnotations`] to
//! [`SendMany`](crate::bulk::SendMany).

mod create;
mod delete;
mod delete_many;
mod get;
mod list;
mod new_annotation;
mod new_time_segment;
mod patch;

pub use create::CreateAnnotations;
pub use delete::DeleteAnnotation;
pub use delete_many::DeleteAnnotations;
pub use get::GetAnnotation;
pub use list::ListAnnotations;
pub use new_annotation::NewAnnotation;
pub use new_time_segment::NewTimeSegment;
pub use patch::PatchAnnotations;
