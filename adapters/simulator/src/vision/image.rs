//! Decodes images to a bounded size, under limits on bytes, pixels and memory that protect against hostile files.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Cursor;
use std::sync::OnceLock;

use image::error::{ImageError, LimitErrorKind};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder as _, ImageReader};
use thiserror::Error;

use super::lab::{Lab, SrgbToLab};
use super::memory;
use super::plane::Plane;

/// Maximum side length of a stored image in pixels: twice [`WORKING_SIDE`], so that a crop of half the frame is still
/// analyzed at full working size.
const STORED_SIDE: usize = 512;

/// Maximum side length for measurements in pixels. It makes a photograph comparable with its thumbnail and bounds the
/// time of an analysis.
const WORKING_SIDE: usize = 256;

/// Limits on the decoding of one image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Maximum size of the encoded image in bytes. Default: 20,000,000.
    pub encoded_bytes: usize,
    /// Maximum number of pixels, checked in the header before any pixel is decoded. Default: 85,000,000.
    pub pixels: u64,
    /// Maximum memory for an image in bytes: its pixels, what the decoder keeps beside them, and the encoded image with
    /// its copies in the request. Default: 172 MiB, which is enough for a JPEG of 50 megapixels in 2 MB, of 25
    /// megapixels in 20 MB, and for a progressive one of 19 megapixels in 2 MB. The program as a whole then stays below
    /// 256 MB. Images that are decoded at the same time share it.
    pub decoder_memory: u64,
}

impl Default for Limits {
    /// Creates the default limits: 20 MB, 85 megapixels, and 172 MiB of memory.
    fn default() -> Self {
        Self { encoded_bytes: 20_000_000, pixels: 85_000_000, decoder_memory: memory::TOTAL }
    }
}

/// The error of [`Image::decode`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeFailure {
    /// The encoded image is larger than [`Limits::encoded_bytes`].
    #[error("the encoded image has {actual} bytes, more than the {limit} allowed")]
    TooManyBytes {
        /// Size of the encoded image in bytes.
        actual: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The header specifies more pixels than [`Limits::pixels`].
    #[error("the image is {width}x{height}, more than the {limit} pixels allowed")]
    TooManyPixels {
        /// Width in the header.
        width: u32,
        /// Height in the header.
        height: u32,
        /// The limit in pixels.
        limit: u64,
    },
    /// Decoding would need more memory than [`Limits::decoder_memory`].
    #[error("decoding the image would need more than the {limit} bytes of memory allowed")]
    TooMuchMemory {
        /// The limit in bytes.
        limit: u64,
    },
    /// The bytes do not begin like any of the supported formats: JPEG, PNG, GIF, WEBP, BMP, TIFF.
    #[error("not a JPEG, PNG, GIF, WEBP, BMP or TIFF image")]
    NotAnImage,
    /// The bytes begin like an image, but cannot be decoded.
    #[error("the image is damaged or of an unsupported kind: {0}")]
    Damaged(String),
}

/// Pixels in sRGB, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Raster {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) pixels: Vec<[u8; 3]>,
}

/// A decoded image, scaled down for measurements.
///
/// Of an animation it is the first frame. An EXIF orientation is applied, transparent pixels are drawn on white, and a
/// color profile is ignored: all pixels are read as sRGB.
#[derive(Clone, Debug)]
pub struct Image {
    frame: (u32, u32),
    stored: Raster,
    /// Computed when the first measurement needs it.
    measurable: OnceLock<Measurable>,
}

/// The pixels at working size, and their colors in Lab.
#[derive(Clone, Debug)]
struct Measurable {
    working: Raster,
    lab: Vec<Lab>,
}

impl PartialEq for Image {
    fn eq(&self, other: &Self) -> bool {
        (self.frame, &self.stored) == (other.frame, &other.stored)
    }
}

impl Image {
    /// Decodes an image in JPEG, PNG, GIF, WEBP, BMP or TIFF format.
    ///
    /// A JPEG that is truncated after its header decodes to the part that is there, as in browsers.
    ///
    /// # Errors
    ///
    /// Fails if the image exceeds a limit, has an unsupported format or is damaged.
    pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Self, DecodeFailure> {
        if bytes.len() > limits.encoded_bytes {
            return Err(DecodeFailure::TooManyBytes { actual: bytes.len(), limit: limits.encoded_bytes });
        }
        let format = image::guess_format(bytes).map_err(|_| DecodeFailure::NotAnImage)?;
        if !format.reading_enabled() {
            return Err(DecodeFailure::NotAnImage);
        }
        let failure = |error: ImageError| match error {
            ImageError::Limits(error) if error.kind() == LimitErrorKind::InsufficientMemory => {
                DecodeFailure::TooMuchMemory { limit: limits.decoder_memory }
            }
            error => DecodeFailure::Damaged(error.to_string()),
        };

        let mut allowed = image::Limits::default();
        allowed.max_alloc = Some(limits.decoder_memory);
        let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
        reader.limits(allowed.clone());
        let mut decoder = reader.into_decoder().map_err(failure)?;

        let (width, height) = decoder.dimensions();
        if u64::from(width) * u64::from(height) > limits.pixels {
            return Err(DecodeFailure::TooManyPixels { width, height, limit: limits.pixels });
        }
        if width == 0 || height == 0 {
            return Err(DecodeFailure::Damaged("it has no pixels".to_owned()));
        }
        let needed = memory::needed(bytes, format, decoder.total_bytes());
        if needed > limits.decoder_memory {
            return Err(DecodeFailure::TooMuchMemory { limit: limits.decoder_memory });
        }
        // Held until the image is reduced.
        let _share = memory::reserve(needed);
        // The memory limit covers decoder and pixel buffer, so the buffer's size is subtracted for the decoder.
        allowed.reserve(decoder.total_bytes()).map_err(failure)?;
        decoder.set_limits(allowed).map_err(failure)?;
        // Damaged EXIF data does not make the pixels unusable.
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let image = DynamicImage::from_decoder(decoder).map_err(failure)?;

        let reduced = Source(image).reduced_to(STORED_SIDE);
        Ok(Self::new(rotated_frame((width, height), orientation), reduced.turned(orientation)))
    }

    /// Creates an image from sRGB pixels, row by row. Returns `None` if their number is not `width * height` or is
    /// zero.
    pub fn from_rgb(width: u32, height: u32, pixels: Vec<[u8; 3]>) -> Option<Self> {
        let raster = Raster { width: width as usize, height: height as usize, pixels };
        let complete = raster.width.checked_mul(raster.height) == Some(raster.pixels.len());
        (complete && !raster.pixels.is_empty()).then(|| Self::new((width, height), raster.reduced_to(STORED_SIDE)))
    }

    /// Creates the frame of a video, which is stored at working size: there can be many.
    pub(crate) fn of_frame(frame: image::RgbaImage) -> Self {
        let size = frame.dimensions();
        Self::new(size, Source(DynamicImage::ImageRgba8(frame)).reduced_to(WORKING_SIDE))
    }

    /// Returns the part of the image inside a region. Its sides are fractions of the frame, from 0 at the top left
    /// corner to 1.
    ///
    /// Sides outside of the frame are moved onto it, and sides in the wrong order are swapped. The result has at least
    /// one pixel.
    pub fn crop(&self, top: f32, left: f32, bottom: f32, right: f32) -> Self {
        let (rows, columns) = (span(top, bottom, self.stored.height), span(left, right, self.stored.width));
        let frame = (
            region_length(self.frame.0, columns.len(), self.stored.width),
            region_length(self.frame.1, rows.len(), self.stored.height),
        );
        let pixels =
            rows.clone().flat_map(|y| &self.stored.pixels[y * self.stored.width..][columns.clone()]).copied().collect();
        Self::new(frame, Raster { width: columns.len(), height: rows.len(), pixels })
    }

    /// Returns the width of the original frame in pixels.
    pub fn width(&self) -> u32 {
        self.frame.0
    }

    /// Returns the height of the original frame in pixels.
    pub fn height(&self) -> u32 {
        self.frame.1
    }

    /// Returns the stored pixels with their width and height: three bytes for each.
    #[cfg(feature = "vision")]
    pub(crate) fn rgb(&self) -> (u32, u32, &[u8]) {
        (self.stored.width as u32, self.stored.height as u32, self.stored.pixels.as_flattened())
    }

    /// Returns a number that other images almost certainly do not have.
    pub(crate) fn fingerprint(&self) -> u128 {
        let half = |salt: u8| {
            let mut hasher = DefaultHasher::new();
            (salt, self.stored.width, self.stored.height).hash(&mut hasher);
            hasher.write(self.stored.pixels.as_flattened());
            u128::from(hasher.finish())
        };
        half(0) << 64 | half(1)
    }

    /// Returns the lightness at working size.
    pub(super) fn lightness(&self) -> Plane {
        let values = self.lab().iter().map(|color| color[0]).collect();
        Plane { width: self.working().width, height: self.working().height, values }
    }

    /// Returns the pixels at working size.
    pub(super) fn working(&self) -> &Raster {
        &self.measurable().working
    }

    /// Returns the colors of the pixels at working size.
    pub(super) fn lab(&self) -> &[Lab] {
        &self.measurable().lab
    }

    fn measurable(&self) -> &Measurable {
        self.measurable.get_or_init(|| {
            let working = self.stored.reduced_to(WORKING_SIDE);
            let convert = SrgbToLab::new();
            let lab = working.pixels.iter().map(|&pixel| convert.lab(pixel)).collect();
            Measurable { working, lab }
        })
    }

    fn new(frame: (u32, u32), stored: Raster) -> Self {
        Self { frame, stored, measurable: OnceLock::new() }
    }
}

/// Returns the pixels between two fractions of a side of `length` pixels: at least one.
fn span(from: f32, to: f32, length: usize) -> std::ops::Range<usize> {
    // `clamp` keeps a NaN, and the cast to an integer makes it 0.
    let place = |fraction: f32| (fraction.clamp(0.0, 1.0) * length as f32).round() as usize;
    let (from, to) = (place(from).min(place(to)), place(from).max(place(to)));
    let from = from.min(length - 1);
    from..to.max(from + 1)
}

/// Returns the length in the original frame of a part of the stored side.
fn region_length(frame: u32, part: usize, stored: usize) -> u32 {
    ((f64::from(frame) * part as f64 / stored as f64).round() as u32).max(1)
}

fn rotated_frame((width, height): (u32, u32), orientation: Orientation) -> (u32, u32) {
    match orientation {
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH => {
            (height, width)
        }
        _ => (width, height),
    }
}

impl Raster {
    fn on_white(decoded: DynamicImage) -> Self {
        let (width, height) = (decoded.width() as usize, decoded.height() as usize);
        let pixels = if decoded.color().has_alpha() {
            let over_white = |value: u8, alpha: u8| {
                let (value, alpha) = (u32::from(value), u32::from(alpha));
                ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8
            };
            let rgba = decoded.into_rgba8();
            rgba.pixels().map(|p| [0, 1, 2].map(|channel| over_white(p.0[channel], p.0[3]))).collect()
        } else {
            decoded.into_rgb8().pixels().map(|p| p.0).collect()
        };
        Self { width, height, pixels }
    }

    fn turned(self, orientation: Orientation) -> Self {
        if orientation == Orientation::NoTransforms {
            return self;
        }
        let (width, height) = (self.width as u32, self.height as u32);
        let image = image::RgbImage::from_fn(width, height, |x, y| {
            image::Rgb(self.pixels[y as usize * self.width + x as usize])
        });
        let mut image = DynamicImage::ImageRgb8(image);
        image.apply_orientation(orientation);
        Self::on_white(image)
    }

    /// Scales the image down until no side is longer than `side`. Each new pixel is the mean of the area it covers.
    fn reduced_to(&self, side: usize) -> Self {
        if self.width.max(self.height) <= side {
            return self.clone();
        }
        let row = |y: usize, row: &mut Vec<[u8; 3]>| {
            row.clear();
            row.extend_from_slice(&self.pixels[y * self.width..][..self.width]);
        };
        reduced((self.width, self.height), side, row)
    }
}

/// A decoded image of any format. It is reduced row by row, so that no second copy of its pixels is needed.
struct Source(DynamicImage);

impl Source {
    fn reduced_to(self, side: usize) -> Raster {
        let (width, height) = (self.0.width() as usize, self.0.height() as usize);
        if width.max(height) <= side {
            return Raster::on_white(self.0);
        }
        match &self.0 {
            DynamicImage::ImageRgb8(image) => {
                let row = |y: usize, row: &mut Vec<[u8; 3]>| {
                    row.clear();
                    row.extend_from_slice(&image.as_raw()[3 * y * width..][..3 * width].as_chunks().0[..width]);
                };
                reduced((width, height), side, row)
            }
            image => {
                let row = |y: usize, row: &mut Vec<[u8; 3]>| {
                    *row = Raster::on_white(image.crop_imm(0, y as u32, width as u32, 1)).pixels;
                };
                reduced((width, height), side, row)
            }
        }
    }
}

/// Scales an image down until no side is longer than `side`. `read` reads one of its rows.
fn reduced((from_width, from_height): (usize, usize), side: usize, read: impl Fn(usize, &mut Vec<[u8; 3]>)) -> Raster {
    let longest = from_width.max(from_height);
    let scaled = |length: usize| ((length * side + longest / 2) / longest).max(1);
    let (width, height) = (scaled(from_width), scaled(from_height));
    let columns = BoxFilter::new(from_width, width);
    let rows = BoxFilter::new(from_height, height);

    let mut pixels = Vec::with_capacity(width * height);
    let mut source = Vec::with_capacity(from_width);
    let mut narrowed = vec![[0.0_f32; 3]; width];
    let mut sums = vec![[0.0_f32; 3]; width];
    let mut narrowed_row = usize::MAX;
    for y in 0..height {
        sums.fill([0.0; 3]);
        for (row, weight) in rows.taps(y) {
            // Two target rows often share a source row; it is scaled only once.
            if row != narrowed_row {
                read(row, &mut source);
                columns.apply(&source, &mut narrowed);
                narrowed_row = row;
            }
            for (sum, value) in sums.iter_mut().zip(&narrowed) {
                for channel in 0..3 {
                    sum[channel] += weight * value[channel];
                }
            }
        }
        pixels.extend(sums.iter().map(|sum| sum.map(|value| value.round() as u8)));
    }
    Raster { width, height, pixels }
}

/// The weights of the source pixels in each pixel of a shorter side.
struct BoxFilter {
    ratio: f32,
    from: usize,
}

impl BoxFilter {
    fn new(from: usize, to: usize) -> Self {
        Self { ratio: from as f32 / to as f32, from }
    }

    /// Returns the source pixels of a target pixel with their weights.
    fn taps(&self, target: usize) -> impl Iterator<Item = (usize, f32)> + use<> {
        let (start, ratio, last) = (target as f32 * self.ratio, self.ratio, self.from - 1);
        let end = start + ratio;
        let first = (start as usize).min(last);
        (first..=(end.ceil() as usize - 1).clamp(first, last)).map(move |source| {
            let covered = end.min(source as f32 + 1.0) - start.max(source as f32);
            (source, covered.max(0.0) / ratio)
        })
    }

    fn apply(&self, source: &[[u8; 3]], target: &mut [[f32; 3]]) {
        for (x, value) in target.iter_mut().enumerate() {
            *value = [0.0; 3];
            for (column, weight) in self.taps(x) {
                for channel in 0..3 {
                    value[channel] += weight * f32::from(source[column][channel]);
                }
            }
        }
    }
}
