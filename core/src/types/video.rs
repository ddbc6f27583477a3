//! [`Video`]: a video, its size, format and duration.

use super::HostedUrl;
use crate::lenient::record;

record! {
    /// The video of an input.
    pub struct Video {
        /// URL that the video was fetched from.
        pub url: Option<String>,
        /// File contents in base64. A response about a video that was sent as bytes may contain the text `true`
        /// instead.
        pub base64: Option<String>,
        /// Whether the video may be stored again if an input with the same URL exists.
        pub allow_duplicate_url: Option<bool>,
        /// URL of a still image of the video.
        pub thumbnail_url: Option<String>,
        /// Addresses of the service's copies of the video.
        pub hosted: Option<HostedUrl>,
        /// Addresses of the service's copies of the still image.
        pub hosted_thumbnail: Option<HostedUrl>,
        /// Size, format and duration.
        pub video_info: Option<VideoInfo>,
    }
}

record! {
    /// Size, format and duration of a video.
    pub struct VideoInfo {
        /// Width in pixels.
        pub width: Option<u32>,
        /// Height in pixels.
        pub height: Option<u32>,
        /// Frames per second.
        pub fps: Option<f64>,
        /// File format.
        pub video_format: Option<String>,
        /// Bits per second.
        pub bit_rate: Option<u64>,
        /// Number of frames.
        pub frame_count: Option<u64>,
        /// Duration in seconds.
        pub duration_seconds: Option<f64>,
    }
}
