//! The measurements that concepts are computed from, each made once per image.

use std::f32::consts::PI;

use super::image::Image;
use super::lab::{Lab, chroma, hue, squared_distance};
use super::plane::{Gradient, Plane, deviation, mean};

/// Side of the blocks for local contrast, in pixels of the working size.
const BLOCK: usize = 8;
/// Side of the grid in which an image is compared with its mirror image.
const MIRROR_GRID: usize = 24;

/// The share of an image for each basic color name; the shares sum to 1.
#[derive(Clone, Debug, Default)]
pub(super) struct Palette {
    pub(super) red: f32,
    pub(super) orange: f32,
    pub(super) yellow: f32,
    pub(super) green: f32,
    pub(super) cyan: f32,
    pub(super) blue: f32,
    pub(super) purple: f32,
    pub(super) pink: f32,
    pub(super) brown: f32,
    pub(super) black: f32,
    pub(super) gray: f32,
    pub(super) white: f32,
}

/// The measurements of an image. Lightness is in `0..=100`, color in units of Lab, and shares are in `0..=1`.
#[derive(Clone, Debug)]
pub(super) struct Measurements {
    pub(super) palette: Palette,
    pub(super) mean_chroma: f32,
    /// The chroma that 5 % of the pixels exceed.
    pub(super) high_chroma: f32,
    /// Agreement of the hues: 1 for a single hue, 0 for an even mixture.
    pub(super) hue_agreement: f32,
    /// Standard deviation of the colors around their mean, without lightness.
    pub(super) color_deviation: f32,
    /// Share of light pixels with little, but some chroma.
    pub(super) pastel_share: f32,
    /// Mean chroma in the direction of orange; negative for cool images.
    pub(super) warmth: f32,
    pub(super) mean_lightness: f32,
    pub(super) lightness_deviation: f32,
    /// The lightness that 90 % of the pixels exceed.
    pub(super) low_lightness: f32,
    /// The lightness that 10 % of the pixels exceed.
    pub(super) high_lightness: f32,
    pub(super) white_clipped: f32,
    pub(super) black_clipped: f32,
    /// Share of the difference between neighbors that blurring removes (Crete et al., 2007); 0 without any difference.
    pub(super) sharpness: f32,
    /// Mean change of lightness between neighbors.
    pub(super) mean_gradient: f32,
    /// Share of pixels at an edge.
    pub(super) edge_share: f32,
    /// Share of blocks with a visible variation of lightness.
    pub(super) textured_share: f32,
    /// Share of blocks without a visible variation of lightness.
    pub(super) even_share: f32,
    /// Similarity of the variation in all blocks: 1 if it is the same everywhere.
    pub(super) evenness: f32,
    /// Standard deviation of the noise (Immerkaer, 1996), in units of lightness.
    pub(super) noise: f32,
    /// Periodicity along rows or columns: the height of the highest peak of the autocorrelation.
    pub(super) repetition: f32,
    /// Share of the edge strength near each direction of lines; an even mixture gives 1/6, 1/6 and 1/3.
    pub(super) horizontal: f32,
    pub(super) vertical: f32,
    pub(super) diagonal: f32,
    /// Width of the frame divided by its height.
    pub(super) aspect: f32,
    pub(super) megapixels: f32,
    /// Correlation with the image mirrored left to right, and top to bottom.
    pub(super) mirror: f32,
    pub(super) flip: f32,
    /// Mean lightness of one part of the image minus that of its counterpart.
    pub(super) center_over_edge: f32,
    pub(super) upper_over_lower: f32,
    pub(super) left_over_right: f32,
    pub(super) middle_over_corners: f32,
    /// Distance of the colors in the center from the mean color of the border, minus the deviation along the border.
    pub(super) subject_distance: f32,
    /// Standard deviation of color along the border.
    pub(super) border_deviation: f32,
    /// Share of the variation of lightness that a linear ramp explains.
    pub(super) ramp: f32,
}

impl Measurements {
    pub(super) fn of(image: &Image) -> Self {
        let plane = image.lightness();
        let gradients = plane.gradients();
        let mut lightness = plane.values.clone();
        lightness.sort_by(f32::total_cmp);
        let mut chromas: Vec<f32> = image.lab().iter().map(|&color| chroma(color)).collect();
        let warmth = mean(image.lab().iter().map(|&color| chroma(color) * (hue(color) - 50.0).to_radians().cos()));
        let mean_chroma = mean(chromas.iter().copied());
        let (mean_a, mean_b) = (mean(image.lab().iter().map(|c| c[1])), mean(image.lab().iter().map(|c| c[2])));
        let color_deviation =
            mean(image.lab().iter().map(|c| (c[1] - mean_a).powi(2) + (c[2] - mean_b).powi(2))).sqrt();
        chromas.sort_by(f32::total_cmp);
        let share =
            |holds: &dyn Fn(Lab) -> bool| mean(image.lab().iter().map(|&color| f32::from(u8::from(holds(color)))));

        let blocks = block_deviations(&plane);
        let block_share = |holds: fn(f32) -> bool| mean(blocks.iter().map(|&block| f32::from(u8::from(holds(block)))));
        let block_mean = mean(blocks.iter().copied());
        let directions = Directions::of(&gradients);
        let frame = Layout { image };
        let [horizontal_ramp, vertical_ramp] = [true, false].map(|across| ramp(&plane, across));
        let repetition = repetition(&plane).max(repetition(&plane.transposed()));

        Self {
            palette: palette(image.lab()),
            mean_chroma,
            high_chroma: percentile(&chromas, 0.95),
            hue_agreement: mean_a.hypot(mean_b) / mean_chroma.max(1e-3),
            color_deviation,
            pastel_share: share(&|color| color[0] > 72.0 && (8.0..42.0).contains(&chroma(color))),
            warmth,
            mean_lightness: mean(lightness.iter().copied()),
            lightness_deviation: deviation(&lightness),
            low_lightness: percentile(&lightness, 0.1),
            high_lightness: percentile(&lightness, 0.9),
            white_clipped: share(&|color| color[0] > 98.0),
            black_clipped: share(&|color| color[0] < 4.0),
            sharpness: sharpness(&plane).max(sharpness(&plane.transposed())),
            mean_gradient: mean(gradients.iter().map(|gradient| gradient.magnitude)),
            edge_share: mean(gradients.iter().map(|gradient| f32::from(u8::from(gradient.magnitude > 6.0)))),
            textured_share: block_share(|deviation| deviation > 4.0),
            even_share: block_share(|deviation| deviation < 1.5),
            evenness: 1.0 / (1.0 + deviation(&blocks) / block_mean.max(1e-3)),
            noise: noise(&plane),
            repetition,
            horizontal: directions.horizontal,
            vertical: directions.vertical,
            diagonal: directions.diagonal,
            aspect: image.width() as f32 / image.height() as f32,
            megapixels: image.width() as f32 * image.height() as f32 / 1e6,
            mirror: mirror_correlation(&plane),
            flip: mirror_correlation(&plane.transposed()),
            center_over_edge: frame.contrast(|x, y| x.hypot(y) < 0.5, |x, y| x.abs().max(y.abs()) > 0.7),
            upper_over_lower: frame.contrast(|_, y| y < 0.0, |_, y| y > 0.0),
            left_over_right: frame.contrast(|x, _| x < 0.0, |x, _| x > 0.0),
            middle_over_corners: frame.contrast(|x, y| x.hypot(y) < 0.8, |x, y| x.hypot(y) > 1.15),
            subject_distance: frame.subject_distance(),
            border_deviation: frame.border_deviation(),
            ramp: (horizontal_ramp + vertical_ramp).min(1.0),
        }
    }
}

/// A smooth step from 0 at `from` to 1 at `to`.
pub(super) fn rising(value: f32, from: f32, to: f32) -> f32 {
    let part = ((value - from) / (to - from)).clamp(0.0, 1.0);
    part * part * (3.0 - 2.0 * part)
}

fn percentile(sorted: &[f32], part: f32) -> f32 {
    sorted[((sorted.len() - 1) as f32 * part).round() as usize]
}

fn palette(colors: &[Lab]) -> Palette {
    let mut palette = Palette::default();
    let one = 1.0 / colors.len() as f32;
    for &color in colors {
        let lightness = color[0];
        let black = 1.0 - rising(lightness, 8.0, 22.0);
        // Dark colors look black whatever their hue; little chroma looks gray.
        let colored = rising(chroma(color), 7.0, 15.0) * (1.0 - if chroma(color) > 40.0 { 0.0 } else { black });
        let white = rising(lightness, 84.0, 94.0);
        let gray_axis = (1.0 - colored) * one;
        palette.black += gray_axis * black;
        palette.white += gray_axis * white;
        palette.gray += gray_axis * (1.0 - black - white).max(0.0);
        *share_of_hue(&mut palette, color) += colored * one;
    }
    palette
}

/// Returns the share for a color that is not gray. The limits are hue angles in Lab; light reds are pink, dark oranges
/// are brown.
fn share_of_hue(palette: &mut Palette, color: Lab) -> &mut f32 {
    let (lightness, chroma) = (color[0], chroma(color));
    match hue(color) {
        0.0..20.0 if lightness > 55.0 => &mut palette.pink,
        20.0..52.0 if lightness > 66.0 && chroma < 55.0 => &mut palette.pink,
        20.0..52.0 if chroma < 30.0 || (lightness < 45.0 && chroma < 45.0) => &mut palette.brown,
        0.0..52.0 => &mut palette.red,
        52.0..85.0 if lightness < 58.0 || chroma < 38.0 => &mut palette.brown,
        52.0..85.0 => &mut palette.orange,
        85.0..112.0 if lightness < 40.0 => &mut palette.brown,
        85.0..112.0 => &mut palette.yellow,
        112.0..180.0 => &mut palette.green,
        180.0..225.0 => &mut palette.cyan,
        225.0..309.0 => &mut palette.blue,
        327.0.. if lightness > 55.0 => &mut palette.pink,
        350.0.. => &mut palette.red,
        _ => &mut palette.purple,
    }
}

/// Returns the share of the differences between neighbors that blurring along the rows removes: high in a sharp image.
fn sharpness(plane: &Plane) -> f32 {
    let blurred = plane.blurred_rows(4);
    let (mut before, mut taken) = (0.0_f64, 0.0_f64);
    for (row, blurred) in plane.values.chunks(plane.width).zip(blurred.values.chunks(plane.width)) {
        for (pair, blurred) in row.windows(2).zip(blurred.windows(2)) {
            let change = f64::from((pair[1] - pair[0]).abs());
            before += change;
            taken += (change - f64::from((blurred[1] - blurred[0]).abs())).max(0.0);
        }
    }
    // An image without differences is neither sharp nor blurred.
    if before < 0.01 * plane.values.len() as f64 { 0.0 } else { (taken / before) as f32 }
}

fn noise(plane: &Plane) -> f32 {
    if plane.width < 3 || plane.height < 3 {
        return 0.0;
    }
    // The difference of two Laplacians responds to single pixels, but not to edges and ramps.
    let response = |place: usize| {
        let (x, y) = ((place % plane.width) as isize, (place / plane.width) as isize);
        let sides = plane.at(x - 1, y) + plane.at(x + 1, y) + plane.at(x, y - 1) + plane.at(x, y + 1);
        let corners = plane.at(x - 1, y - 1) + plane.at(x + 1, y - 1) + plane.at(x - 1, y + 1) + plane.at(x + 1, y + 1);
        (4.0 * plane.at(x, y) - 2.0 * sides + corners).abs()
    };
    mean((0..plane.values.len()).map(response)) * (PI / 2.0).sqrt() / 6.0
}

fn block_deviations(plane: &Plane) -> Vec<f32> {
    let mut blocks = Vec::new();
    let mut block = Vec::with_capacity(BLOCK * BLOCK);
    for top in (0..plane.height).step_by(BLOCK) {
        for left in (0..plane.width).step_by(BLOCK) {
            block.clear();
            for y in top..(top + BLOCK).min(plane.height) {
                let row = &plane.values[y * plane.width..][..plane.width];
                block.extend_from_slice(&row[left..(left + BLOCK).min(plane.width)]);
            }
            blocks.push(deviation(&block));
        }
    }
    blocks
}

/// Returns the highest peak of the autocorrelation along the rows, measured from the lowest point before it.
fn repetition(plane: &Plane) -> f32 {
    let small = plane.halved();
    let small = small.minus(&small.blurred(16));
    let energy = mean(small.values.iter().map(|value| value * value));
    if energy < 0.5 {
        return 0.0;
    }
    let (mut lowest, mut best) = (1.0_f32, 0.0_f32);
    for lag in 1..=small.width.min(96) / 3 {
        let products = small
            .values
            .chunks(small.width)
            .flat_map(|row| row[lag..].iter().zip(row).map(|(later, earlier)| later * earlier));
        let correlation = mean(products) / energy;
        lowest = lowest.min(correlation);
        // Neither the end of a decline nor a low peak is a repetition.
        best = best.max((correlation - lowest).min(2.0 * correlation));
    }
    best.clamp(0.0, 1.0)
}

struct Directions {
    horizontal: f32,
    vertical: f32,
    diagonal: f32,
}

impl Directions {
    fn of(gradients: &[Gradient]) -> Self {
        let (mut horizontal, mut vertical, mut diagonal, mut total) = (0.0_f64, 0.0_f64, 0.0_f64, 0.0_f64);
        for gradient in gradients {
            // Squared, so that clear lines count more than faint texture.
            let energy = f64::from(gradient.magnitude).powi(2);
            total += energy;
            // A line is perpendicular to the direction in which the lightness changes.
            match gradient.angle.to_degrees() {
                0.0..15.0 | 165.0.. => vertical += energy,
                75.0..105.0 => horizontal += energy,
                30.0..60.0 | 120.0..150.0 => diagonal += energy,
                _ => {}
            }
        }
        let share = |energy: f64| {
            if total > 0.0 { (energy / total) as f32 } else { 0.0 }
        };
        Self { horizontal: share(horizontal), vertical: share(vertical), diagonal: share(diagonal) }
    }
}

/// Returns the share of the variance of lightness that a linear ramp explains, along the rows if `across`, or else
/// along the columns.
fn ramp(plane: &Plane, across: bool) -> f32 {
    let position = |index: usize| (if across { index % plane.width } else { index / plane.width }) as f32;
    let (center, middle) = (mean(plane.values.iter().copied()), mean((0..plane.values.len()).map(position)));
    let (mut both, mut position_variance, mut variance) = (0.0_f64, 0.0_f64, 0.0_f64);
    for (index, value) in plane.values.iter().enumerate() {
        let (x, value) = (f64::from(position(index) - middle), f64::from(value - center));
        both += x * value;
        position_variance += x * x;
        variance += value * value;
    }
    if position_variance * variance < 1e-6 { 0.0 } else { (both * both / (position_variance * variance)) as f32 }
}

/// Returns the correlation of a coarse version of a plane with its left-to-right mirror image, `0..=1`.
fn mirror_correlation(plane: &Plane) -> f32 {
    let cell = |x: usize, y: usize| {
        let (from_x, to_x) = cell_range(x, plane.width);
        let (from_y, to_y) = cell_range(y, plane.height);
        mean((from_y..to_y).flat_map(|y| plane.values[y * plane.width..][from_x..to_x].iter().copied()))
    };
    let cells: Vec<f32> = (0..MIRROR_GRID * MIRROR_GRID).map(|at| cell(at % MIRROR_GRID, at / MIRROR_GRID)).collect();
    let center = mean(cells.iter().copied());
    let variance = mean(cells.iter().map(|value| (value - center).powi(2)));
    if variance < 0.25 {
        return 0.0;
    }
    let mirrored = cells.chunks(MIRROR_GRID).flat_map(|row| row.iter().zip(row.iter().rev()));
    (mean(mirrored.map(|(one, other)| (one - center) * (other - center))) / variance).clamp(0.0, 1.0)
}

fn cell_range(cell: usize, length: usize) -> (usize, usize) {
    let from = (cell * length / MIRROR_GRID).min(length - 1);
    (from, ((cell + 1) * length / MIRROR_GRID).max(from + 1))
}

/// Measurements by position in the frame. Coordinates are from -1 to 1.
struct Layout<'a> {
    image: &'a Image,
}

impl Layout<'_> {
    fn colors(&self) -> impl Iterator<Item = (f32, f32, Lab)> + '_ {
        let (width, height) = (self.image.working().width, self.image.working().height);
        self.image.lab().iter().enumerate().map(move |(place, &color)| {
            let x = (2.0 * (place % width) as f32 + 1.0) / width as f32 - 1.0;
            let y = (2.0 * (place / width) as f32 + 1.0) / height as f32 - 1.0;
            (x, y, color)
        })
    }

    /// Returns the mean lightness of one part minus that of another; 0 if the image is too small to have both.
    fn contrast(&self, one: fn(f32, f32) -> bool, other: fn(f32, f32) -> bool) -> f32 {
        let part = |inside: fn(f32, f32) -> bool| {
            let values: Vec<f32> =
                self.colors().filter(|&(x, y, _)| inside(x, y)).map(|(_, _, color)| color[0]).collect();
            (!values.is_empty()).then(|| mean(values))
        };
        part(one).zip(part(other)).map_or(0.0, |(one, other)| one - other)
    }

    fn border(&self) -> (Lab, f32) {
        let border: Vec<Lab> =
            self.colors().filter(|(x, y, _)| x.abs().max(y.abs()) > 0.85).map(|(_, _, color)| color).collect();
        let center = [0, 1, 2].map(|channel| mean(border.iter().map(|color| color[channel])));
        (center, mean(border.iter().map(|&color| squared_distance(color, center))).sqrt())
    }

    fn border_deviation(&self) -> f32 {
        self.border().1
    }

    fn subject_distance(&self) -> f32 {
        let (border, deviation) = self.border();
        let middle = self.colors().filter(|(x, y, _)| x.hypot(*y) < 0.5);
        mean(middle.map(|(_, _, color)| squared_distance(color, border))).sqrt() - deviation
    }
}
