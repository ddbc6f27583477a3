//! [`BoundingBox`]: an upright rectangle in an image.

use crate::lenient::record;

record! {
    /// An upright rectangle in an image. Its edges are fractions of the image's height and width, from (0, 0) at the
    /// top left to (1, 1) at the bottom right.
    ///
    /// ```
    /// use clarifai_core::types::BoundingBox;
    ///
    /// let face = BoundingBox::new(0.25, 0.1, 0.75, 0.5);
    /// assert_eq!((face.top(), face.left(), face.height()), (0.25, 0.1, 0.5));
    /// // In an image of 640 by 480 pixels: left, top, right, bottom.
    /// assert_eq!(face.to_pixels(640, 480), (64, 120, 320, 360));
    /// ```
    pub struct BoundingBox {
        /// Top edge, as a fraction of the height. Often absent when it is 0; [`top()`](Self::top) returns the plain
        /// number.
        pub top_row: Option<f64>,
        /// Left edge, as a fraction of the width. See [`left()`](Self::left).
        pub left_col: Option<f64>,
        /// Bottom edge, as a fraction of the height from the top. See [`bottom()`](Self::bottom).
        pub bottom_row: Option<f64>,
        /// Right edge, as a fraction of the width from the left. See [`right()`](Self::right).
        pub right_col: Option<f64>,
    }
}

impl BoundingBox {
    /// Creates a bounding box from its top, left, bottom and right edge, in this order, each 0 to 1.
    pub fn new(top_row: f64, left_col: f64, bottom_row: f64, right_col: f64) -> Self {
        Self {
            top_row: Some(top_row),
            left_col: Some(left_col),
            bottom_row: Some(bottom_row),
            right_col: Some(right_col),
        }
    }

    /// Returns the top edge, as a fraction of the height. An absent edge counts as 0, because the service may leave out
    /// zeros.
    pub fn top(&self) -> f64 {
        self.top_row.unwrap_or(0.0)
    }

    /// Returns the left edge, as a fraction of the width. An absent edge counts as 0.
    pub fn left(&self) -> f64 {
        self.left_col.unwrap_or(0.0)
    }

    /// Returns the bottom edge, as a fraction of the height from the top. An absent edge counts as 0.
    pub fn bottom(&self) -> f64 {
        self.bottom_row.unwrap_or(0.0)
    }

    /// Returns the right edge, as a fraction of the width from the left. An absent edge counts as 0.
    pub fn right(&self) -> f64 {
        self.right_col.unwrap_or(0.0)
    }

    /// Returns the width of the box, as a fraction of the image's width.
    pub fn width(&self) -> f64 {
        self.right() - self.left()
    }

    /// Returns the height of the box, as a fraction of the image's height.
    pub fn height(&self) -> f64 {
        self.bottom() - self.top()
    }

    /// Returns the edges in pixels as `(left, top, right, bottom)`, for an image of this width and height in pixels.
    ///
    /// Edges are rounded to the nearest pixel and limited to the image.
    pub fn to_pixels(&self, width: u32, height: u32) -> (u32, u32, u32, u32) {
        let pixel = |edge: f64, size: u32| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to `size` after the clamp")]
            let pixel = (edge.clamp(0.0, 1.0) * f64::from(size)).round() as u32;
            pixel
        };
        (pixel(self.left(), width), pixel(self.top(), height), pixel(self.right(), width), pixel(self.bottom(), height))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_are_limited_to_the_image() {
        for (edges, pixels) in [
            ((0.0, 0.0, 1.0, 1.0), (0, 0, 100, 50)),
            ((-0.1, -0.1, 1.1, 1.1), (0, 0, 100, 50)),
            ((0.499, 0.004, 0.5, 0.006), (0, 25, 1, 25)),
            ((f64::NAN, f64::NEG_INFINITY, f64::INFINITY, 0.5), (0, 0, 50, 50)),
        ] {
            let (top, left, bottom, right) = edges;
            assert_eq!(BoundingBox::new(top, left, bottom, right).to_pixels(100, 50), pixels, "{edges:?}");
        }
        assert_eq!(BoundingBox::default().to_pixels(100, 50), (0, 0, 0, 0));
    }
}
