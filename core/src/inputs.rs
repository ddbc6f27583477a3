//! Pictures, videos, sounds and texts on their way to the service.

mod crop;
mod new_input;

pub use crop::Crop;
pub use new_input::{MAX_INPUTS, NewInput};
pub(crate) use new_input::{inputs_len, write_inputs};
