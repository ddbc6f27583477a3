//! The part of an image to use.

use serde::{Deserialize, Serialize};

use crate::error::InvalidArgument;

/// The part of an image to use, as fractions of its height and width from the upper left corner.
///
/// The JSON form is `[top, left, bottom, right]`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f64; 4]", into = "[f64; 4]")]
pub struct Crop {
    /// Upper edge, 0 to 1.
    pub top: f64,
    /// Left edge, 0 to 1.
    pub left: f64,
    /// Lower edge, 0 to 1, greater than `top`.
    pub bottom: f64,
    /// Right edge, 0 to 1, greater than `left`.
    pub right: f64,
}

impl Crop {
    /// Creates a crop from its edges. They are checked when a request is built.
    pub const fn new(top: f64, left: f64, bottom: f64, right: f64) -> Self {
        Self { top, left, bottom, right }
    }

    pub(crate) fn check(self) -> Result<(), InvalidArgument> {
        let edges: [f64; 4] = self.into();
        if edges.iter().any(|edge| !(0.0..=1.0).contains(edge)) {
            return Err(InvalidArgument::new("crop", format!("{edges:?} must lie within 0 to 1")));
        }
        if self.top >= self.bottom || self.left >= self.right {
            return Err(InvalidArgument::new(
                "crop",
                format!("{edges:?} must be top, left, bottom, right, with top above bottom and left before right"),
            ));
        }
        Ok(())
    }
}

impl From<[f64; 4]> for Crop {
    fn from([top, left, bottom, right]: [f64; 4]) -> Self {
        Self { top, left, bottom, right }
    }
}

impl From<Crop> for [f64; 4] {
    fn from(crop: Crop) -> Self {
        [crop.top, crop.left, crop.bottom, crop.right]
    }
}
