//! A picture as 1024 numbers of unit length, near to those of pictures that look like it.
//!
//! | numbers | what they describe | depends on position |
//! |--------:|--------------------|---------------------|
//! | 216 | colours: a histogram of Lab in 6 x 6 x 6 cells | no |
//! | 236 | texture: uniform local binary patterns at four scales | no |
//! | 124 | contrast: a histogram of band-pass responses at four scales | no |
//! | 128 | directions: gradient energy by eight angles and four strengths at four scales | no |
//! | 128 | shapes: gradient directions in a grid of 4 x 4 | yes |
//! | 192 | layout: mean Lab in a grid of 8 x 8, lightness relative to the whole | yes |
//!
//! Histograms are counted softly, so that a small change moves a little weight to the neighbouring cell, and their square
//! root is taken, which makes the cosine of two of them the Bhattacharyya coefficient of the distributions. The mean of
//! each histogram is then taken away: it is what all pictures share and would hide what tells them apart.

use std::f32::consts::PI;

use super::picture::Picture;
use super::plane::{Plane, mean};

/// How many numbers an embedding has.
pub const EMBEDDING_LEN: usize = 1024;

const SCALES: usize = 4;
const COLOR_CELLS: usize = 6;
const PATTERNS: usize = 59;
const CONTRAST_CELLS: usize = 31;
const ANGLES: usize = 8;
const STRENGTHS: usize = 4;
const SHAPE_GRID: usize = 4;
const LAYOUT_GRID: usize = 8;

/// The length of each block before the whole is brought to unit length: how much it counts in a comparison.
mod weight {
    pub(super) const COLORS: f32 = 0.8;
    pub(super) const PATTERNS: f32 = 1.2;
    pub(super) const CONTRAST: f32 = 0.8;
    pub(super) const DIRECTIONS: f32 = 0.8;
    pub(super) const SHAPES: f32 = 0.4;
    pub(super) const LAYOUT: f32 = 0.7;
}

/// The embedding of a picture: [`EMBEDDING_LEN`] numbers of unit length.
///
/// The cosine of two embeddings is their scalar product. More than half of the squared length is independent of where
/// in the frame something is, so two parts of one texture lie close together.
pub fn embedding(picture: &Picture) -> Vec<f32> {
    let scales = scales(picture);
    let mut numbers = Vec::with_capacity(EMBEDDING_LEN);
    let mut append = |block: Vec<f32>, weight: f32| {
        numbers.extend(block.into_iter().map(|value| value * weight));
    };
    append(centered(color_histogram(picture)), weight::COLORS);
    // A block made of one histogram per scale has the length of one histogram.
    let per_scale = (SCALES as f32).sqrt();
    for plane in &scales[..SCALES] {
        append(
            centered(pattern_histogram(plane)),
            weight::PATTERNS / per_scale,
        );
    }
    for plane in &scales[..SCALES] {
        append(
            centered(contrast_histogram(plane)),
            weight::CONTRAST / per_scale,
        );
    }
    for plane in &scales[..SCALES] {
        append(
            centered(direction_histogram(plane)),
            weight::DIRECTIONS / per_scale,
        );
    }
    append(centered(shapes(&scales[1])), weight::SHAPES);
    append(layout(picture), weight::LAYOUT);
    unit(numbers)
}

/// The lightness at full size and, slightly smoothed by every halving, at smaller ones.
fn scales(picture: &Picture) -> Vec<Plane> {
    let mut scales = vec![picture.lightness()];
    while scales.len() < SCALES {
        scales.push(scales[scales.len() - 1].halved());
    }
    scales
}

fn color_histogram(picture: &Picture) -> Vec<f32> {
    let mut cells = vec![0.0; COLOR_CELLS * COLOR_CELLS * COLOR_CELLS];
    for &[l, a, b] in &picture.lab {
        let l = soft_cell(l / 100.0, COLOR_CELLS);
        // Most colours of photographs are near gray: the root of the chroma axes gives them more of the cells.
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

/// Which neighbours are lighter than the pixel: each of the 58 patterns with at most two changes around the circle
/// (edges, corners, spots) has its own cell, all others share one.
fn pattern_histogram(plane: &Plane) -> Vec<f32> {
    const AROUND: [(isize, isize); 8] = [
        (-1, -1),
        (0, -1),
        (1, -1),
        (1, 0),
        (1, 1),
        (0, 1),
        (-1, 1),
        (-1, 0),
    ];
    /// A difference in lightness below which JPEG artefacts, not the scene, decide which pixel is lighter.
    const NOISE: f32 = 1.0;
    let cells = pattern_cells();
    let mut counts = vec![0.0; PATTERNS];
    for y in 0..plane.height as isize {
        for x in 0..plane.width as isize {
            let threshold = plane.at(x, y) + NOISE;
            let bits = AROUND.iter().fold(0_u8, |bits, (dx, dy)| {
                bits << 1 | u8::from(plane.at(x + dx, y + dy) > threshold)
            });
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

/// How far pixels stand out of their neighbourhood, darker or lighter.
fn contrast_histogram(plane: &Plane) -> Vec<f32> {
    let mut cells = vec![0.0; CONTRAST_CELLS];
    for response in plane.minus(&plane.blurred(2)).values {
        // Fine steps near zero, where most responses are; 40 units of lightness reach the outermost cells.
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
        // Doubling gradients are even steps.
        let strength = soft_cell((1.0 + gradient.magnitude).log2() / 5.0, STRENGTHS);
        for (angle, angle_part) in soft_angle(gradient.angle) {
            for (strength, strength_part) in strength {
                cells[angle * STRENGTHS + strength] +=
                    angle_part * strength_part * (gradient.magnitude + 0.1);
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

/// Mean colours, the only block that is not a histogram. Lightness is relative to that of the whole picture: how the
/// light lies, not how much of it there is, which the colour histogram tells already.
fn layout(picture: &Picture) -> Vec<f32> {
    let lightness = mean(picture.lab.iter().map(|color| color[0]));
    let mut sums = vec![[0.0_f32; 3]; LAYOUT_GRID * LAYOUT_GRID];
    let mut parts = vec![0.0_f32; LAYOUT_GRID * LAYOUT_GRID];
    let (width, height) = (picture.working.width, picture.working.height);
    for (place, &[l, a, b]) in picture.lab.iter().enumerate() {
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
    let means = sums
        .iter()
        .zip(parts)
        .flat_map(|(sum, part)| sum.map(|sum| if part > 0.0 { sum / part } else { 0.0 }));
    // An even gray picture would be all noise at unit length: differences of less than 10 units stay small.
    let means: Vec<f32> = means.collect();
    let length = means
        .iter()
        .map(|value| value * value)
        .sum::<f32>()
        .sqrt()
        .max(10.0 * LAYOUT_GRID as f32);
    means.into_iter().map(|value| value / length).collect()
}

/// The two cells next to a place in `0..=1`, with the part each one gets.
fn soft_cell(place: f32, cells: usize) -> [(usize, f32); 2] {
    let place = (place.clamp(0.0, 1.0) * cells as f32 - 0.5).clamp(0.0, cells as f32 - 1.0);
    let first = place as usize;
    let part = place - first as f32;
    [(first, 1.0 - part), ((first + 1).min(cells - 1), part)]
}

/// The two cells next to an angle in `0..PI`, the last one next to the first.
fn soft_angle(angle: f32) -> [(usize, f32); 2] {
    let place = angle / PI * ANGLES as f32;
    let first = place as usize;
    let part = place - first as f32;
    [(first % ANGLES, 1.0 - part), ((first + 1) % ANGLES, part)]
}

/// The square root of a distribution, less its mean.
fn centered(counts: Vec<f32>) -> Vec<f32> {
    let total: f32 = counts.iter().sum();
    if total <= 0.0 {
        return counts;
    }
    let roots: Vec<f32> = counts
        .into_iter()
        .map(|count| (count / total).sqrt())
        .collect();
    let center = mean(roots.iter().copied());
    roots.into_iter().map(|root| root - center).collect()
}

/// A colour histogram is never even over all cells, so the length of the whole is never zero.
fn unit(numbers: Vec<f32>) -> Vec<f32> {
    let length = numbers
        .iter()
        .map(|value| f64::from(*value).powi(2))
        .sum::<f64>()
        .sqrt()
        .max(f64::MIN_POSITIVE);
    numbers
        .into_iter()
        .map(|value| (f64::from(value) / length) as f32)
        .collect()
}
