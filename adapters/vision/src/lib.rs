#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod channels;
mod classes;
mod classifier;
mod faces;
mod network;
mod pixels;

pub use channels::COMPACT_EMBEDDING_LEN;
pub use classes::{Class, Kind, classes, kinds};
pub use classifier::{CLASSES, Classification, Classifier, EMBEDDING_LEN};
pub use faces::{BoundingBox, Face, FaceDetector, Point};
pub use network::Error;
pub use pixels::{InvalidPixels, Pixels};
