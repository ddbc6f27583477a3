//! One channel of a picture as numbers, and the filters the measurements are made of.

use std::f32::consts::PI;

/// Numbers in rows. Neither side is ever zero.
#[derive(Clone, Debug)]
pub(super) struct Plane {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) values: Vec<f32>,
}

/// How the lightness changes at a pixel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gradient {
    pub(super) magnitude: f32,
    /// The direction of the change as an angle in `0..PI`: 0 changes along a row, as at a vertical line.
    pub(super) angle: f32,
}

impl Plane {
    /// The value at a place; outside the plane, that of the nearest place inside.
    pub(super) fn at(&self, x: isize, y: isize) -> f32 {
        let x = x.clamp(0, self.width as isize - 1) as usize;
        let y = y.clamp(0, self.height as isize - 1) as usize;
        self.values[y * self.width + x]
    }

    /// Half the size, every value the mean of a square of four.
    pub(super) fn halved(&self) -> Self {
        let (width, height) = (self.width.div_ceil(2), self.height.div_ceil(2));
        let value = |place: usize| {
            let (x, y) = (2 * (place % width) as isize, 2 * (place / width) as isize);
            (self.at(x, y) + self.at(x + 1, y) + self.at(x, y + 1) + self.at(x + 1, y + 1)) / 4.0
        };
        Self {
            width,
            height,
            values: (0..width * height).map(value).collect(),
        }
    }

    /// Every value replaced by the mean of the square that reaches `radius` around it.
    pub(super) fn blurred(&self, radius: usize) -> Self {
        self.blurred_rows(radius)
            .transposed()
            .blurred_rows(radius)
            .transposed()
    }

    /// Every value replaced by the mean of those up to `radius` to its left and right.
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
        Self {
            width: self.width,
            height: self.height,
            values,
        }
    }

    pub(super) fn transposed(&self) -> Self {
        let mut values = Vec::with_capacity(self.values.len());
        for x in 0..self.width {
            values.extend((0..self.height).map(|y| self.values[y * self.width + x]));
        }
        Self {
            width: self.height,
            height: self.width,
            values,
        }
    }

    /// What is left when another plane of the same size is taken away.
    pub(super) fn minus(&self, other: &Self) -> Self {
        let values = self
            .values
            .iter()
            .zip(&other.values)
            .map(|(one, other)| one - other)
            .collect();
        Self {
            width: self.width,
            height: self.height,
            values,
        }
    }

    /// Central differences at every pixel.
    pub(super) fn gradients(&self) -> Vec<Gradient> {
        let gradient = |place: usize| {
            let (x, y) = ((place % self.width) as isize, (place / self.width) as isize);
            let across = (self.at(x + 1, y) - self.at(x - 1, y)) / 2.0;
            let down = (self.at(x, y + 1) - self.at(x, y - 1)) / 2.0;
            let angle = down.atan2(across).rem_euclid(PI);
            // A tiny negative angle is rounded to PI itself, which is 0 again.
            let angle = if angle < PI { angle } else { 0.0 };
            Gradient {
                magnitude: across.hypot(down),
                angle,
            }
        };
        (0..self.values.len()).map(gradient).collect()
    }
}

/// The mean of numbers; 0 of none.
pub(super) fn mean(values: impl IntoIterator<Item = f32>) -> f32 {
    let (sum, count) = values
        .into_iter()
        .fold((0.0_f64, 0_u32), |(sum, count), value| {
            (sum + f64::from(value), count + 1)
        });
    (sum / f64::from(count.max(1))) as f32
}

/// The standard deviation of numbers; 0 of none.
pub(super) fn deviation(values: &[f32]) -> f32 {
    let center = mean(values.iter().copied());
    mean(
        values
            .iter()
            .map(|value| (value - center) * (value - center)),
    )
    .sqrt()
}
