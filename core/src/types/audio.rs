//! [`Audio`]: an audio recording, its format and duration.

use super::HostedUrl;
use crate::lenient::record;

record! {
    /// The audio recording of an input or an output.
    pub struct Audio {
        /// URL that the recording was fetched from.
        pub url: Option<String>,
        /// File contents in base64.
        pub base64: Option<String>,
        /// Whether the recording may be stored again if an input with the same URL exists.
        pub allow_duplicate_url: Option<bool>,
        /// Addresses of the service's copies.
        pub hosted: Option<HostedUrl>,
        /// Format and duration.
        pub audio_info: Option<AudioInfo>,
    }
}

record! {
    /// Format and duration of an audio recording.
    pub struct AudioInfo {
        /// File format.
        pub audio_format: Option<String>,
        /// Samples per second.
        pub sample_rate: Option<u32>,
        /// Duration in seconds.
        pub duration_seconds: Option<f64>,
        /// Bits per second.
        pub bit_rate: Option<u64>,
    }
}
