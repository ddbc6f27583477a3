//! What is known about an input, or a part of one: everything a model can answer with.

use serde_json::Value;

use super::{Audio, Concept, Geo, Hit, Image, Region, Text, Video};
use crate::lenient::record;

record! {
    /// The contents of an input, an output, a region, a frame or an annotation.
    ///
    /// An input has the medium, and what its owner says about it; an output has whatever the kind
    /// of model answers with. A handful of members are set at a time.
    pub struct Data {
        /// The picture.
        pub image: Option<Box<Image>>,
        /// The video.
        pub video: Option<Box<Video>>,
        /// The sound recording.
        pub audio: Option<Box<Audio>>,
        /// The text; what a language model wrote, or what was read off a picture.
        pub text: Option<Box<Text>>,
        /// What was recognised, highest value first; on an input, what its owner says is there or
        /// not.
        pub concepts: Option<Vec<Concept>>,
        /// Whatever the owner of the input attached.
        pub metadata: Option<Box<Value>>,
        /// Where the input belongs on the globe.
        pub geo: Option<Box<Geo>>,
        /// The main colours.
        pub colors: Option<Vec<Color>>,
        /// Parts of the picture or text with contents of their own.
        pub regions: Option<Vec<Region>>,
        /// Moments of the video with contents of their own.
        pub frames: Option<Vec<Frame>>,
        /// Vectors that are close to each other for things that are alike.
        pub embeddings: Option<Vec<Embedding>>,
        /// Groups of inputs that are alike.
        pub clusters: Option<Vec<Cluster>>,
        /// Things followed through a video.
        pub tracks: Option<Vec<Track>>,
        /// Stretches of a recording with contents of their own.
        pub time_segments: Option<Vec<TimeSegment>>,
        /// Inputs found by a model that searches.
        pub hits: Option<Vec<Hit>>,
        /// Pictures that are bright where the model looked.
        pub heatmaps: Option<Vec<Image>>,
        /// Named parts, for models that take or give several values.
        pub parts: Option<Vec<Part>>,
        /// An array of numbers.
        pub ndarray: Option<Box<NdArray>>,
        /// A single integer.
        pub int_value: Option<i64>,
        /// A single number.
        pub float_value: Option<f64>,
        /// Bytes, in base64.
        pub bytes_value: Option<String>,
        /// A single truth value.
        pub bool_value: Option<bool>,
        /// A single text.
        pub string_value: Option<String>,
        /// Any JSON.
        pub struct_value: Option<Box<Value>>,
        /// What a face looks like, in answers until 2020. See [`Region::age_concepts`] for one way
        /// to ask both.
        pub face: Option<Box<Face>>,
        /// How sharp the picture is, in answers until 2020.
        pub focus: Option<Focus>,
    }
}

impl Data {
    /// What was recognised, in the order of the answer.
    pub fn concepts(&self) -> &[Concept] {
        self.concepts.as_deref().unwrap_or_default()
    }

    /// What was recognised with the highest value; the first of several.
    pub fn best(&self) -> Option<&Concept> {
        let numbers = self.concepts().iter().filter(|concept| !concept.value().is_nan());
        numbers.reduce(|best, concept| if concept.value() > best.value() { concept } else { best })
    }

    /// The concepts with at least this value.
    pub fn above(&self, threshold: f64) -> impl Iterator<Item = &Concept> {
        self.concepts().iter().filter(move |concept| concept.value() >= threshold)
    }

    /// The concept with this name or id.
    pub fn concept(&self, name_or_id: &str) -> Option<&Concept> {
        self.concepts().iter().find(|concept| concept.is(name_or_id))
    }

    /// The main colours.
    pub fn colors(&self) -> &[Color] {
        self.colors.as_deref().unwrap_or_default()
    }

    /// The parts of the picture or text.
    pub fn regions(&self) -> &[Region] {
        self.regions.as_deref().unwrap_or_default()
    }

    /// The moments of the video.
    pub fn frames(&self) -> &[Frame] {
        self.frames.as_deref().unwrap_or_default()
    }

    /// The vectors.
    pub fn embeddings(&self) -> &[Embedding] {
        self.embeddings.as_deref().unwrap_or_default()
    }

    /// The numbers of the first vector.
    pub fn embedding(&self) -> Option<&[f64]> {
        self.embeddings().first().map(Embedding::vector)
    }

    /// The groups of inputs that are alike.
    pub fn clusters(&self) -> &[Cluster] {
        self.clusters.as_deref().unwrap_or_default()
    }

    /// The things followed through a video.
    pub fn tracks(&self) -> &[Track] {
        self.tracks.as_deref().unwrap_or_default()
    }

    /// The stretches of a recording.
    pub fn time_segments(&self) -> &[TimeSegment] {
        self.time_segments.as_deref().unwrap_or_default()
    }

    /// The named parts.
    pub fn parts(&self) -> &[Part] {
        self.parts.as_deref().unwrap_or_default()
    }

    /// The text itself.
    pub fn text(&self) -> Option<&str> {
        self.text.as_ref()?.raw.as_deref()
    }
}

record! {
    /// A colour of a picture, and how much of the picture has it.
    pub struct Color {
        /// The colour itself, as `#rrggbb`.
        pub raw_hex: Option<String>,
        /// The nearest colour that has a name on the web.
        pub w3c: Option<W3c>,
        /// The share of the picture, 0 to 1; the shares of a picture add up to about 1.
        pub value: Option<f64>,
    }
}

impl Color {
    /// The colour as `#rrggbb`: itself, or else the nearest named one.
    pub fn hex(&self) -> Option<&str> {
        self.raw_hex.as_deref().or_else(|| self.w3c.as_ref()?.hex.as_deref())
    }

    /// The name of the nearest colour that has one.
    pub fn name(&self) -> Option<&str> {
        self.w3c.as_ref().map(|named| named.name.as_str()).filter(|name| !name.is_empty())
    }

    /// The share of the picture, 0 to 1.
    pub fn share(&self) -> f64 {
        self.value.unwrap_or(0.0)
    }
}

record! {
    /// A colour that has a name on the web.
    #[doc(alias = "W3C")]
    pub struct W3c {
        /// The colour, as `#rrggbb`.
        pub hex: Option<String>,
        /// The name, such as `DarkSlateGray`.
        pub name: String,
    }
}

record! {
    /// A group of inputs that are alike.
    pub struct Cluster {
        /// The id of the group.
        pub id: String,
        /// How many inputs it has.
        pub count: Option<u64>,
        /// How well it fits what was asked for.
        pub score: Option<f64>,
        /// Some of its inputs.
        pub hits: Option<Vec<Hit>>,
        /// Where it lies on a map of all groups.
        pub projection: Option<Vec<f64>>,
    }
}

record! {
    /// A vector that is close to those of things alike.
    pub struct Embedding {
        /// The numbers. One that could not be read is not-a-number, so that the others keep their
        /// places.
        pub vector: Option<Vec<f64>>,
        /// How many numbers the model gives.
        pub num_dimensions: Option<u64>,
    }
}

impl Embedding {
    /// The numbers.
    pub fn vector(&self) -> &[f64] {
        self.vector.as_deref().unwrap_or_default()
    }

    /// How alike two things are: the cosine of the angle between their vectors, -1 to 1, and 1 for
    /// the same.
    ///
    /// `None` if the vectors differ in length, or one of them has no direction or no usable
    /// numbers.
    ///
    /// ```
    /// use clarifai_core::model::Embedding;
    ///
    /// let one: Embedding = serde_json::from_str(r#"{"vector": [3, 4]}"#)?;
    /// let other: Embedding = serde_json::from_str(r#"{"vector": [4, 3]}"#)?;
    /// assert_eq!(one.cosine(&other), Some(0.96));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn cosine(&self, other: &Self) -> Option<f64> {
        let (a, b) = (self.vector(), other.vector());
        if a.len() != b.len() {
            return None;
        }
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
        let cosine = dot(a, b) / (dot(a, a).sqrt() * dot(b, b).sqrt());
        cosine.is_finite().then_some(cosine.clamp(-1.0, 1.0))
    }
}

record! {
    /// A moment of a video, and what is seen there.
    pub struct Frame {
        /// The id of the frame.
        pub id: String,
        /// Which moment it is.
        pub frame_info: Option<FrameInfo>,
        /// What is seen.
        pub data: Option<Data>,
    }
}

impl Frame {
    /// The moment, in milliseconds from the start. The service leaves zero out, so an absent time
    /// is 0.
    pub fn time_ms(&self) -> u64 {
        self.frame_info.as_ref().and_then(|info| info.time).unwrap_or(0)
    }

    /// What was recognised.
    pub fn concepts(&self) -> &[Concept] {
        self.data.as_ref().map_or(&[], Data::concepts)
    }

    /// What was recognised with the highest value.
    pub fn best(&self) -> Option<&Concept> {
        self.data.as_ref()?.best()
    }

    /// The parts of the frame.
    pub fn regions(&self) -> &[Region] {
        self.data.as_ref().map_or(&[], Data::regions)
    }
}

record! {
    /// Which moment of a video a frame is.
    pub struct FrameInfo {
        /// The index among the frames looked at, from 0.
        pub index: Option<u64>,
        /// Milliseconds from the start.
        pub time: Option<u64>,
        /// The number among all frames of the video.
        pub number: Option<u64>,
    }
}

record! {
    /// A thing followed through a video.
    pub struct Track {
        /// The id, which the regions that show the thing carry as `track_id`.
        pub id: String,
        /// What the thing is.
        pub data: Option<Data>,
        /// From when to when it is seen.
        pub time_info: Option<TimeInfo>,
        /// How well it could be followed, 0 to 1.
        pub quality: Option<f64>,
    }
}

record! {
    /// A stretch of a recording, and what it holds.
    pub struct TimeSegment {
        /// The id of the stretch.
        pub id: String,
        /// What it holds.
        pub data: Option<Data>,
        /// From when to when it goes.
        pub time_info: Option<TimeInfo>,
    }
}

record! {
    /// A stretch of time in a recording.
    pub struct TimeInfo {
        /// How many frames it has.
        pub num_frames: Option<u64>,
        /// Where it begins, in seconds from the start.
        pub begin_time: Option<f64>,
        /// Where it ends, in seconds from the start.
        pub end_time: Option<f64>,
    }
}

record! {
    /// A named part of what a model takes or gives.
    pub struct Part {
        /// The name of the argument or result.
        pub id: String,
        /// Its value.
        pub data: Option<Data>,
    }
}

record! {
    /// An array of numbers with any number of axes.
    #[doc(alias = "NDArray")]
    pub struct NdArray {
        /// The numbers as bytes, row by row, in base64.
        pub buffer: Option<String>,
        /// The length of each axis.
        pub shape: Option<Vec<u64>>,
        /// The type of a number, such as `float32`.
        pub dtype: Option<String>,
    }
}

record! {
    /// What a face looks like, in answers until 2020.
    pub struct Face {
        /// Whose face it may be.
        #[doc(alias = "FaceIdentity")]
        pub identity: Option<ConceptGroup>,
        /// How old the person looks: concepts named by the age in years.
        #[doc(alias = "FaceAgeAppearance")]
        pub age_appearance: Option<ConceptGroup>,
        /// Which gender the person looks to be.
        #[doc(alias = "FaceGenderAppearance")]
        pub gender_appearance: Option<ConceptGroup>,
        /// Which descent the person looks to be of.
        #[doc(alias = "FaceMulticulturalAppearance")]
        pub multicultural_appearance: Option<ConceptGroup>,
    }
}

impl Face {
    /// Whose face it may be.
    pub fn identity(&self) -> &[Concept] {
        self.identity.as_ref().map_or(&[], ConceptGroup::concepts)
    }

    /// How old the person looks: concepts named by the age in years.
    pub fn age(&self) -> &[Concept] {
        self.age_appearance.as_ref().map_or(&[], ConceptGroup::concepts)
    }

    /// Which gender the person looks to be.
    pub fn gender(&self) -> &[Concept] {
        self.gender_appearance.as_ref().map_or(&[], ConceptGroup::concepts)
    }

    /// Which descent the person looks to be of.
    pub fn multicultural(&self) -> &[Concept] {
        self.multicultural_appearance.as_ref().map_or(&[], ConceptGroup::concepts)
    }
}

record! {
    /// The answers to one question about a face.
    #[doc(alias = "FaceIdentity")]
    #[doc(alias = "FaceAgeAppearance")]
    #[doc(alias = "FaceGenderAppearance")]
    #[doc(alias = "FaceMulticulturalAppearance")]
    pub struct ConceptGroup {
        /// The answers, highest value first.
        pub concepts: Option<Vec<Concept>>,
    }
}

impl ConceptGroup {
    /// The answers, in the order they came in.
    pub fn concepts(&self) -> &[Concept] {
        self.concepts.as_deref().unwrap_or_default()
    }
}

record! {
    /// How sharp a picture is, in answers until 2020.
    pub struct Focus {
        /// How much of the picture is sharp, 0 to 1.
        pub density: Option<f64>,
        /// How sharp the picture is on the whole, 0 to 1.
        pub value: Option<f64>,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(json: &str) -> Data {
        serde_json::from_str(json).expect(json)
    }

    #[test]
    fn the_best_concept_is_the_first_with_the_highest_value() {
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
            assert_eq!(data(json).best().map(|concept| concept.id.as_str()), best, "{json}");
        }
    }

    #[test]
    fn cosine_needs_two_directions_in_the_same_space() {
        let vector = |json: &str| serde_json::from_str::<Embedding>(json).expect(json);
        let unit = vector(r#"{"vector": [1, 0]}"#);
        for (json, cosine) in [
            (r#"{"vector": [1e-3, 0]}"#, Some(1.0)),
            (r#"{"vector": [0, 2]}"#, Some(0.0)),
            (r#"{"vector": [-1, 0]}"#, Some(-1.0)),
            (r#"{"vector": [0, 0]}"#, None),
            (r#"{"vector": [1]}"#, None),
            (r#"{"vector": [1, null]}"#, None),
            ("{}", None),
        ] {
            assert_eq!(unit.cosine(&vector(json)), cosine, "{json}");
        }
        assert_eq!(vector("{}").cosine(&vector("{}")), None);
    }

    #[test]
    fn colours_fall_back_on_the_named_one() {
        let colors =
            data(r##"{"colors": [{"raw_hex": "#1b1c1d", "value": 0.7}, {"w3c": {"hex": "#fff", "name": "White"}}]}"##);
        let seen: Vec<_> = colors.colors().iter().map(|color| (color.hex(), color.name(), color.share())).collect();
        assert_eq!(seen, [(Some("#1b1c1d"), None, 0.7), (Some("#fff"), Some("White"), 0.0)]);
    }

    #[test]
    fn frames_tell_the_time_in_either_spelling() {
        let video = data(
            r#"{"frames": [{"frame_info": {"index": 1, "time": 1000}}, {"frame_info": {"time": "2000"}}, {"data": {}}]}"#,
        );
        assert_eq!(video.frames().iter().map(Frame::time_ms).collect::<Vec<_>>(), [1000, 2000, 0]);
    }
}
