//! Measurements on the pixels of an image: dominant colors, concepts and an embedding.
//!
//! Everything is computed from the pixels alone, so the same image always gets the same result. Objects are not
//! recognized. A concept is a word for a measurement, such as *red*, *blurred* or *vertical lines*; [`vocabulary`] has
//! the definition of each.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "pixel counts and coordinates are far below the limits of f32 and u32, and `as` saturates"
)]

mod concepts;
mod dominant_colors;
mod embedding;
mod image;
mod lab;
mod measurements;
mod memory;
mod named_colors;
mod plane;

pub use self::concepts::{Concept, LANGUAGES, Scored, concepts, name_in, vocabulary};
pub use self::dominant_colors::{NamedColor, colors};
pub use self::embedding::{EMBEDDING_LEN, embedding};
pub use self::image::{DecodeFailure, Image, Limits};
