//! Fetches and decodes the image or video of an input.

use std::io::Cursor;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use image::codecs::gif::GifDecoder;
use image::{AnimationDecoder, ImageDecoder};
use serde_json::Value;

use crate::vision::{DecodeFailure, Image, Limits};
use crate::web::Web;

/// The decoded content of an input.
#[derive(Debug)]
pub(crate) enum Medium {
    Image(Box<Image>),
    /// Frames with their time since the start of the video.
    Video(Vec<(Duration, Image)>),
}

/// Why an input cannot be used: code, description and details of its status.
#[derive(Debug)]
pub(crate) struct InputError(pub(crate) u32, pub(crate) &'static str, pub(crate) String);

/// Maximum number of frames read from one video: one per second for ten minutes, the service's maximum length.
const MOST_FRAMES: usize = 600;

/// Returns the bytes of the image or video in an input's `data`.
pub(crate) fn fetch(data: &Value, web: &Web) -> Result<Bytes, InputError> {
    bytes_of(data.get("image").or_else(|| data.get("video")).ok_or_else(no_medium)?, web)
}

/// Decodes the bytes of the image or video in an input's `data`.
pub(crate) fn decode(data: &Value, bytes: &[u8], limits: &Limits) -> Result<Medium, InputError> {
    if let Some(image) = data.get("image") {
        let mut decoded = Image::decode(bytes, limits).map_err(|failure| undecodable(&failure))?;
        if let Some(crop) = image.get("crop").filter(|crop| !crop.is_null()) {
            let [top, left, bottom, right] = crop_of(crop)?;
            decoded = decoded.crop(top, left, bottom, right);
        }
        Ok(Medium::Image(Box::new(decoded)))
    } else if data.get("video").is_some() {
        frames(bytes, limits).map(Medium::Video)
    } else {
        Err(no_medium())
    }
}

fn no_medium() -> InputError {
    invalid("The input contains neither an image nor a video; the simulator supports no other media.")
}

fn bytes_of(medium: &Value, web: &Web) -> Result<Bytes, InputError> {
    let text = |member: &str| medium.get(member).and_then(Value::as_str).filter(|text| !text.is_empty());
    match (text("url"), text("base64")) {
        (Some(_), Some(_)) => Err(invalid("Provide either url or base64, not both.")),
        (None, None) => Err(invalid("Provide a url or base64.")),
        (Some(url), None) => web.fetch(url).map_err(|details| InputError(30002, "Download failed; check URL", details)),
        (None, Some(encoded)) => STANDARD
            .decode(encoded)
            .map(Bytes::from)
            .map_err(|error| InputError(30300, "Failed to decode base64 bytes", error.to_string())),
    }
}

fn crop_of(crop: &Value) -> Result<[f32; 4], InputError> {
    let bad = || invalid("Crop must be four numbers from 0 to 1: top, left, bottom, right.");
    let edges: [f32; 4] = serde_json::from_value(crop.clone()).map_err(|_| bad())?;
    let [top, left, bottom, right] = edges;
    let inside = edges.iter().all(|edge| (0.0..=1.0).contains(edge));
    if inside && top < bottom && left < right { Ok(edges) } else { Err(bad()) }
}

fn invalid(details: &str) -> InputError {
    InputError(30104, "Input has invalid argument", details.to_owned())
}

fn undecodable(failure: &DecodeFailure) -> InputError {
    InputError(30101, "Input has an unsupported format", failure.to_string())
}

fn frames(bytes: &[u8], limits: &Limits) -> Result<Vec<(Duration, Image)>, InputError> {
    let unsupported = |details: String| InputError(30101, "Input has an unsupported format", details);
    if !bytes.starts_with(b"GIF8") {
        return Err(unsupported("The simulator supports videos only as animated GIF.".to_owned()));
    }
    let broken = |error: image::ImageError| unsupported(error.to_string());
    let decoder = GifDecoder::new(Cursor::new(bytes)).map_err(broken)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    // Two canvases of four bytes for each pixel.
    if pixels * 8 > limits.decoder_memory {
        return Err(undecodable(&DecodeFailure::TooMuchMemory { limit: limits.decoder_memory }));
    }
    let most = limits.pixels / pixels.max(1);
    let mut frames = Vec::new();
    let mut time = Duration::ZERO;
    for frame in decoder.into_frames().take(MOST_FRAMES) {
        if frames.len() as u64 >= most {
            return Err(unsupported("The frames have too many pixels in total.".to_owned()));
        }
        let frame = frame.map_err(broken)?;
        let delay = Duration::from(frame.delay());
        frames.push((time, Image::of_frame(frame.into_buffer())));
        time += delay.max(Duration::from_millis(10));
    }
    if frames.is_empty() {
        return Err(unsupported("The video has no frame.".to_owned()));
    }
    Ok(frames)
}
