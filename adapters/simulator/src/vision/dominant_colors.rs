//! The dominant colors of an image and the nearest W3C color names.

use std::collections::BTreeMap;

use super::image::Image;
use super::lab::{Lab, SrgbToLab, squared_distance};
use super::named_colors::NAMED_COLORS;

/// Maximum number of colors of one image.
const MAX_COLORS: usize = 8;
/// Clusters closer than this in Lab look like one color and are merged.
const MERGE_DISTANCE: f32 = 12.0;
/// Minimum share of a dominant color. The pixels of smaller clusters do not count in the total.
const MIN_SHARE: f64 = 0.01;
/// Maximum number of k-means rounds. Photographs converge long before; the maximum bounds the time.
const ROUNDS: usize = 16;
/// Shares are multiples of 1 / `SHARE_UNITS`, so that they add up exactly.
const SHARE_UNITS: u64 = 10_000;

/// A dominant color of an image.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedColor {
    /// Mean color of its pixels, as `#rrggbb`.
    pub raw_hex: String,
    /// Nearest W3C color, as `#rrggbb`.
    pub w3c_hex: String,
    /// Name of the nearest W3C color, such as `WhiteSmoke`.
    pub w3c_name: &'static str,
    /// Share of the image it covers, `0..=1`. The shares of all dominant colors sum to 1.
    pub share: f32,
}

/// Pixels of similar color.
#[derive(Clone, Copy, Default)]
struct Group {
    count: u64,
    rgb_sum: [u64; 3],
    lab: Lab,
}

impl Group {
    fn add(&mut self, other: &Self) {
        self.count += other.count;
        for channel in 0..3 {
            self.rgb_sum[channel] += other.rgb_sum[channel];
        }
    }

    fn mean_rgb(&self) -> [u8; 3] {
        self.rgb_sum.map(|sum| ((sum + self.count / 2) / self.count.max(1)) as u8)
    }

    fn located(mut self, convert: &SrgbToLab) -> Self {
        self.lab = convert.lab(self.mean_rgb());
        self
    }
}

/// Returns the dominant colors of an image, at most eight, largest share first.
///
/// The pixels are counted in cells of 8 values per channel, the cells are clustered by k-means in Lab, and similar
/// clusters are merged. The first seed is the fullest cell, and each next seed is the cell with the largest error.
pub fn colors(image: &Image) -> Vec<NamedColor> {
    let convert = SrgbToLab::new();
    let mut groups = merged(clustered(&cells(image, &convert), &convert), &convert);

    let total: u64 = groups.iter().map(|group| group.count).sum();
    groups.retain(|group| group.count as f64 / total as f64 >= MIN_SHARE);
    groups.sort_by_key(|group| (std::cmp::Reverse(group.count), group.mean_rgb()));
    let counts: Vec<u64> = groups.iter().map(|group| group.count).collect();

    let named = |(group, share): (&Group, f32)| {
        let (w3c_name, w3c_rgb) = nearest_named(group.lab, &convert);
        NamedColor { raw_hex: hex(group.mean_rgb()), w3c_hex: hex(w3c_rgb), w3c_name, share }
    };
    groups.iter().zip(shares(&counts)).map(named).collect()
}

fn cells(image: &Image, convert: &SrgbToLab) -> Vec<Group> {
    // An ordered map, so that cells with equal counts are always in the same order.
    let mut cells: BTreeMap<[u8; 3], Group> = BTreeMap::new();
    for pixel in &image.working().pixels {
        let one = Group { count: 1, rgb_sum: pixel.map(u64::from), lab: Lab::default() };
        cells.entry(pixel.map(|channel| channel / 8)).or_default().add(&one);
    }
    cells.into_values().map(|cell| cell.located(convert)).collect()
}

fn clustered(cells: &[Group], convert: &SrgbToLab) -> Vec<Group> {
    let mut centers = seeds(cells);
    let mut clusters = Vec::new();
    for _ in 0..ROUNDS {
        clusters = vec![Group::default(); centers.len()];
        for cell in cells {
            clusters[nearest(cell.lab, &centers).0].add(cell);
        }
        clusters.retain(|cluster| cluster.count > 0);
        clusters = clusters.into_iter().map(|cluster| cluster.located(convert)).collect();
        let moved: Vec<Lab> = clusters.iter().map(|cluster| cluster.lab).collect();
        if moved == centers {
            break;
        }
        centers = moved;
    }
    clusters
}

fn seeds(cells: &[Group]) -> Vec<Lab> {
    let mut seeds: Vec<Lab> = Vec::new();
    while seeds.len() < MAX_COLORS {
        let error = |cell: &Group| {
            let distance = if seeds.is_empty() { 1.0 } else { nearest(cell.lab, &seeds).1 };
            cell.count as f32 * distance
        };
        match cells.iter().map(|cell| (error(cell), cell)).max_by(|one, other| one.0.total_cmp(&other.0)) {
            Some((error, cell)) if error > 0.0 => seeds.push(cell.lab),
            _ => break,
        }
    }
    seeds
}

fn nearest(color: Lab, centers: &[Lab]) -> (usize, f32) {
    let distances = centers.iter().map(|&center| squared_distance(color, center)).enumerate();
    distances.min_by(|one, other| one.1.total_cmp(&other.1)).unwrap_or((0, f32::INFINITY))
}

/// Merges the two nearest clusters as long as they are similar.
fn merged(mut groups: Vec<Group>, convert: &SrgbToLab) -> Vec<Group> {
    loop {
        let pairs = (0..groups.len()).flat_map(|one| (0..one).map(move |other| (one, other)));
        let closest = pairs
            .map(|(one, other)| (squared_distance(groups[one].lab, groups[other].lab), one, other))
            .min_by(|one, other| one.0.total_cmp(&other.0));
        match closest {
            Some((distance, one, other)) if distance < MERGE_DISTANCE * MERGE_DISTANCE => {
                let absorbed = groups.swap_remove(one);
                groups[other].add(&absorbed);
                groups[other] = groups[other].located(convert);
            }
            _ => return groups,
        }
    }
}

/// Converts counts, largest first, to shares. They are rounded down to [`SHARE_UNITS`]; the remaining units go one by
/// one to the largest shares, which keeps the order.
fn shares(counts: &[u64]) -> Vec<f32> {
    let total: u64 = counts.iter().sum();
    let mut units: Vec<u64> = counts.iter().map(|count| count * SHARE_UNITS / total).collect();
    let left_over = SHARE_UNITS - units.iter().sum::<u64>();
    for unit in units.iter_mut().take(left_over as usize) {
        *unit += 1;
    }
    units.into_iter().map(|units| units as f32 / SHARE_UNITS as f32).collect()
}

fn nearest_named(color: Lab, convert: &SrgbToLab) -> (&'static str, [u8; 3]) {
    let distance = |rgb| squared_distance(color, convert.lab(rgb));
    // `min_by` returns the first of several equal ones, so `Aqua` comes before `Cyan`.
    let nearest = NAMED_COLORS.iter().min_by(|one, other| distance(one.1).total_cmp(&distance(other.1)));
    nearest.copied().unwrap_or(NAMED_COLORS[0])
}

fn hex([r, g, b]: [u8; 3]) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}
