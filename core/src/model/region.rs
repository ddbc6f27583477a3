//! Regions: parts of a picture or a text, and the shapes that bound them.

use super::{Color, Concept, Data, EnumValue, Face, Image};
use crate::lenient::record;

record! {
    /// A part of a picture, a frame or a text, and what is there.
    pub struct Region {
        /// The id of the region.
        pub id: String,
        /// Where it is.
        pub region_info: Option<RegionInfo>,
        /// What is there.
        pub data: Option<Data>,
        /// How sure the model is that something is there, 0 to 1.
        pub value: Option<f64>,
        /// What is there is the same thing in all regions with this id, over the frames of a video.
        pub track_id: Option<String>,
    }
}

impl Region {
    /// The box around the region, if that is how it is bounded.
    pub fn bounding_box(&self) -> Option<&BoundingBox> {
        self.region_info.as_ref()?.bounding_box.as_ref()
    }

    /// What was recognised there.
    pub fn concepts(&self) -> &[Concept] {
        self.data.as_ref().map_or(&[], Data::concepts)
    }

    /// What was recognised there with the highest value.
    pub fn best(&self) -> Option<&Concept> {
        self.data.as_ref()?.best()
    }

    /// The concepts there with at least this value.
    pub fn above(&self, threshold: f64) -> impl Iterator<Item = &Concept> {
        self.concepts().iter().filter(move |concept| concept.value() >= threshold)
    }

    /// The concept with this name or id.
    pub fn concept(&self, name_or_id: &str) -> Option<&Concept> {
        self.data.as_ref()?.concept(name_or_id)
    }

    /// The colours there.
    pub fn colors(&self) -> &[Color] {
        self.data.as_ref().map_or(&[], Data::colors)
    }

    /// The text that stands there.
    pub fn text(&self) -> Option<&str> {
        self.data.as_ref()?.text()
    }

    /// The vector of what is there.
    pub fn embedding(&self) -> Option<&[f64]> {
        self.data.as_ref()?.embedding()
    }

    /// How old the person there looks, wherever in the answer it says so.
    ///
    /// Answers until 2020 have it in [`Face::age_appearance`], later ones among the concepts.
    #[doc(alias = "FaceAgeAppearance")]
    pub fn age_concepts(&self) -> impl Iterator<Item = &Concept> {
        self.appearance(Face::age, "age_appearance")
    }

    /// Which gender the person there looks to be, wherever in the answer it says so.
    #[doc(alias = "FaceGenderAppearance")]
    pub fn gender_concepts(&self) -> impl Iterator<Item = &Concept> {
        self.appearance(Face::gender, "gender_appearance")
    }

    /// Which descent the person there looks to be of, wherever in the answer it says so.
    #[doc(alias = "FaceMulticulturalAppearance")]
    pub fn multicultural_concepts(&self) -> impl Iterator<Item = &Concept> {
        self.appearance(Face::multicultural, "multicultural_appearance")
    }

    /// What the face object holds, or else the concepts of that vocabulary.
    fn appearance(
        &self,
        of_face: impl Fn(&Face) -> &[Concept],
        vocabulary: &'static str,
    ) -> impl Iterator<Item = &Concept> {
        let face = self.data.as_ref().and_then(|data| data.face.as_deref()).map_or(&[][..], of_face);
        let concepts = if face.is_empty() { self.concepts() } else { &[] };
        face.iter().chain(concepts.iter().filter(move |concept| concept.vocab_id.as_deref() == Some(vocabulary)))
    }
}

record! {
    /// Where a region is: one of several kinds of shape.
    pub struct RegionInfo {
        /// An upright box.
        pub bounding_box: Option<BoundingBox>,
        /// A picture that is bright where the region is.
        pub mask: Option<Box<Mask>>,
        /// An outline.
        pub polygon: Option<Polygon>,
        /// A single point.
        pub point: Option<Point>,
        /// A stretch of a text.
        pub span: Option<Span>,
        /// A token of a text.
        pub token: Option<Token>,
        /// The key points of a pose.
        pub keypoint_locations: Option<Vec<Point>>,
    }
}

record! {
    /// An upright box. Its edges are parts of the picture's height and width, 0 at the top left, 1
    /// at the bottom right.
    pub struct BoundingBox {
        /// The upper edge.
        pub top_row: Option<f64>,
        /// The left edge.
        pub left_col: Option<f64>,
        /// The lower edge.
        pub bottom_row: Option<f64>,
        /// The right edge.
        pub right_col: Option<f64>,
    }
}

impl BoundingBox {
    /// A box from its edges, each 0 to 1.
    pub fn new(top_row: f64, left_col: f64, bottom_row: f64, right_col: f64) -> Self {
        Self {
            top_row: Some(top_row),
            left_col: Some(left_col),
            bottom_row: Some(bottom_row),
            right_col: Some(right_col),
        }
    }

    /// The upper edge. The service leaves zero out, so an absent edge is 0; likewise below.
    pub fn top(&self) -> f64 {
        self.top_row.unwrap_or(0.0)
    }

    /// The left edge.
    pub fn left(&self) -> f64 {
        self.left_col.unwrap_or(0.0)
    }

    /// The lower edge.
    pub fn bottom(&self) -> f64 {
        self.bottom_row.unwrap_or(0.0)
    }

    /// The right edge.
    pub fn right(&self) -> f64 {
        self.right_col.unwrap_or(0.0)
    }

    /// The part of the picture's width the box takes.
    pub fn width(&self) -> f64 {
        self.right() - self.left()
    }

    /// The part of the picture's height the box takes.
    pub fn height(&self) -> f64 {
        self.bottom() - self.top()
    }

    /// The edges in pixels of a picture of this size, as `(left, top, right, bottom)`.
    ///
    /// Rounded to the nearest pixel, and never outside of the picture.
    ///
    /// ```
    /// use clarifai_core::model::BoundingBox;
    ///
    /// let face = BoundingBox::new(0.25, 0.1, 0.75, 0.5);
    /// assert_eq!(face.to_pixels(640, 480), (64, 120, 320, 360));
    /// ```
    pub fn to_pixels(&self, width: u32, height: u32) -> (u32, u32, u32, u32) {
        let pixel = |edge: f64, size: u32| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to `size` after the clamp")]
            let pixel = (edge.clamp(0.0, 1.0) * f64::from(size)).round() as u32;
            pixel
        };
        (pixel(self.left(), width), pixel(self.top(), height), pixel(self.right(), width), pixel(self.bottom(), height))
    }
}

record! {
    /// A region as a picture.
    pub struct Mask {
        /// The picture, as large as the one it is about, bright where the region is.
        pub image: Option<Image>,
    }
}

record! {
    /// A region as an outline.
    pub struct Polygon {
        /// The corners, in order.
        pub points: Option<Vec<Point>>,
    }
}

impl Polygon {
    /// The corners, in order.
    pub fn points(&self) -> &[Point] {
        self.points.as_deref().unwrap_or_default()
    }
}

record! {
    /// A point of a picture, as parts of its height and width.
    pub struct Point {
        /// How far down, 0 to 1.
        pub row: Option<f64>,
        /// How far to the right, 0 to 1.
        pub col: Option<f64>,
        /// How far away, where the model knows.
        pub z: Option<f64>,
        /// Whether a key point can be seen.
        pub visibility: Option<EnumValue>,
    }
}

record! {
    /// A stretch of a text.
    pub struct Span {
        /// The index of its first character.
        pub char_start: Option<u64>,
        /// The index behind its last character.
        pub char_end: Option<u64>,
        /// The text it covers.
        pub raw_text: Option<String>,
    }
}

record! {
    /// A token of a text: a word, or a part of one.
    pub struct Token {
        /// The index of its first character.
        pub char_start: Option<u64>,
        /// The index behind its last character.
        pub char_end: Option<u64>,
        /// The text it covers.
        pub raw_text: Option<String>,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_stay_inside_the_picture() {
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

    #[test]
    fn appearance_is_found_in_either_place() {
        let legacy = r#"{"data": {"face": {"age_appearance": {"concepts": [{"name": "66"}]}},
                         "concepts": [{"name": "again", "vocab_id": "age_appearance"}]}}"#;
        let current = r#"{"data": {"concepts": [{"name": "66", "vocab_id": "age_appearance"},
                                                {"name": "other", "vocab_id": "gender_appearance"}]}}"#;
        for json in [legacy, current] {
            let region: Region = serde_json::from_str(json).expect(json);
            let ages: Vec<_> = region.age_concepts().map(|concept| concept.name.as_str()).collect();
            assert_eq!(ages, ["66"], "{json}");
        }
        let region: Region = serde_json::from_str(current).expect(current);
        assert_eq!(region.gender_concepts().count(), 1);
        assert_eq!(region.multicultural_concepts().count(), 0);
        assert_eq!(Region::default().age_concepts().count(), 0);
    }
}
