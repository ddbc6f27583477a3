//! The face detector: the full-range network of MediaPipe, with boxes and six points.

use image::{GenericImage as _, RgbImage};

use crate::classifier::tensor;
use crate::network::{Error, Network};
use crate::pixels::Pixels;

static ONNX: &[u8] = include_bytes!("../data/faces.onnx");

/// Side of the square that the network sees, in pixels.
const SIDE: u32 = 192;
/// Cells in a row of the output.
const CELLS: usize = 48;
/// Numbers of a cell: center, width and height of the box, and x and y of the six points.
const NUMBERS: usize = 16;
/// Boxes that share more than this part of their union belong to the same face.
const OVERLAP: f32 = 0.3;

/// A network that finds faces. It does not recognize whose faces they are. Loading it takes about 5 ms, an image about
/// 20 ms.
///
/// It can be shared by threads: each call of [`detect`](Self::detect) runs on a thread of its own.
#[derive(Debug)]
pub struct FaceDetector(Network);

/// A point in an image: fractions of its width and height, from the top left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Point {
    pub x: f32,
    pub y: f32,
}

/// A rectangle in an image: fractions of its width and height. It reaches outside of 0 to 1 if the edge of the image
/// cuts the face.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct BoundingBox {
    pub left: f32,
    pub top: f32,
    pub right: f32,
    pub bottom: f32,
}

/// A face in an image.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Face {
    /// Confidence of the network, from [`FaceDetector::THRESHOLD`] to 1.
    pub score: f32,
    /// Box around the face.
    pub bounds: BoundingBox,
    /// The person's right eye and left eye, tip of the nose, middle of the mouth, right ear, left ear.
    pub points: [Point; 6],
}

impl FaceDetector {
    /// Score from which the network reports a face, as its authors set it: 0.6.
    pub const THRESHOLD: f32 = 0.6;

    /// Score to use where a false face is worse than a missed one: 0.75. Between [`THRESHOLD`](Self::THRESHOLD) and
    /// this score, about half of the reported faces were none in photographs of animals and things.
    pub const STRICT_THRESHOLD: f32 = 0.75;

    /// Loads the network.
    ///
    /// # Errors
    ///
    /// Fails if there is not enough memory.
    pub fn new() -> Result<Self, Error> {
        Network::load(ONNX, ["scores", "boxes"]).map(Self)
    }

    /// Returns the faces in an image, highest score first.
    ///
    /// # Errors
    ///
    /// Fails if there is not enough memory.
    pub fn detect(&self, image: &Pixels<'_>) -> Result<Vec<Face>, Error> {
        let placed = Placed::of(image);
        let square = placed.draw(image);
        let [scores, boxes] = self.0.run(tensor(square.as_raw(), SIDE, |value| value / 127.5 - 1.0))?;
        Ok(merge(decode(&scores, &boxes)).iter().map(|cell| placed.face(cell)).collect())
    }
}

/// Where the image is in the square of the network.
struct Placed {
    left: u32,
    top: u32,
    width: u32,
    height: u32,
}

impl Placed {
    /// Scales the longer side to [`SIDE`], and centers the other one.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 1 to SIDE")]
    fn of(image: &Pixels<'_>) -> Self {
        let longer = image.width().max(image.height());
        let fit = |length: u32| (f64::from(length) * f64::from(SIDE) / f64::from(longer)).round().max(1.0) as u32;
        let (width, height) = (fit(image.width()), fit(image.height()));
        Self { left: (SIDE - width) / 2, top: (SIDE - height) / 2, width, height }
    }

    /// Draws the image on black.
    fn draw(&self, image: &Pixels<'_>) -> RgbImage {
        let mut square = RgbImage::new(SIDE, SIDE);
        // It fits by construction.
        let _ = square.copy_from(&image.scaled(self.width, self.height), self.left, self.top);
        square
    }

    /// Converts a place in the square to one in the image.
    #[expect(clippy::cast_precision_loss, reason = "at most SIDE")]
    fn face(&self, cell: &Cell) -> Face {
        let x = |x: f32| (x * SIDE as f32 - self.left as f32) / self.width as f32;
        let y = |y: f32| (y * SIDE as f32 - self.top as f32) / self.height as f32;
        let [left, top, right, bottom, points @ ..] = cell.numbers;
        Face {
            score: cell.score,
            bounds: BoundingBox { left: x(left), top: y(top), right: x(right), bottom: y(bottom) },
            points: std::array::from_fn(|point| Point { x: x(points[2 * point]), y: y(points[2 * point + 1]) }),
        }
    }
}

/// A cell of the output that reports a face: left, top, right, bottom and the points, as fractions of the square.
#[derive(Clone)]
struct Cell {
    score: f32,
    numbers: [f32; NUMBERS],
}

impl Cell {
    /// Returns the intersection over the union of two boxes.
    fn overlap(&self, other: &Self) -> f32 {
        let (a, b) = (&self.numbers, &other.numbers);
        let side = |axis: usize| (a[2 + axis].min(b[2 + axis]) - a[axis].max(b[axis])).max(0.0);
        let area = |of: &[f32; NUMBERS]| (of[2] - of[0]) * (of[3] - of[1]);
        let both = side(0) * side(1);
        both / (area(a) + area(b) - both)
    }
}

/// Returns the cells that report a face, best first.
#[expect(clippy::cast_precision_loss, reason = "at most SIDE")]
fn decode(scores: &[f32], boxes: &[f32]) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (index, (score, raw)) in scores.iter().zip(boxes.as_chunks::<NUMBERS>().0).enumerate() {
        let score = 1.0 / (1.0 + (-score.clamp(-100.0, 100.0)).exp());
        // Comparisons with a number that is not one are false, so such a cell is left out.
        if !(score >= FaceDetector::THRESHOLD && raw[2] > 0.0 && raw[3] > 0.0) {
            continue;
        }
        let middle = [index % CELLS, index / CELLS].map(|place| (place as f32 + 0.5) / CELLS as f32);
        let mut numbers: [f32; NUMBERS] = std::array::from_fn(|at| raw[at] / SIDE as f32 + middle[at % 2]);
        for axis in 0..2 {
            let (center, length) = (numbers[axis], raw[2 + axis] / SIDE as f32);
            (numbers[axis], numbers[2 + axis]) = (center - length / 2.0, center + length / 2.0);
        }
        cells.push(Cell { score, numbers });
    }
    cells.sort_by(|one, other| other.score.total_cmp(&one.score));
    cells
}

/// Merges the cells whose boxes overlap that of the best one: the mean by score, with the best score.
fn merge(mut cells: Vec<Cell>) -> Vec<Cell> {
    let mut merged = Vec::new();
    while let Some(best) = cells.first().cloned() {
        // The best cell belongs to its group even if its box is degenerate, so that the loop ends.
        let (mut group, mut rest) = (Vec::new(), Vec::new());
        for (index, cell) in cells.into_iter().enumerate() {
            if index == 0 || best.overlap(&cell) > OVERLAP { group.push(cell) } else { rest.push(cell) }
        }
        let total: f32 = group.iter().map(|cell| cell.score).sum();
        let mean = |at: usize| group.iter().map(|cell| cell.numbers[at] * cell.score).sum::<f32>() / total;
        merged.push(Cell { score: best.score, numbers: std::array::from_fn(mean) });
        cells = rest;
    }
    merged
}
