//! Small copies of image files.

use std::fs;
use std::panic;
use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder as _, ImageReader, RgbImage};

/// Images that take more memory are not decoded. One of 100 megapixels takes 300 MB.
const MAX_DECODED_BYTES: u64 = 512 << 20;

/// Quality of the JPEG of thumbnails, from 1 to 100.
const QUALITY: u8 = 72;

/// A small copy of an image.
pub(crate) struct Thumbnail {
    pub(crate) pixels: RgbImage,
    /// Width of the image itself, as it is displayed.
    pub(crate) width: u32,
    /// Height of the image itself, as it is displayed.
    pub(crate) height: u32,
    /// Size of the file in bytes.
    pub(crate) file_bytes: u64,
}

/// Why there is no thumbnail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// There is no such file.
    Missing,
    /// The file is not an image of a known format, is damaged, or is too large.
    Unreadable,
}

impl Thumbnail {
    /// Reads an image file. The thumbnail is at most `width` x `height` pixels, and never larger than the image.
    pub(crate) fn read(path: &Path, width: u32, height: u32) -> Result<Self, Problem> {
        // Pipes and devices could block.
        let file = fs::metadata(path).ok().filter(fs::Metadata::is_file).ok_or(Problem::Missing)?;
        // A decoder that fails on a damaged file must cost no more than this file.
        let decoded = panic::catch_unwind(|| decode(path)).ok().flatten().ok_or(Problem::Unreadable)?;
        let (pixels, size) = shrink(decoded, width, height);
        Ok(Self { pixels, width: size.0, height: size.1, file_bytes: file.len() })
    }

    /// Returns the thumbnail as JPEG.
    pub(crate) fn jpeg(&self) -> Option<Vec<u8>> {
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode_image(&self.pixels).ok()?;
        Some(jpeg)
    }
}

/// Decodes an image file as it is displayed, with its EXIF orientation applied.
fn decode(path: &Path) -> Option<DynamicImage> {
    let mut decoder = ImageReader::open(path).ok()?.with_guessed_format().ok()?.into_decoder().ok()?;
    if decoder.total_bytes() > MAX_DECODED_BYTES {
        return None;
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).ok()?;
    image.apply_orientation(orientation);
    Some(image)
}

/// Returns the image with at most this size, on white, and the size it had.
fn shrink(image: DynamicImage, width: u32, height: u32) -> (RgbImage, (u32, u32)) {
    let size = (image.width(), image.height());
    let image = if size.0 > width || size.1 > height { image.thumbnail(width, height) } else { image };
    if !image.color().has_alpha() {
        return (image.into_rgb8(), size);
    }
    let image = image.into_rgba8();
    let on_white = |color: u8, alpha: u8| {
        let (color, alpha) = (u16::from(color), u16::from(alpha));
        u8::try_from((color * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX)
    };
    let pixels = RgbImage::from_fn(image.width(), image.height(), |x, y| {
        let [red, green, blue, alpha] = image.get_pixel(x, y).0;
        image::Rgb([red, green, blue].map(|color| on_white(color, alpha)))
    });
    (pixels, size)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use image::{Rgba, RgbaImage};

    use super::*;

    #[test]
    fn thumbnails_fit_and_are_never_enlarged() {
        let image = DynamicImage::from(RgbaImage::from_pixel(400, 100, Rgba([0, 0, 200, 0])));
        let (pixels, size) = shrink(image.clone(), 100, 100);
        assert_eq!((pixels.dimensions(), size), ((100, 25), (400, 100)));
        assert_eq!(pixels.get_pixel(0, 0).0, [255; 3], "transparent pixels are white");
        assert_eq!(shrink(image, 1000, 1000).0.dimensions(), (400, 100));
    }

    #[test]
    fn other_files_have_no_thumbnail() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jpg");
        assert_eq!(Thumbnail::read(&path, 9, 9).err(), Some(Problem::Missing));
        assert_eq!(Thumbnail::read(folder.path(), 9, 9).err(), Some(Problem::Missing));
        for content in [&b""[..], b"text", b"\xff\xd8\xff\xe0\0\x10JFIF", b"\x89PNG\r\n\x1a\n"] {
            fs::write(&path, content).unwrap();
            assert_eq!(Thumbnail::read(&path, 9, 9).err(), Some(Problem::Unreadable));
        }
    }
}
