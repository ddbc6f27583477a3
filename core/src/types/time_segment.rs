//! [`TimeSegment`]: a time range of a recording, and what a model found in it.

use super::Data;
use crate::lenient::record;

record! {
    /// A time range of a video or audio recording, and what a model found in it.
    pub struct TimeSegment {
        /// Segment id.
        pub id: String,
        /// What the model found.
        pub data: Option<Data>,
        /// The time range.
        pub time_info: Option<TimeInfo>,
    }
}

record! {
    /// A time range of a video or audio recording.
    pub struct TimeInfo {
        /// Number of frames in the range.
        pub num_frames: Option<u64>,
        /// Begin, in seconds from the start of the recording.
        pub begin_time: Option<f64>,
        /// End, in seconds from the start of the recording.
        pub end_time: Option<f64>,
    }
}
