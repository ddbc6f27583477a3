//! [`RegionInfo`]: position and shape of a region, and the shapes it can have.

use super::{BoundingBox, EnumValue, Image};
use crate::lenient::record;

record! {
    /// Position and shape of a region. Usually one member is set.
    pub struct RegionInfo {
        /// An upright rectangle.
        pub bounding_box: Option<BoundingBox>,
        /// An image that is bright where the region is.
        pub mask: Option<Box<Mask>>,
        /// An outline.
        pub polygon: Option<Polygon>,
        /// A single point.
        pub point: Option<Point>,
        /// A range of characters of a text.
        pub span: Option<Span>,
        /// A token of a text.
        pub token: Option<Token>,
        /// Key points of a pose.
        pub keypoint_locations: Option<Vec<Point>>,
    }
}

record! {
    /// The shape of a region as an image.
    pub struct Mask {
        /// Image of the same size as the one that the region belongs to, bright where the region is.
        pub image: Option<Image>,
    }
}

record! {
    /// The shape of a region as an outline.
    pub struct Polygon {
        /// The corners, in order.
        pub points: Option<Vec<Point>>,
    }
}

impl Polygon {
    /// Returns the corners, in order.
    pub fn points(&self) -> &[Point] {
        self.points.as_deref().unwrap_or_default()
    }
}

record! {
    /// A point of an image, as fractions of its height and width from the top left. The service may leave out zeros, so
    /// an absent coordinate counts as 0.
    pub struct Point {
        /// Distance from the top as a fraction of the height, 0 to 1.
        pub row: Option<f64>,
        /// Distance from the left as a fraction of the width, 0 to 1.
        pub col: Option<f64>,
        /// Depth of the point. Only from models that estimate it.
        pub z: Option<f64>,
        /// Whether a key point of a pose is visible, as a value of the service's enumeration.
        pub visibility: Option<EnumValue>,
    }
}

record! {
    /// A range of characters of a text.
    pub struct Span {
        /// Index of the first character, from 0. Absent counts as 0.
        pub char_start: Option<u64>,
        /// Index after the last character.
        pub char_end: Option<u64>,
        /// The characters of the range.
        pub raw_text: Option<String>,
    }
}

record! {
    /// A token of a text: a word, or a part of one.
    pub struct Token {
        /// Index of the first character, from 0. Absent counts as 0.
        pub char_start: Option<u64>,
        /// Index after the last character.
        pub char_end: Option<u64>,
        /// The characters of the token.
        pub raw_text: Option<String>,
    }
}
