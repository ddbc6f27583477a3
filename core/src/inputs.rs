//! Inputs: images, video, audio and text to predict on or to store.

mod annotations;
mod cancel_add_job;
mod counts;
mod create;
mod crop;
mod delete;
mod delete_many;
mod get;
mod get_add_job;
mod get_outputs;
mod list;
mod list_add_jobs;
mod metadata;
mod new_input;
mod new_region;
mod patch;
mod patch_outputs;
mod region_shape;
mod stream;

pub use crate::arguments::{MAX_INPUT_ID_CHARS, MAX_INPUTS};
pub use cancel_add_job::CancelInputsAddJob;
pub use counts::GetInputCounts;
pub use create::{CreateInputs, IdConflict};
pub use crop::Crop;
pub use delete::DeleteInput;
pub use delete_many::DeleteInputs;
pub use get::GetInput;
pub use get_add_job::GetInputsAddJob;
pub use get_outputs::GetInputOutputs;
pub use list::ListInputs;
pub use list_add_jobs::ListInputsAddJobs;
pub use metadata::Metadata;
pub use new_input::NewInput;
pub use new_region::{NewFace, NewRegion, RegionFeedback};
pub use patch::{InputPatch, PatchInputs};
pub use patch_outputs::PatchInputOutputs;
pub use stream::{InputStream, StreamInputs};

pub(crate) use annotations::{Annotations, check_geo_point};
pub(crate) use new_input::{inputs_len, write_inputs};
