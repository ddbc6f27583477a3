//! The shapes of an annotated region besides the bounding box: mask, polygon, point and range of characters.

use std::fmt;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::error::InvalidArgument;

/// A shape of a region. A region has at most one.
#[derive(Clone, PartialEq)]
pub(crate) enum Shape {
    /// Bytes of an image that is bright where the region is.
    Mask(Bytes),
    /// Corners as (row, column).
    Polygon(Vec<(f64, f64)>),
    /// Row and column.
    Point(f64, f64),
    /// Characters of a text.
    Span { start: u64, end: u64, text: String },
}

impl Shape {
    /// Returns the shape as a member of `region_info`: its key and its value.
    pub(crate) fn json(&self) -> Result<(&'static str, Value), InvalidArgument> {
        Ok(match self {
            Self::Mask(bytes) if bytes.is_empty() => return Err(InvalidArgument::new("mask", "has no bytes")),
            Self::Mask(bytes) => ("mask", json!({"image": {"base64": base64_simd::STANDARD.encode_to_string(bytes)}})),
            Self::Polygon(points) if points.len() < 3 => {
                let problem = format!("has {} points, it must have at least 3", points.len());
                return Err(InvalidArgument::new("polygon", problem));
            }
            Self::Polygon(points) => {
                let points = points.iter().enumerate();
                let points = points.map(|(index, at)| point("point", *at).map_err(|error| error.at("polygon", index)));
                ("polygon", json!({"points": points.collect::<Result<Vec<_>, _>>()?}))
            }
            Self::Point(row, column) => ("point", point("point", (*row, *column))?),
            Self::Span { start, end, .. } if start >= end => {
                return Err(InvalidArgument::new("span", format!("of {start} to {end} must end after its start")));
            }
            Self::Span { start, end, text } => {
                ("span", json!({"char_start": start, "char_end": end, "raw_text": text}))
            }
        })
    }
}

/// Returns a point whose coordinates are fractions of the image's height and width.
fn point(argument: &'static str, (row, column): (f64, f64)) -> Result<Value, InvalidArgument> {
    match [row, column].iter().all(|edge| (0.0..=1.0).contains(edge)) {
        true => Ok(json!({"row": row, "col": column})),
        false => Err(InvalidArgument::new(argument, format!("({row}, {column}) must lie within 0 to 1"))),
    }
}

/// Prints the length of a mask only: it is part of a private image.
impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mask(bytes) => write!(f, "Mask({} bytes)", bytes.len()),
            Self::Polygon(points) => write!(f, "Polygon({points:?})"),
            Self::Point(row, column) => write!(f, "Point({row}, {column})"),
            Self::Span { start, end, text } => write!(f, "Span({start}..{end}, {} bytes)", text.len()),
        }
    }
}
