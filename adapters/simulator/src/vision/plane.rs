//! One channel of an image as numbers, with the filters that the measurements use.

use std::f32::consts::PI;

/// Numbers in rows. Width and height are at least 1.
#[derive(Clone, Debug)]
pub(super) struct Plane {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) values: Vec<f32>,
}

/// The change of lightness at a pixel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gradient {
    pub(super) magnitude: f32,
    /// Direction of the change as an angle in `0..PI`; 0 is a change along a row, as at a vertical line.
    pub(super) angle: f32,
}

impl Plane {
    /// Returns the value at a position; outside of the plane, the one at the nearest position inside.
    pub(super) fn at(&self, x: isize, y: isize) -> f32 {
        let x = x.clamp(0, self.width as isize - 1) as usize;
        let y = y.clamp(0, self.height as isize - 1) as usize;
        self.values[y * self.width + x]
    }

    /// Returns the plane at half the size; each value is the mean of a square of four.
    pub(super) fn halved(&self) -> Self {
        let (width, height) = (self.width.div_ceil(2), self.height.div_ceil(2));
        let value = |index: usize| {
            let (x, y) = (2 * (index % width) as isize, 2 * (index / width) as isize);
            (self.at(x, y) + self.at(x + 1, y) + self.at(x, y + 1) + self.at(x + 1, y + 1)) / 4.0
        };
        Self { width, height, values: (0..width * height).map(value).collect() }
    }

    /// Returns the plane blurred with a square box of `2 * radius + 1` pixels.
    pub(super) fn blurred(&self, radius: usize) -> Self {
        self.blurred_rows(radius).transposed().blurred_rows(radius).transposed()
    }

    /// Returns the plane blurred along its rows with a box of `2 * radius + 1` pixels.
    pub(super) fn blurred_rows(&self, radius: usize) -> Self {
        let mut values = Vec::with_capacity(self.values.len());
        let mut sums = Vec::with_capacity(self.width + 1);
        for row in self.values.chunks(self.width) {
            sums.clear();
            sums.push(0.0_f64);
            let mut sum = 0.0;
            for &value in row {
                sum += f64::from(value);
                sums.push(sum);
            }
            values.extend((0..self.width).map(|x| {
                let (from, to) = (x.saturating_sub(radius), (x + radius + 1).min(self.width));
                ((sums[to] - sums[from]) / (to - from) as f64) as f32
            }));
        }
        Self { width: self.width, height: self.height, values }
    }

    /// Returns the plane with rows and columns exchanged.
    pub(super) fn transposed(&self) -> Self {
        let mut values = Vec::with_capacity(self.values.len());
        for x in 0..self.width {
            values.extend((0..self.height).map(|y| self.values[y * self.width + x]));
        }
        Self { width: self.height, height: self.width, values }
    }

    /// Returns the difference to another plane of the same size.
    pub(super) fn minus(&self, other: &Self) -> Self {
        let values = self.values.iter().zip(&other.values).map(|(one, other)| one - other).collect();
        Self { width: self.width, height: self.height, values }
    }

    /// Returns the gradient at every pixel, by central differences.
    pub(super) fn gradients(&self) -> Vec<Gradient> {
        let gradient = |index: usize| {
            let (x, y) = ((index % self.width) as isize, (index / self.width) as isize);
            let across = (self.at(x + 1, y) - self.at(x - 1, y)) / 2.0;
            let down = (self.at(x, y + 1) - self.at(x, y - 1)) / 2.0;
            let angle = down.atan2(across).rem_euclid(PI);
            // `rem_euclid` rounds a tiny negative angle to PI, which is the same direction as 0.
            let angle = if angle < PI { angle } else { 0.0 };
            Gradient { magnitude: across.hypot(down), angle }
        };
        (0..self.values.len()).map(gradient).collect()
    }
}

/// Returns the mean; 0 for no values.
pub(super) fn mean(values: impl IntoIterator<Item = f32>) -> f32 {
    let (sum, count) =
        values.into_iter().fold((0.0_f64, 0_u32), |(sum, count), value| (sum + f64::from(value), count + 1));
    (sum / f64::from(count.max(1))) as f32
}

/// Returns the standard deviation; 0 for no values.
pub(super) fn deviation(values: &[f32]) -> f32 {
    let center = mean(values.iter().copied());
    mean(values.iter().map(|value| (value - center) * (value - center))).sqrt()
}
