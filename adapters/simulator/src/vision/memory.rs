//! A share of memory for each image that is being decoded, so that many at once do not need more than one large one.

use std::sync::{Condvar, Mutex, PoisonError};

use image::ImageFormat;

/// Memory in bytes that all decoders of the process together may use. With the networks and the program itself it stays
/// below 256 MB. A single image may use more, alone, if the limits of the caller allow it.
pub(super) const TOTAL: u64 = 172 << 20;

static USED: Mutex<u64> = Mutex::new(0);
static RETURNED: Condvar = Condvar::new();

/// Memory that is reserved until this is dropped.
#[derive(Debug)]
pub(super) struct Share(u64);

/// Waits until the memory is free, and reserves it.
pub(super) fn reserve(bytes: u64) -> Share {
    let bytes = bytes.min(TOTAL);
    let mut used = USED.lock().unwrap_or_else(PoisonError::into_inner);
    while *used + bytes > TOTAL {
        used = RETURNED.wait(used).unwrap_or_else(PoisonError::into_inner);
    }
    *used += bytes;
    Share(bytes)
}

impl Drop for Share {
    fn drop(&mut self) {
        *USED.lock().unwrap_or_else(PoisonError::into_inner) -= self.0;
        RETURNED.notify_all();
    }
}

/// Estimates the memory that decoding an image needs: its pixels, and what the decoder of the format keeps beside them.
pub(super) fn needed(encoded: &[u8], format: ImageFormat, pixels: u64) -> u64 {
    let beside = match format {
        // A progressive one keeps a coefficient of two bytes for each sample until its last scan.
        ImageFormat::Jpeg if is_progressive(encoded) => pixels.saturating_mul(2),
        ImageFormat::WebP => pixels.saturating_mul(2),
        // A frame beside the canvas, or a strip beside the image.
        ImageFormat::Gif | ImageFormat::Tiff => pixels,
        _ => pixels / 8,
    };
    // The bytes of the file and of the decoded base64, and the base64 in the request and in its JSON.
    let copies = encoded.len() as u64 * 14 / 3;
    pixels.saturating_add(beside).saturating_add(copies)
}

/// Returns whether a JPEG is progressive, by the marker of its frame.
fn is_progressive(jpeg: &[u8]) -> bool {
    let mut rest = jpeg.get(2..).unwrap_or_default();
    while let [0xFF, marker, after @ ..] = rest {
        match marker {
            0xFF => rest = &rest[1..],
            0xC2 | 0xC6 | 0xCA | 0xCE => return true,
            0xC0 | 0xC1 | 0xC3 | 0xDA => return false,
            _ => {
                let Some([high, low]) = after.first_chunk() else { return false };
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                rest = after.get(length..).unwrap_or_default();
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progressive_images_need_more() {
        let marker = |frame: u8| [&[0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 0, 0, 0xFF, frame, 0, 2][..]].concat();
        assert!(is_progressive(&marker(0xC2)) && !is_progressive(&marker(0xC0)));
        assert!(needed(&marker(0xC2), ImageFormat::Jpeg, 1000) > 2 * needed(&marker(0xC0), ImageFormat::Jpeg, 1000));
        for broken in
            [&[][..], &[0xFF], &[0xFF, 0xD8, 0xFF], &[0xFF, 0xD8, 0xFF, 0xE0, 0], &[0xFF, 0xD8, 0xFF, 0xE0, 0, 0]]
        {
            assert!(!is_progressive(broken), "{broken:?}");
        }
    }

    #[test]
    fn shares_are_returned() {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        drop(reserve(TOTAL / 2 + 1));
                    }
                });
            }
        });
        drop(reserve(u64::MAX));
    }
}
