//! CIE L\*a\*b\* (D65): the color space in which distance approximates the perceived difference.
//!
//! This is our own conversion rather than the one of `palette`. Its results differ in the last bits (by up to 0.00006),
//! which would change every embedding that a client has stored, and it would add seven crates for these 40 lines.

/// A color: lightness 0..=100, the axis from green to red, and the axis from blue to yellow.
pub(super) type Lab = [f32; 3];

/// Converts sRGB to Lab, with a table of the gamma curve for the 256 values of a channel.
pub(super) struct SrgbToLab {
    linear: [f32; 256],
}

impl SrgbToLab {
    pub(super) fn new() -> Self {
        let linear = std::array::from_fn(|value| {
            let value = value as f32 / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        });
        Self { linear }
    }

    #[allow(clippy::many_single_char_names, reason = "r, g, b and x, y, z are the usual names of the coordinates")]
    pub(super) fn lab(&self, rgb: [u8; 3]) -> Lab {
        let [r, g, b] = rgb.map(|channel| self.linear[usize::from(channel)]);
        // The rows of the sRGB matrix, each divided by the white point, so that white is (1, 1, 1).
        let x = companded((0.412_456_4 * r + 0.357_576_1 * g + 0.180_437_5 * b) / 0.950_47);
        let y = companded(0.212_672_9 * r + 0.715_152_2 * g + 0.072_175 * b);
        let z = companded((0.019_333_9 * r + 0.119_192 * g + 0.950_304_1 * b) / 1.088_83);
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }
}

fn companded(t: f32) -> f32 {
    if t > 216.0 / 24389.0 { t.cbrt() } else { (t * 24389.0 / 27.0 + 16.0) / 116.0 }
}

/// Returns the square of the color difference (CIE76).
pub(super) fn squared_distance(one: Lab, other: Lab) -> f32 {
    one.iter().zip(other).map(|(one, other)| (one - other) * (one - other)).sum()
}

/// Returns the chroma, the distance from gray.
pub(super) fn chroma([_, a, b]: Lab) -> f32 {
    a.hypot(b)
}

/// Returns the hue in degrees, 0..360.
pub(super) fn hue([_, a, b]: Lab) -> f32 {
    b.atan2(a).to_degrees().rem_euclid(360.0)
}
