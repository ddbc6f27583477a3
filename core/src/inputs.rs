//! Inputs: images, video, audio and text to predict on or to store.

mod create;
mod crop;
mod delete;
mod facts;
mod get;
mod list;
mod metadata;
mod new_input;
mod outputs;
mod patch;
mod region;
mod status;

pub use crate::arguments::MAX_INPUTS;
pub use create::CreateInputs;
pub use crop::Crop;
pub use delete::{DeleteInput, DeleteInputs};
pub use get::GetInput;
pub use list::ListInputs;
pub use metadata::Metadata;
pub use new_input::NewInput;
pub use outputs::{GetInputOutputs, PatchInputOutputs};
pub use patch::{InputPatch, PatchInputs};
pub use region::{NewFace, NewRegion, RegionFeedback};
pub use status::GetInputCounts;

pub(crate) use facts::{Facts, check_geo_point};
pub(crate) use new_input::{inputs_len, write_inputs};
