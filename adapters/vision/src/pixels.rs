//! The pixels of an image, as the networks take them.

use image::imageops::{self, FilterType};
use image::{GenericImageView, Rgb, RgbImage};
use thiserror::Error;

/// The pixels of an image: sRGB, 8 bits for each channel, row by row from the top, and the right way up.
///
/// ```
/// use clarifai_vision::Pixels;
///
/// assert!(Pixels::new(2, 1, &[255, 0, 0, 0, 0, 255]).is_ok());
/// assert!(Pixels::new(2, 2, &[255, 0, 0, 0, 0, 255]).is_err());
/// assert!(Pixels::new(0, 1, &[]).is_err());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Pixels<'a> {
    width: u32,
    height: u32,
    rgb: &'a [u8],
}

/// The error of [`Pixels::new`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{actual} bytes are not the three channels of {width} x {height} pixels, each side at least 1")]
#[non_exhaustive]
pub struct InvalidPixels {
    /// The given width in pixels.
    pub width: u32,
    /// The given height in pixels.
    pub height: u32,
    /// The number of bytes that were given.
    pub actual: usize,
}

impl<'a> Pixels<'a> {
    /// Creates an image of these pixels: three bytes for each, red, green and blue.
    ///
    /// # Errors
    ///
    /// Fails if a side is 0, or if the number of bytes is not `3 * width * height`.
    pub fn new(width: u32, height: u32, rgb: &'a [u8]) -> Result<Self, InvalidPixels> {
        let expected = u128::from(width) * u128::from(height) * 3;
        if expected == 0 || expected != rgb.len() as u128 {
            return Err(InvalidPixels { width, height, actual: rgb.len() });
        }
        Ok(Self { width, height, rgb })
    }

    /// Returns the width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Returns the height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Returns the square in the middle whose side is `part` of `whole` of the shorter side, scaled to `side` pixels.
    pub(crate) fn middle(&self, (part, whole): (u32, u32), side: u32) -> RgbImage {
        let shorter = u64::from(self.width.min(self.height));
        let length = u32::try_from(shorter * u64::from(part) / u64::from(whole)).unwrap_or(u32::MAX).max(1);
        let (left, top) = ((self.width - length).div_ceil(2), (self.height - length).div_ceil(2));
        let middle = RgbImage::from_fn(length, length, |x, y| View(*self).get_pixel(left + x, top + y));
        scaled(&middle, side, side, FilterType::CatmullRom)
    }

    /// Returns the whole image, scaled to this size.
    pub(crate) fn scaled(&self, width: u32, height: u32) -> RgbImage {
        scaled(&View(*self), width, height, FilterType::Lanczos3)
    }
}

/// A view for the functions of `image`, which must not be part of the public API.
struct View<'a>(Pixels<'a>);

impl GenericImageView for View<'_> {
    type Pixel = Rgb<u8>;

    fn dimensions(&self) -> (u32, u32) {
        (self.0.width, self.0.height)
    }

    fn get_pixel(&self, x: u32, y: u32) -> Rgb<u8> {
        let at = 3 * (y as usize * self.0.width as usize + x as usize);
        Rgb(std::array::from_fn(|channel| self.0.rgb.get(at + channel).copied().unwrap_or_default()))
    }
}

fn scaled(image: &impl GenericImageView<Pixel = Rgb<u8>>, width: u32, height: u32, filter: FilterType) -> RgbImage {
    imageops::resize(image, width, height, filter)
}
