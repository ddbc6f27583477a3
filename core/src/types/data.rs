//! [`Data`]: the contents of an input, an output, a region, a frame or an annotation.

use serde_json::Value;

use super::{
    Audio, Cluster, Color, Concept, Embedding, Face, Focus, Frame, Geo, Hit, Image, NdArray, Part, Region, Text,
    TimeSegment, Track, Video,
};
use crate::lenient::record;

record! {
    /// The contents of an input, an output, a region, a frame or an annotation.
    ///
    /// The data of an input holds its media and its annotations; the data of an output holds what the model returned.
    /// Only the members that apply are set.
    pub struct Data {
        /// The image.
        pub image: Option<Box<Image>>,
        /// The video.
        pub video: Option<Box<Video>>,
        /// The audio recording.
        pub audio: Option<Box<Audio>>,
        /// The text: of an input, recognized in an image, or written by a language model.
        pub text: Option<Box<Text>>,
        /// Predicted concepts, highest value first. In the data of an input: the concepts it is annotated with, 1 for
        /// present and 0 for not present.
        pub concepts: Option<Vec<Concept>>,
        /// Free-form JSON attached by the owner of the input.
        pub metadata: Option<Box<Value>>,
        /// Location of the input.
        pub geo: Option<Box<Geo>>,
        /// Main colors of the image.
        pub colors: Option<Vec<Color>>,
        /// Regions of the image, the frame or the text, each with contents of its own.
        pub regions: Option<Vec<Region>>,
        /// Frames of the video, each with contents of its own.
        pub frames: Option<Vec<Frame>>,
        /// Embedding vectors.
        pub embeddings: Option<Vec<Embedding>>,
        /// Groups of similar inputs.
        pub clusters: Option<Vec<Cluster>>,
        /// Objects followed through the video.
        pub tracks: Option<Vec<Track>>,
        /// Time ranges of the recording, each with contents of its own.
        pub time_segments: Option<Vec<TimeSegment>>,
        /// Inputs found by a model that searches.
        pub hits: Option<Vec<Hit>>,
        /// Images that are bright where the model found something.
        pub heatmaps: Option<Vec<Image>>,
        /// Named values, for models that take or return several.
        pub parts: Option<Vec<Part>>,
        /// An array of numbers.
        pub ndarray: Option<Box<NdArray>>,
        /// A single integer.
        pub int_value: Option<i64>,
        /// A single floating-point number.
        pub float_value: Option<f64>,
        /// Bytes in base64.
        pub bytes_value: Option<String>,
        /// A single Boolean value.
        pub bool_value: Option<bool>,
        /// A single string.
        pub string_value: Option<String>,
        /// Free-form JSON.
        pub struct_value: Option<Box<Value>>,
        /// Identity and appearance of a face. Only in responses until 2020; see [`Face`].
        pub face: Option<Box<Face>>,
        /// How sharp the image is. Only in responses until 2020.
        pub focus: Option<Focus>,
    }
}

impl Data {
    /// Returns the concepts, in the order of the response.
    pub fn concepts(&self) -> &[Concept] {
        self.concepts.as_deref().unwrap_or_default()
    }

    /// Returns the concept with the highest value, or the first of several. `None` if there is no concept.
    pub fn best(&self) -> Option<&Concept> {
        let numbers = self.concepts().iter().filter(|concept| !concept.value().is_nan());
        numbers.reduce(|best, concept| if concept.value() > best.value() { concept } else { best })
    }

    /// Returns the concepts whose value is at least `threshold` (0 to 1), in the order of the response.
    pub fn above(&self, threshold: f64) -> impl Iterator<Item = &Concept> {
        self.concepts().iter().filter(move |concept| concept.value() >= threshold)
    }

    /// Returns the first concept with this name or id.
    pub fn concept(&self, name_or_id: &str) -> Option<&Concept> {
        self.concepts().iter().find(|concept| concept.is(name_or_id))
    }

    /// Returns the main colors.
    pub fn colors(&self) -> &[Color] {
        self.colors.as_deref().unwrap_or_default()
    }

    /// Returns the regions of the image, the frame or the text.
    pub fn regions(&self) -> &[Region] {
        self.regions.as_deref().unwrap_or_default()
    }

    /// Returns the frames of the video.
    pub fn frames(&self) -> &[Frame] {
        self.frames.as_deref().unwrap_or_default()
    }

    /// Returns the embedding vectors.
    pub fn embeddings(&self) -> &[Embedding] {
        self.embeddings.as_deref().unwrap_or_default()
    }

    /// Returns the components of the first embedding vector, or `None` if there is no vector.
    pub fn embedding(&self) -> Option<&[f64]> {
        self.embeddings().first().map(Embedding::vector)
    }

    /// Returns the groups of similar inputs.
    pub fn clusters(&self) -> &[Cluster] {
        self.clusters.as_deref().unwrap_or_default()
    }

    /// Returns the objects followed through the video.
    pub fn tracks(&self) -> &[Track] {
        self.tracks.as_deref().unwrap_or_default()
    }

    /// Returns the time ranges of the recording.
    pub fn time_segments(&self) -> &[TimeSegment] {
        self.time_segments.as_deref().unwrap_or_default()
    }

    /// Returns the named values.
    pub fn parts(&self) -> &[Part] {
        self.parts.as_deref().unwrap_or_default()
    }

    /// Returns the text itself, or `None` if it is absent.
    pub fn text(&self) -> Option<&str> {
        self.text.as_ref()?.raw.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn best_returns_the_first_concept_with_the_highest_value() {
        for (json, best) in [
            (
                r#"{"concepts": [{"id": "a", "value": 0.1}, {"id": "b", "value": 0.9}, {"id": "c", "value": 0.9}]}"#,
                Some("b"),
            ),
            (r#"{"concepts": [{"id": "a"}, {"id": "b", "value": 0}]}"#, Some("a")),
            (r#"{"concepts": [{"id": "a", "value": "NaN"}, {"id": "b", "value": "0.2"}]}"#, Some("b")),
            (r#"{"concepts": []}"#, None),
            ("{}", None),
        ] {
            let data: Data = serde_json::from_str(json).expect(json);
            assert_eq!(data.best().map(|concept| concept.id.as_str()), best, "{json}");
        }
    }
}
