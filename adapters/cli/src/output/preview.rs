//! Small copies of images in terminals.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;

use image::RgbImage;

use crate::exit::Failure;
use crate::thumbnail::Thumbnail;

/// Size of a preview in characters. Each one shows two pixels, one above the other.
const COLUMNS: u32 = 48;
const LINES: u32 = 14;

/// Prints a small copy of an image file. Other sources have none.
pub(super) fn write_preview(source: &str, out: &mut dyn Write) -> Result<(), Failure> {
    match Thumbnail::read(Path::new(source), COLUMNS, 2 * LINES) {
        Ok(thumbnail) => Ok(out.write_all(half_blocks(&thumbnail.pixels).as_bytes())?),
        Err(_) => Ok(()),
    }
}

/// Returns lines of half blocks, whose foreground is the upper pixel and whose background the lower one.
fn half_blocks(pixels: &RgbImage) -> String {
    let mut text = String::new();
    for y in (0..pixels.height()).step_by(2) {
        text.push_str("  ");
        for x in 0..pixels.width() {
            let [red, green, blue] = pixels.get_pixel(x, y).0;
            let _ = write!(text, "\x1b[38;2;{red};{green};{blue}m");
            if let Some(lower) = pixels.get_pixel_checked(x, y + 1) {
                let [red, green, blue] = lower.0;
                let _ = write!(text, "\x1b[48;2;{red};{green};{blue}m");
            }
            text.push('▀');
            // Without a lower pixel, the background of the terminal must show.
            if y + 1 == pixels.height() {
                text.push_str("\x1b[0m");
            }
        }
        text.push_str("\x1b[0m\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_character_shows_two_pixels() {
        let pixels = RgbImage::from_fn(2, 3, |x, y| image::Rgb([10 * u8::from(x == 1), 20 * u8::from(y == 1), 0]));
        let text = half_blocks(&pixels);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0], "  \x1b[38;2;0;0;0m\x1b[48;2;0;20;0m▀\x1b[38;2;10;0;0m\x1b[48;2;10;20;0m▀\x1b[0m");
        assert_eq!(lines[1], "  \x1b[38;2;0;0;0m▀\x1b[0m\x1b[38;2;10;0;0m▀\x1b[0m\x1b[0m");
        assert_eq!(half_blocks(&RgbImage::new(0, 0)), "");
    }
}
