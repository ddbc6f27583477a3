//! Media: images, videos, sound and text, and what the service found out about the files.

use std::collections::BTreeMap;

use crate::lenient::record;

record! {
    /// A picture: of an input, a mask, a heatmap, or one shown beside a model.
    pub struct Image {
        /// Where the picture was fetched from.
        pub url: Option<String>,
        /// The bytes in base64. Answers about a picture sent as bytes may hold a marker in place of
        /// them.
        pub base64: Option<String>,
        /// Whether the picture may be stored again under a URL that is known already.
        pub allow_duplicate_url: Option<bool>,
        /// Where the service keeps its copies.
        pub hosted: Option<HostedUrl>,
        /// Size and format.
        pub image_info: Option<ImageInfo>,
        /// Size and format of each copy, by the name of its size.
        pub hosted_image_info: Option<BTreeMap<String, ImageInfo>>,
        /// The bytes after decoding, in base64.
        pub decoded_bytes: Option<String>,
        /// The part of the picture that was looked at: top, left, bottom, right, each 0 to 1. Gone
        /// since 2019.
        pub crop: Option<Vec<f64>>,
    }
}

record! {
    /// Size and format of a picture.
    pub struct ImageInfo {
        /// Pixels across.
        pub width: Option<u32>,
        /// Pixels down.
        pub height: Option<u32>,
        /// The file format, such as `JPEG`; `UnknownImageFormat` until the service has looked.
        pub format: Option<String>,
        /// How colours are stored, such as `YUV`.
        pub color_mode: Option<String>,
        /// The layout of a pixel, such as `RGB`.
        pub mode: Option<String>,
    }
}

record! {
    /// Where the service keeps its copies of a file: `prefix/size/suffix`.
    #[doc(alias = "HostedURL")]
    pub struct HostedUrl {
        /// What the address of each copy begins with.
        pub prefix: Option<String>,
        /// What the address of each copy ends with.
        pub suffix: Option<String>,
        /// The sizes there are copies of, such as `orig` or `small`.
        pub sizes: Option<Vec<String>>,
        /// The value for the `crossorigin` attribute of an HTML element that shows the file.
        pub crossorigin: Option<String>,
    }
}

impl HostedUrl {
    /// The address of the copy of this size, which should be one of [`sizes`](Self::sizes).
    pub fn url(&self, size: &str) -> Option<String> {
        Some(format!("{}/{size}/{}", self.prefix.as_deref()?, self.suffix.as_deref()?))
    }
}

record! {
    /// A video of an input.
    pub struct Video {
        /// Where the video was fetched from.
        pub url: Option<String>,
        /// The bytes in base64. Answers about a video sent as bytes may hold `true` in place of
        /// them.
        pub base64: Option<String>,
        /// Whether the video may be stored again under a URL that is known already.
        pub allow_duplicate_url: Option<bool>,
        /// A still picture that stands for the video.
        pub thumbnail_url: Option<String>,
        /// Where the service keeps its copies.
        pub hosted: Option<HostedUrl>,
        /// Where the service keeps copies of the still picture.
        pub hosted_thumbnail: Option<HostedUrl>,
        /// Size, format and length.
        pub video_info: Option<VideoInfo>,
    }
}

record! {
    /// Size, format and length of a video.
    pub struct VideoInfo {
        /// Pixels across.
        pub width: Option<u32>,
        /// Pixels down.
        pub height: Option<u32>,
        /// Frames per second.
        pub fps: Option<f64>,
        /// The file format.
        pub video_format: Option<String>,
        /// Bits per second.
        pub bit_rate: Option<u64>,
        /// The number of frames.
        pub frame_count: Option<u64>,
        /// The length in seconds.
        pub duration_seconds: Option<f64>,
    }
}

record! {
    /// A sound recording of an input or an output.
    pub struct Audio {
        /// Where the recording was fetched from.
        pub url: Option<String>,
        /// The bytes in base64.
        pub base64: Option<String>,
        /// Whether the recording may be stored again under a URL that is known already.
        pub allow_duplicate_url: Option<bool>,
        /// Where the service keeps its copies.
        pub hosted: Option<HostedUrl>,
        /// Format and length.
        pub audio_info: Option<AudioInfo>,
    }
}

record! {
    /// Format and length of a recording.
    pub struct AudioInfo {
        /// The file format.
        pub audio_format: Option<String>,
        /// Samples per second.
        pub sample_rate: Option<u32>,
        /// The length in seconds.
        pub duration_seconds: Option<f64>,
        /// Bits per second.
        pub bit_rate: Option<u64>,
    }
}

record! {
    /// A text: of an input, read off a picture, or written by a language model.
    pub struct Text {
        /// The text itself.
        pub raw: Option<String>,
        /// Where the text was fetched from; some placeholder if it was sent with the request.
        pub url: Option<String>,
        /// Whether the text may be stored again under a URL that is known already.
        pub allow_duplicate_url: Option<bool>,
        /// Where the service keeps its copies.
        pub hosted: Option<HostedUrl>,
        /// Length and encoding.
        pub text_info: Option<TextInfo>,
    }
}

record! {
    /// Length and encoding of a text.
    pub struct TextInfo {
        /// The number of characters.
        pub char_count: Option<u64>,
        /// The encoding; `UnknownTextEnc` until the service has looked.
        pub encoding: Option<String>,
    }
}
