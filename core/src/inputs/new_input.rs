//! An image, video, audio or text to predict on or to store, with its annotations.

use std::io::{self, Read};

use bytes::Bytes;

use super::{Annotations, Crop, Metadata, NewRegion};
use crate::arguments::{check_count, check_dataset_id, check_stored_id};
use crate::body::BodyWriter;
use crate::concepts::ConceptRef;
use crate::error::{InvalidArgument, clean};
use crate::feedback::FeedbackInfo;

/// An image, video, audio or text to send to the service, with its annotations.
///
/// The constructor decides the source; it is never guessed from the value. Clones share their bytes.
///
/// ```
/// use clarifai_core::inputs::{Crop, NewInput};
///
/// let linked = NewInput::image_url("https://samples.clarifai.com/metro-north.jpg");
/// let held = NewInput::image_bytes(vec![0xff, 0xd8, 0xff, 0xd9])
///     .id("platform-1")
///     .crop(Crop::new(0.0, 0.0, 0.5, 1.0));
/// ```
#[doc(alias("Image", "Video", "Input"))]
#[derive(Clone, Debug, PartialEq)]
pub struct NewInput {
    id: Option<String>,
    medium: Medium,
    source: Source,
    crop: Option<Crop>,
    allow_duplicate_url: bool,
    annotations: Annotations,
    datasets: Vec<String>,
    feedback: Option<Box<FeedbackInfo>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Medium {
    Image,
    Video,
    Audio,
    Text,
}

impl Medium {
    const fn key(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Text => "text",
        }
    }
}

#[derive(Clone, PartialEq)]
enum Source {
    Url(String),
    Bytes(Bytes),
    /// Text that claims to be base64.
    Base64(Bytes),
    /// Plain text.
    Raw(String),
}

/// Prints lengths only: the bytes are private images and texts.
impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Url(url) => write!(f, "Url({url:?})"),
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Self::Base64(text) => write!(f, "Base64({} characters)", text.len()),
            Self::Raw(text) => write!(f, "Raw({} bytes)", text.len()),
        }
    }
}

impl NewInput {
    fn new(medium: Medium, source: Source) -> Self {
        Self {
            id: None,
            medium,
            source,
            crop: None,
            allow_duplicate_url: false,
            annotations: Annotations::default(),
            datasets: Vec::new(),
            feedback: None,
        }
    }

    /// Creates an image input that the service fetches from a URL.
    ///
    /// Accepted formats are JPEG, PNG, TIFF, BMP, WEBP and GIF, below 20 MB and 85 megapixels.
    pub fn image_url(url: impl Into<String>) -> Self {
        Self::new(Medium::Image, Source::Url(url.into()))
    }

    /// Creates an image input from bytes in memory.
    ///
    /// The bytes are encoded to base64 while they are sent, so they are not held in memory twice.
    pub fn image_bytes(bytes: impl Into<Bytes>) -> Self {
        Self::new(Medium::Image, Source::Bytes(bytes.into()))
    }

    /// Creates an image input from a reader, which is read to its end.
    ///
    /// # Errors
    ///
    /// Returns the error of the reader if reading fails.
    pub fn image_reader(mut reader: impl Read) -> io::Result<Self> {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes)?;
        Ok(Self::image_bytes(bytes))
    }

    /// Creates an image input from base64 text: standard alphabet, padded, without a `data:` prefix or line breaks.
    pub fn image_base64(text: impl Into<String>) -> Self {
        Self::new(Medium::Image, Source::Base64(text.into().into()))
    }

    /// Creates a video input that the service fetches from a URL.
    ///
    /// Accepted formats are AVI, MP4, WMV, MOV and 3GPP, up to 300 MB or 10 minutes. A request takes only one video.
    pub fn video_url(url: impl Into<String>) -> Self {
        Self::new(Medium::Video, Source::Url(url.into()))
    }

    /// Creates a video input from bytes in memory, below 128 MB. A request takes only one video.
    pub fn video_bytes(bytes: impl Into<Bytes>) -> Self {
        Self::new(Medium::Video, Source::Bytes(bytes.into()))
    }

    /// Creates a video input from base64 text: standard alphabet, padded, without a `data:` prefix or line breaks.
    pub fn video_base64(text: impl Into<String>) -> Self {
        Self::new(Medium::Video, Source::Base64(text.into().into()))
    }

    /// Creates an audio input that the service fetches from a URL: WAV, below 5 MB.
    pub fn audio_url(url: impl Into<String>) -> Self {
        Self::new(Medium::Audio, Source::Url(url.into()))
    }

    /// Creates an audio input from bytes in memory.
    pub fn audio_bytes(bytes: impl Into<Bytes>) -> Self {
        Self::new(Medium::Audio, Source::Bytes(bytes.into()))
    }

    /// Creates a text input, for models that process text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::new(Medium::Text, Source::Raw(text.into()))
    }

    /// Creates a text input that the service fetches from a URL.
    pub fn text_url(url: impl Into<String>) -> Self {
        Self::new(Medium::Text, Source::Url(url.into()))
    }

    /// Sets the id of the input. Default: chosen by the service.
    ///
    /// With a caller-chosen id you can retrieve the input later, and storing it is safe to retry.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Sets the part of the image to use. Images only; sending any other input with a crop fails.
    ///
    /// **Withdrawn by Clarifai.** Crop the image before sending it instead. See [`deprecated`](crate::deprecated).
    pub fn crop(mut self, crop: Crop) -> Self {
        self.crop = Some(crop);
        self
    }

    /// Allows storing a URL that the app already contains. Default: the service refuses it.
    pub fn allow_duplicate_url(mut self) -> Self {
        self.allow_duplicate_url = true;
        self
    }

    /// Adds the annotation that the input shows the concept with this id.
    pub fn concept(mut self, id: impl Into<String>) -> Self {
        self.annotations.concepts.push(ConceptRef::id(id).positive());
        self
    }

    /// Adds the annotation that the input does not show the concept with this id.
    #[doc(alias = "not_concepts")]
    pub fn not_concept(mut self, id: impl Into<String>) -> Self {
        self.annotations.concepts.push(ConceptRef::id(id).negative());
        self
    }

    /// Sets the metadata, which must be a JSON object. Parse a [`Metadata`] from text to send numbers digit for digit.
    pub fn metadata(mut self, metadata: impl Into<Metadata>) -> Self {
        self.annotations.metadata = Some(metadata.into());
        self
    }

    /// Sets the location where the input was taken: longitude (-180 to 180), then latitude (-90 to 90), in degrees.
    #[doc(alias = "Geo")]
    pub fn geo_point(mut self, longitude: f64, latitude: f64) -> Self {
        self.annotations.geo = Some((longitude, latitude));
        self
    }

    /// Adds an annotated region of the image.
    pub fn region(mut self, region: NewRegion) -> Self {
        self.annotations.regions.push(region);
        self
    }

    /// Adds a concept annotation with an id or a name, and any value.
    pub fn annotation(mut self, concept: ConceptRef) -> Self {
        self.annotations.concepts.push(concept);
        self
    }

    /// Adds the stored input to the dataset with this id: 1 to 48 letters, digits, `-`, `_` and `.`.
    #[doc(alias = "dataset_ids")]
    pub fn dataset(mut self, id: impl Into<String>) -> Self {
        self.datasets.push(id.into());
        self
    }

    /// Sets the end user and the event that the input comes from. Default: not sent.
    ///
    /// **Withdrawn by Clarifai**: the current API has no such member. Use [`metadata`](Self::metadata) instead.
    pub fn feedback_info(mut self, info: FeedbackInfo) -> Self {
        self.feedback = (!info.is_empty()).then(|| Box::new(info));
        self
    }

    /// Returns the caller-chosen id, if one is set.
    pub fn get_id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Returns true if the input is a video. A request takes only one video.
    pub fn is_video(&self) -> bool {
        self.medium == Medium::Video
    }

    /// Returns true if the input is an image.
    pub fn is_image(&self) -> bool {
        self.medium == Medium::Image
    }

    /// Checks that the input can be sent: valid URL, valid base64, valid id and annotations.
    ///
    /// # Errors
    ///
    /// Returns an [`InvalidArgument`] that names the invalid part and the reason.
    pub fn check(&self) -> Result<(), InvalidArgument> {
        self.measure().map(drop)
    }

    /// Checks the id that the input is stored under, if the caller chose one: 1 to 48 characters.
    pub(crate) fn check_stored_id(&self) -> Result<(), InvalidArgument> {
        self.id.as_ref().map_or(Ok(()), |id| check_stored_id("id", id))
    }

    /// Returns the exact size of the input in the request body, in bytes.
    pub(crate) fn measure(&self) -> Result<u64, InvalidArgument> {
        let mut json = BodyWriter::with_capacity(self.text_len());
        self.write(&mut json)?;
        Ok(json.finish().len())
    }

    /// Returns an id derived from the content: the first 40 hexadecimal digits of a SHA-256 hash.
    ///
    /// The hash covers the kind of medium, its bytes (passed as bytes or as base64), URL or text, and the crop if set.
    /// Annotations are not part of it. The same content has the same id in every program, and in every later version of
    /// this crate.
    pub fn content_id(&self) -> String {
        use std::fmt::Write as _;
        let mut hash = hmac_sha256::Hash::new();
        hash.update(self.medium.key());
        match &self.source {
            Source::Url(url) => {
                hash.update(" url ");
                hash.update(url.trim());
            }
            Source::Raw(text) => {
                hash.update(" raw ");
                hash.update(text);
            }
            Source::Bytes(bytes) => {
                hash.update(" bytes ");
                hash.update(bytes);
            }
            Source::Base64(text) => {
                hash.update(" bytes ");
                match base64_simd::STANDARD.decode_to_vec(text) {
                    Ok(bytes) => hash.update(bytes),
                    // Sending the input will fail, so any stable hash will do here.
                    Err(_) => hash.update(text),
                }
            }
        }
        if let Some(crop) = &self.crop {
            hash.update(format!(" crop {}", serde_json::json!(crop)));
        }
        hash.finalize()[..20].iter().fold(String::with_capacity(40), |mut id, byte| {
            let _ = write!(id, "{byte:02x}");
            id
        })
    }

    /// Returns the size of the medium before encoding, in bytes; 0 if the service fetches it.
    pub(crate) fn source_len(&self) -> u64 {
        match &self.source {
            Source::Url(_) => 0,
            Source::Raw(text) => text.len() as u64,
            Source::Bytes(bytes) => bytes.len() as u64,
            Source::Base64(text) => text.len() as u64 / 4 * 3,
        }
    }

    /// Returns the approximate size of the input in a request body, in bytes, for planning batches.
    ///
    /// Annotations and the crop are not included.
    pub fn encoded_len(&self) -> u64 {
        let source = match &self.source {
            Source::Url(_) | Source::Raw(_) => 0,
            Source::Base64(text) => text.len() as u64,
            Source::Bytes(bytes) => (bytes.len() as u64).div_ceil(3) * 4,
        };
        source + self.text_len() as u64
    }

    /// Returns the number of bytes that are copied into the JSON; exact for a URL without escapes.
    fn text_len(&self) -> usize {
        let (key, text) = match &self.source {
            Source::Url(text) => ("url", text.len()),
            Source::Raw(text) => ("raw", text.len()),
            Source::Bytes(_) | Source::Base64(_) => ("base64", 0),
        };
        let id = self.id.as_ref().map_or(0, |id| r#""id":"","#.len() + id.len());
        let frame = r#"{"data":{"":{"":"","allow_duplicate_url":false}}}"#.len();
        frame + id + self.medium.key().len() + key.len() + text
    }

    /// Writes the input as a member of `inputs`.
    fn write(&self, json: &mut BodyWriter) -> Result<(), InvalidArgument> {
        json.raw("{");
        if let Some(id) = &self.id {
            crate::target::check_id("id", id)?;
            json.raw("\"id\":").value("id", id)?.raw(",");
        }
        if !self.datasets.is_empty() {
            for (index, id) in self.datasets.iter().enumerate() {
                check_dataset_id("id", id).map_err(|invalid| invalid.at("datasets", index))?;
            }
            json.raw("\"dataset_ids\":").value("datasets", &self.datasets)?.raw(",");
        }
        json.raw("\"data\":{\"").raw(self.medium.key()).raw("\":{");
        self.write_medium(json)?;
        // The flag is always sent for images, as the other clients of the service do.
        match (self.allow_duplicate_url, self.medium) {
            (true, _) => _ = json.raw(",\"allow_duplicate_url\":true"),
            (false, Medium::Image) => _ = json.raw(",\"allow_duplicate_url\":false"),
            (false, _) => {}
        }
        json.raw("}");
        self.annotations.write(json, false)?;
        json.raw("}");
        if let Some(feedback) = &self.feedback {
            json.raw(",\"feedback_info\":").value("feedback info", feedback)?;
        }
        json.raw("}");
        Ok(())
    }

    /// Writes the source of the medium and its crop.
    pub(crate) fn write_medium(&self, json: &mut BodyWriter) -> Result<(), InvalidArgument> {
        self.write_source(json)?;
        if let Some(crop) = self.crop {
            if self.medium != Medium::Image {
                return Err(InvalidArgument::new("crop", "is for images only"));
            }
            crop.check()?;
            json.raw(",\"crop\":").value("crop", &crop)?;
        }
        Ok(())
    }

    fn write_source(&self, json: &mut BodyWriter) -> Result<(), InvalidArgument> {
        match &self.source {
            Source::Url(url) => {
                json.raw("\"url\":").value("url", check_url(url)?)?;
            }
            Source::Bytes(bytes) if bytes.is_empty() => return Err(InvalidArgument::new("bytes", "are empty")),
            Source::Bytes(bytes) => {
                json.raw("\"base64\":").base64(bytes.clone());
            }
            Source::Base64(text) => {
                check_base64(text)?;
                json.raw("\"base64\":").shared_text(text.clone());
            }
            Source::Raw(text) if text.is_empty() => return Err(InvalidArgument::new("text", "is empty")),
            Source::Raw(text) => {
                json.raw("\"raw\":").value("text", text)?;
            }
        }
        Ok(())
    }
}

/// Writes `"inputs":[…]` with 1 to [`MAX_INPUTS`] inputs.
pub(crate) fn write_inputs(inputs: &[NewInput], json: &mut BodyWriter) -> Result<(), InvalidArgument> {
    check_count("inputs", inputs.len())?;
    if inputs.len() > 1 && inputs.iter().any(NewInput::is_video) {
        return Err(InvalidArgument::new("inputs", "must contain at most one video, and no other input with it"));
    }
    json.raw("\"inputs\":[");
    for (index, input) in inputs.iter().enumerate() {
        if index > 0 {
            json.raw(",");
        }
        input.write(json).map_err(|invalid| invalid.at("inputs", index))?;
    }
    json.raw("]");
    Ok(())
}

/// Returns the size of the text that [`write_inputs`] writes, so that its buffer is allocated once.
pub(crate) fn inputs_len(inputs: &[NewInput]) -> usize {
    r#""inputs":[]"#.len() + inputs.iter().map(|input| input.text_len() + 1).sum::<usize>().saturating_sub(1)
}

/// Accepts `scheme://host…` and strips the surrounding whitespace that copied URLs often have.
fn check_url(url: &str) -> Result<&str, InvalidArgument> {
    let url = url.trim();
    let refuse = |problem: &str| Err(InvalidArgument::new("url", format!("`{}` {problem}", clean(url, 80))));
    if url.is_empty() {
        return Err(InvalidArgument::new("url", "is empty"));
    }
    if url.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("data:")) {
        return refuse("is a data URL: pass what follows the comma as base64, or the bytes");
    }
    let Some((scheme, rest)) = url.split_once("://") else {
        return refuse("is no URL such as https://example.com/a.jpg; a file must be passed as bytes");
    };
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    if !is_scheme || rest.is_empty() || rest.starts_with(['/', '?', '#']) {
        return refuse("is no URL such as https://example.com/a.jpg");
    }
    // Most URLs are plain and need no further check.
    let is_plain = url.bytes().all(|byte| byte.is_ascii_graphic());
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if !is_plain && (host.contains(char::is_whitespace) || url.contains(char::is_control)) {
        return refuse("holds white space in its host, or control characters");
    }
    Ok(url)
}

fn check_base64(text: &[u8]) -> Result<(), InvalidArgument> {
    use base64::Engine as _;
    let refuse = |problem: String| Err(InvalidArgument::new("base64", problem));
    if text.is_empty() {
        return refuse("is empty".to_owned());
    }
    if text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"data:")) {
        return refuse("begins with `data:`: pass only what follows the comma".to_owned());
    }
    if base64_simd::STANDARD.check(text).is_ok() {
        return Ok(());
    }
    // The fast check only reports that the text is invalid; the plain decoder reports where.
    match base64::engine::general_purpose::STANDARD.decode(text) {
        Ok(_) => Ok(()),
        Err(error) => refuse(format!("is not standard base64 with padding and without line breaks: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn json(input: &NewInput) -> Result<Value, String> {
        let mut writer = BodyWriter::default();
        input.write(&mut writer).map_err(|invalid| invalid.to_string())?;
        Ok(serde_json::from_slice(&writer.finish().to_bytes()).expect("valid JSON"))
    }

    #[test]
    fn every_source_has_its_form() {
        for (input, expected) in [
            (
                NewInput::image_url(" http://u \n"),
                r#"{"data":{"image":{"url":"http://u","allow_duplicate_url":false}}}"#,
            ),
            (
                NewInput::image_bytes(vec![0xff, 0xd8, 0xff, 0xd9]),
                r#"{"data":{"image":{"base64":"/9j/2Q==","allow_duplicate_url":false}}}"#,
            ),
            (
                NewInput::image_base64("/9j/2Q=="),
                r#"{"data":{"image":{"base64":"/9j/2Q==","allow_duplicate_url":false}}}"#,
            ),
            (NewInput::video_url("http://u/ü\"x"), r#"{"data":{"video":{"url":"http://u/ü\"x"}}}"#),
            (NewInput::text("say \"hi\""), r#"{"data":{"text":{"raw":"say \"hi\""}}}"#),
            (NewInput::audio_bytes(vec![1]), r#"{"data":{"audio":{"base64":"AQ=="}}}"#),
            (
                NewInput::image_url("http://u")
                    .id("a/b")
                    .crop(Crop::new(0.1, 0.2, 0.9, 1.0))
                    .allow_duplicate_url()
                    .concept("cat")
                    .not_concept("dog")
                    .geo_point(22.22, 44.44),
                r#"{"id":"a/b","data":{"image":{"url":"http://u","crop":[0.1,0.2,0.9,1.0],"allow_duplicate_url":true},
                    "concepts":[{"id":"cat","value":1},{"id":"dog","value":0}],
                    "geo":{"geo_point":{"longitude":22.22,"latitude":44.44}}}}"#,
            ),
            (
                NewInput::text("hi")
                    .feedback_info(FeedbackInfo::new().end_user_id("u"))
                    .region(NewRegion::new().id("r")),
                r#"{"data":{"text":{"raw":"hi"},"regions":[{"id":"r"}]},"feedback_info":{"end_user_id":"u"}}"#,
            ),
            (NewInput::text("hi").feedback_info(FeedbackInfo::new()), r#"{"data":{"text":{"raw":"hi"}}}"#),
        ] {
            assert_eq!(json(&input), Ok(serde_json::from_str(expected).expect("valid")), "{input:?}");
        }
    }

    #[test]
    fn bad_arguments_are_named() {
        for (input, argument, word) in [
            (NewInput::image_url(""), "url", "empty"),
            (NewInput::image_url("cat.jpg"), "url", "bytes"),
            (NewInput::image_url("https://"), "url", "no URL"),
            (NewInput::image_url("https:///path"), "url", "no URL"),
            (NewInput::image_url("http://a b"), "url", "white space"),
            (NewInput::image_url("data:image/png;base64,AAAA"), "url", "after the comma|follows the comma"),
            (NewInput::image_bytes(vec![]), "bytes", "empty"),
            (NewInput::image_base64(""), "base64", "empty"),
            (NewInput::image_base64("data:image/png;base64,AAAA"), "base64", "follows the comma"),
            (NewInput::image_base64("AAA\n"), "base64", "line breaks"),
            (NewInput::image_base64("A-_A"), "base64", "standard"),
            (NewInput::text(""), "text", "empty"),
            (NewInput::text("hi").region(NewRegion::new()), "regions[0] region", "empty"),
            (NewInput::image_url("http://u").id(".."), "id", "dots"),
            (NewInput::image_url("http://u").id(""), "id", "empty"),
            (NewInput::image_url("http://u").crop(Crop::new(0.5, 0.0, 0.4, 1.0)), "crop", "above"),
            (NewInput::image_url("http://u").crop(Crop::new(0.0, 0.0, 1.1, 1.0)), "crop", "within"),
            (NewInput::image_url("http://u").crop(Crop::new(0.0, f64::NAN, 1.0, 1.0)), "crop", "within"),
            (NewInput::video_url("http://u").crop(Crop::new(0.0, 0.0, 1.0, 1.0)), "crop", "images"),
            (NewInput::image_url("http://u").geo_point(0.0, 91.0), "geo point", "latitude"),
        ] {
            let problem = json(&input).expect_err("refused");
            assert!(problem.starts_with(argument), "{input:?}: {problem}");
            assert!(word.split('|').any(|word| problem.contains(word)), "{input:?}: {problem}");
        }
    }
}
