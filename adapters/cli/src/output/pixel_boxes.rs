//! The boxes of regions in pixels of the image file.

use std::io::Write;

use clarifai_core::types::Data;
use image::metadata::Orientation;
use image::{ImageDecoder as _, ImageReader};

use crate::exit::Failure;

/// Prints the edges of each region in pixels, if the source is an image file. Only its header is read.
pub(super) fn write_pixel_boxes(source: &str, data: &Data, out: &mut dyn Write) -> Result<(), Failure> {
    if data.regions().iter().all(|region| region.bounding_box().is_none()) {
        return Ok(());
    }
    let Some((width, height)) = size(source) else { return Ok(()) };
    writeln!(out, "  Pixels of {width} x {height}, as left, top, right, bottom:")?;
    for (number, region) in (1..).zip(data.regions()) {
        let Some(edges) = region.bounding_box() else { continue };
        let (left, top, right, bottom) = edges.to_pixels(width, height);
        writeln!(out, "  {number:>6}  {left}, {top}, {right}, {bottom}")?;
    }
    Ok(())
}

/// Returns width and height of an image file as it is displayed, with its EXIF orientation applied.
fn size(path: &str) -> Option<(u32, u32)> {
    let reader = ImageReader::open(path).ok()?.with_guessed_format().ok()?;
    let mut decoder = reader.into_decoder().ok()?;
    let (width, height) = decoder.dimensions();
    Some(match decoder.orientation().unwrap_or(Orientation::NoTransforms) {
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH => {
            (height, width)
        }
        _ => (width, height),
    })
}
