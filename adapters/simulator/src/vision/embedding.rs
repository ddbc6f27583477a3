//! An image as a unit vector of 1,024 numbers; similar images have similar vectors.
//!
//! | numbers | content | depends on position |
//! |--------:|--------------------|---------------------|
//! | 216 | colors: a histogram of Lab in 6 x 6 x 6 cells | no |
//! | 236 | texture: uniform local binary patterns at four scales | no |
//! | 124 | contrast: a histogram of band-pass responses at four scales | no |
//! | 128 | directions: gradient energy by eight angles and four strengths at four scales | no |
//! | 128 | shapes: gradient directions in a grid of 4 x 4 | yes |
//! | 192 | layout: mean Lab in a grid of 8 x 8, lightness relative to the whole | yes |
//!
//! Histograms use soft binning, so that a small change moves little weight to the neighboring cell. The square root of
//! each count makes the cosine of two histograms the Bhattacharyya coefficient of the distributions. The mean of each
//! histogram is then subtracted, because it is common to all images and would hide their differences.

use std::f32::consts::PI;

use super::image::Image;
use super::plane::{Plane, mean};

/// Number of dimensions of an embedding.
pub const EMBEDDING_LEN: usize = 1024;

const SCALES: usize = 4;
const COLOR_CELLS: usize = 6;
const PATTERNS: usize = 59;
const CONTRAST_CELLS: usize = 31;
const ANGLES: usize = 8;
const STRENGTHS: usize = 4;
const SHAPE_GRID: usize = 4;
const LAYOUT_GRID: usize = 8;

/// Length of each block before the whole vector is normalized, which is its weight in a comparison.
mod weight {
    pub(super) const COLORS: f32 = 0.8;
    pub(super) const PATTERNS: f32 = 1.2;
    pub(super) const CONTRAST: f32 = 0.8;
    pub(super) const DIRECTIONS: f32 = 0.8;
    pub(super) const SHAPES: f32 = 0.4;
    pub(super) const LAYOUT: f32 = 0.7;
}

/// Returns the embedding of an image, a unit vector of [`EMBEDDING_LEN`] numbers.
///
/// The cosine similarity of two embeddings is their scalar product. More than half of the squared length does not
/// depend on positions in the frame, so two parts of one texture are close to each other.
pub fn embedding(image: &Image) -> Vec<f32> {
    let scales = scales(image);
    let mut numbers = Vec::with_capacity(EMBEDDING_LEN);
    let mut append = |block: Vec<f32>, weight: f32| {
        numbers.extend(block.into_iter().map(|value| value * weight));
    };
    append(centered(color_histogram(image)), weight::COLORS);
    // A block of one histogram per scale gets the length of one histogram.
    let per_scale = (SCALES as f32).sqrt();
    for plane in &scales[..SCALES] {
        append(centered(pattern_histogram(plane)), weight::PATTERNS / per_scale);
    }
    for plane in &scales[..SCALES] {
        append(centered(contrast_histogram(plane)), weight::CONTRAST / per_scale);
    }
    for plane in &scales[..SCALES] {
        append(centered(direction_histogram(plane)), weight::DIRECTIONS / per_scale);
    }
    append(centered(shapes(&scales[1])), weight::SHAPES);
    append(layout(image), weight::LAYOUT);
    unit(numbers)
}

/// Returns the lightness at full size and at smaller sizes, each half of the one before.
fn scales(image: &Image) -> Vec<Plane> {
    let mut scales = vec![image.lightness()];
    while scales.len() < SCALES {
        scales.push(scales[scales.len() - 1].halved());
    }
    scales
}

fn color_histogram(image: &Image) -> Vec<f32> {
    let mut cells = vec![0.0; COLOR_CELLS * COLOR_CELLS * COLOR_CELLS];
    for &[l, a, b] in image.lab() {
        let l = soft_cell(l / 100.0, COLOR_CELLS);
        // Most colors in photographs are near gray: the square root of the chroma axes gives them more cells.
        let a = soft_cell(0.5 + spread(a), COLOR_CELLS);
        let b = soft_cell(0.5 + spread(b), COLOR_CELLS);
        for (l, l_part) in l {
            for (a, a_part) in a {
                for (b, b_part) in b {
                    cells[(l * COLOR_CELLS + a) * COLOR_CELLS + b] += l_part * a_part * b_part;
                }
            }
        }
    }
    cells
}

fn spread(axis: f32) -> f32 {
    (axis.abs() / 100.0).sqrt().copysign(axis) / 2.0
}

/// Histogram of local binary patterns, that is, which neighbors are lighter than the pixel. Each of the 58 patterns
/// with at most two changes around the circle (edges, corners, spots) has its own cell; all others share one.
fn pattern_histogram(plane: &Plane) -> Vec<f32> {
    const AROUND: [(isize, isize); 8] = [(-1, -1), (0, -1), (1, -1), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0)];
    /// Smaller differences in lightness are mostly JPEG artifacts.
    const NOISE: f32 = 1.0;
    let cells = pattern_cells();
    let mut counts = vec![0.0; PATTERNS];
    for y in 0..plane.height as isize {
        for x in 0..plane.width as isize {
            let threshold = plane.at(x, y) + NOISE;
            let bits =
                AROUND.iter().fold(0_u8, |bits, (dx, dy)| bits << 1 | u8::from(plane.at(x + dx, y + dy) > threshold));
            counts[cells[usize::from(bits)]] += 1.0;
        }
    }
    counts
}

fn pattern_cells() -> [usize; 256] {
    let mut next = 0;
    std::array::from_fn(|bits| {
        let bits = bits as u8;
        if (bits ^ bits.rotate_left(1)).count_ones() > 2 {
            return PATTERNS - 1;
        }
        next += 1;
        next - 1
    })
}

/// Histogram of the difference between each pixel and its neighborhood.
fn contrast_histogram(plane: &Plane) -> Vec<f32> {
    let mut cells = vec![0.0; CONTRAST_CELLS];
    for response in plane.minus(&plane.blurred(2)).values {
        // The square root gives finer steps near zero, where most values are; the last cells begin at 40 units.
        let position = 0.5 + (response.abs() / 40.0).sqrt().copysign(response) / 2.0;
        for (cell, part) in soft_cell(position, CONTRAST_CELLS) {
            cells[cell] += part;
        }
    }
    cells
}

fn direction_histogram(plane: &Plane) -> Vec<f32> {
    let mut cells = vec![0.0; ANGLES * STRENGTHS];
    for gradient in plane.gradients() {
        // Logarithmic: the cells are equally wide in doublings of the gradient.
        let strength = soft_cell((1.0 + gradient.magnitude).log2() / 5.0, STRENGTHS);
        for (angle, angle_part) in soft_angle(gradient.angle) {
            for (strength, strength_part) in strength {
                cells[angle * STRENGTHS + strength] += angle_part * strength_part * (gradient.magnitude + 0.1);
            }
        }
    }
    cells
}

fn shapes(plane: &Plane) -> Vec<f32> {
    let mut cells = vec![0.0; SHAPE_GRID * SHAPE_GRID * ANGLES];
    for (place, gradient) in plane.gradients().into_iter().enumerate() {
        let (x, y) = (place % plane.width, place / plane.width);
        let columns = soft_cell((x as f32 + 0.5) / plane.width as f32, SHAPE_GRID);
        let rows = soft_cell((y as f32 + 0.5) / plane.height as f32, SHAPE_GRID);
        for (row, row_part) in rows {
            for (column, column_part) in columns {
                for (angle, angle_part) in soft_angle(gradient.angle) {
                    cells[(row * SHAPE_GRID + column) * ANGLES + angle] +=
                        row_part * column_part * angle_part * gradient.magnitude;
                }
            }
        }
    }
    cells
}

/// Mean colors in a grid, the only block that is not a histogram. Lightness is relative to that of the whole image,
/// whose absolute value is in the color histogram already.
fn layout(image: &Image) -> Vec<f32> {
    let lightness = mean(image.lab().iter().map(|color| color[0]));
    let mut sums = vec![[0.0_f32; 3]; LAYOUT_GRID * LAYOUT_GRID];
    let mut parts = vec![0.0_f32; LAYOUT_GRID * LAYOUT_GRID];
    let (width, height) = (image.working().width, image.working().height);
    for (place, &[l, a, b]) in image.lab().iter().enumerate() {
        let columns = soft_cell(((place % width) as f32 + 0.5) / width as f32, LAYOUT_GRID);
        let rows = soft_cell(((place / width) as f32 + 0.5) / height as f32, LAYOUT_GRID);
        for (row, row_part) in rows {
            for (column, column_part) in columns {
                let (cell, part) = (row * LAYOUT_GRID + column, row_part * column_part);
                for (sum, value) in sums[cell].iter_mut().zip([l - lightness, a, b]) {
                    *sum += value * part;
                }
                parts[cell] += part;
            }
        }
    }
    let means = sums.iter().zip(parts).flat_map(|(sum, part)| sum.map(|sum| if part > 0.0 { sum / part } else { 0.0 }));
    // The lower bound of 10 units keeps the noise of a uniform gray image small.
    let means: Vec<f32> = means.collect();
    let length = means.iter().map(|value| value * value).sum::<f32>().sqrt().max(10.0 * LAYOUT_GRID as f32);
    means.into_iter().map(|value| value / length).collect()
}

/// Returns the two cells next to a position in `0..=1`, with the weight of each.
fn soft_cell(place: f32, cells: usize) -> [(usize, f32); 2] {
    let place = (place.clamp(0.0, 1.0) * cells as f32 - 0.5).clamp(0.0, cells as f32 - 1.0);
    let first = place as usize;
    let part = place - first as f32;
    [(first, 1.0 - part), ((first + 1).min(cells - 1), part)]
}

/// Returns the two cells next to an angle in `0..PI`, with the weight of each. The last cell is next to the first.
fn soft_angle(angle: f32) -> [(usize, f32); 2] {
    let place = angle / PI * ANGLES as f32;
    let first = place as usize;
    let part = place - first as f32;
    [(first % ANGLES, 1.0 - part), ((first + 1) % ANGLES, part)]
}

/// Returns the square roots of a distribution, minus their mean.
fn centered(counts: Vec<f32>) -> Vec<f32> {
    let total: f32 = counts.iter().sum();
    if total <= 0.0 {
        return counts;
    }
    let roots: Vec<f32> = counts.into_iter().map(|count| (count / total).sqrt()).collect();
    let center = mean(roots.iter().copied());
    roots.into_iter().map(|root| root - center).collect()
}

/// Normalizes a vector. Its length is never zero, because a color histogram is never uniform over all cells.
fn unit(numbers: Vec<f32>) -> Vec<f32> {
    let length = numbers.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
    numbers.into_iter().map(|value| (f64::from(value) / length) as f32).collect()
}
