//! What can be said of a picture by measuring it: colours, words and an embedding.
//!
//! Everything here is computed from the pixels alone, so the same picture always gets the same answer. No object is
//! recognised, and none is named: the words are those a measurement can stand for, such as *red*, *blurred* or
//! *vertical lines*, each with its definition in [`vocabulary`].

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "pixel counts and coordinates are far below the limits of f32 and u32, and `as` saturates"
)]

mod color;
mod concepts;
mod embedding;
mod lab;
mod measure;
mod picture;
mod plane;
mod w3c;

pub use color::{NamedColor, colors};
pub use concepts::{Concept, LANGUAGES, Scored, concepts, name_in, vocabulary};
pub use embedding::{EMBEDDING_LEN, embedding};
pub use picture::{DecodeFailure, Limits, Picture};
