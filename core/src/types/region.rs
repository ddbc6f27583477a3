//! [`Region`]: a part of an image, a frame or a text, and what a model found there.

use super::{BoundingBox, Color, Concept, Data, Face, RegionInfo};
use crate::lenient::record;

record! {
    /// A part of an image, a frame or a text, and what a model found there.
    ///
    /// ```
    /// use clarifai_core::types::Region;
    ///
    /// let face: Region = serde_json::from_str(
    ///     r#"{"region_info": {"bounding_box": {"top_row": 0.25, "bottom_row": 0.75, "right_col": 0.5}},
    ///         "data": {"concepts": [{"name": "face", "value": 0.98}]}}"#,
    /// )?;
    /// assert_eq!(face.best().map(|concept| concept.name.as_str()), Some("face"));
    /// assert_eq!(face.bounding_box().map(|area| area.height()), Some(0.5));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub struct Region {
        /// Region id.
        pub id: String,
        /// Position and shape of the region.
        pub region_info: Option<RegionInfo>,
        /// What the model found in the region.
        pub data: Option<Data>,
        /// Probability that the region contains something, 0 to 1.
        pub value: Option<f64>,
        /// Id of a track. In a video, all regions with the same track id show the same object.
        pub track_id: Option<String>,
    }
}

impl Region {
    /// Returns the bounding box, or `None` if the region has another shape.
    pub fn bounding_box(&self) -> Option<&BoundingBox> {
        self.region_info.as_ref()?.bounding_box.as_ref()
    }

    /// Returns the concepts found in the region, in the order of the response.
    pub fn concepts(&self) -> &[Concept] {
        self.data.as_ref().map_or(&[], Data::concepts)
    }

    /// Returns the concept with the highest value, or the first of several. `None` if there is no concept.
    pub fn best(&self) -> Option<&Concept> {
        self.data.as_ref()?.best()
    }

    /// Returns the concepts whose value is at least `threshold` (0 to 1), in the order of the response.
    pub fn above(&self, threshold: f64) -> impl Iterator<Item = &Concept> {
        self.concepts().iter().filter(move |concept| concept.value() >= threshold)
    }

    /// Returns the first concept with this name or id.
    pub fn concept(&self, name_or_id: &str) -> Option<&Concept> {
        self.data.as_ref()?.concept(name_or_id)
    }

    /// Returns the main colors of the region.
    pub fn colors(&self) -> &[Color] {
        self.data.as_ref().map_or(&[], Data::colors)
    }

    /// Returns the text recognized in the region, or `None` if it is absent.
    pub fn text(&self) -> Option<&str> {
        self.data.as_ref()?.text()
    }

    /// Returns the components of the first embedding vector of the region, or `None` if there is no vector.
    pub fn embedding(&self) -> Option<&[f64]> {
        self.data.as_ref()?.embedding()
    }

    /// Returns the apparent age of the person in the region: concepts named by the age in years.
    ///
    /// Reads both forms: [`Face::age_appearance`] of responses until 2020, and the concepts of later ones.
    #[doc(alias = "FaceAgeAppearance")]
    pub fn age_concepts(&self) -> impl Iterator<Item = &Concept> {
        self.appearance(Face::age, "age_appearance")
    }

    /// Returns the gender appearance of the person in the region.
    ///
    /// Reads both forms: [`Face::gender_appearance`] of responses until 2020, and the concepts of later ones.
    #[doc(alias = "FaceGenderAppearance")]
    pub fn gender_concepts(&self) -> impl Iterator<Item = &Concept> {
        self.appearance(Face::gender, "gender_appearance")
    }

    /// Returns the multicultural appearance of the person in the region.
    ///
    /// Reads both forms: [`Face::multicultural_appearance`] of responses until 2020, and the concepts of later ones.
    #[doc(alias = "FaceMulticulturalAppearance")]
    pub fn multicultural_concepts(&self) -> impl Iterator<Item = &Concept> {
        self.appearance(Face::multicultural, "multicultural_appearance")
    }

    /// Returns the concepts of the face object, or those of the vocabulary if the face object has none.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn appearance_is_read_from_both_forms() {
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
