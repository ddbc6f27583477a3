//! Inputs: images, video, audio and text to predict on or to store.

mod annotations;
mod counts;
mod create;
mod crop;
mod delete;
mod delete_many;
mod get;
mod get_outputs;
mod list;
mod metadata;
mod new_input;
mod new_region;
mod patch;
mod patch_outputs;

pub use crate::arguments::MAX_INPUTS;
pub use counts::GetInputCounts;
pub use create::CreateInputs;
pub use crop::Crop;
pub use delete::DeleteInput;
pub use delete_many::DeleteInputs;
pub use get::GetInput;
pub use get_outputs::GetInputOutputs;
pub use list::ListInputs;
pub use metadata::Metadata;
pub use new_input::NewInput;
pub use new_region::{NewFace, NewRegion, RegionFeedback};
pub use patch::{InputPatch, PatchInputs};
pub use patch_outputs::PatchInputOutputs;

pub(crate) use annotations::{Annotations, check_geo_point};
pub(crate) use new_input::{inputs_len, write_inputs};
