//! [`Frame`]: a frame of a video, and what a model found in it.

use super::{Concept, Data, Region};
use crate::lenient::record;

record! {
    /// A frame of a video, and what a model found in it.
    pub struct Frame {
        /// Frame id.
        pub id: String,
        /// Position of the frame in the video.
        pub frame_info: Option<FrameInfo>,
        /// What the model found.
        pub data: Option<Data>,
    }
}

impl Frame {
    /// Returns the time of the frame, in milliseconds from the start of the video. An absent time counts as 0, because
    /// the service may leave out zeros.
    pub fn time_ms(&self) -> u64 {
        self.frame_info.as_ref().and_then(|info| info.time).unwrap_or(0)
    }

    /// Returns the predicted concepts, in the order of the response.
    pub fn concepts(&self) -> &[Concept] {
        self.data.as_ref().map_or(&[], Data::concepts)
    }

    /// Returns the concept with the highest value, or the first of several. `None` if there is no concept.
    pub fn best(&self) -> Option<&Concept> {
        self.data.as_ref()?.best()
    }

    /// Returns the regions of the frame.
    pub fn regions(&self) -> &[Region] {
        self.data.as_ref().map_or(&[], Data::regions)
    }
}

record! {
    /// The position of a frame in a video.
    pub struct FrameInfo {
        /// Index among the frames that the model processed, from 0. Often absent when it is 0.
        pub index: Option<u64>,
        /// Time in milliseconds from the start. See [`Frame::time_ms`] for the plain number.
        pub time: Option<u64>,
        /// Number of the frame among all frames of the video.
        pub number: Option<u64>,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_read_from_numbers_and_text() {
        let json = r#"{"frames": [{"frame_info": {"index": 1, "time": 1000}}, {"frame_info": {"time": "2000"}},
                                   {"data": {}}]}"#;
        let video: Data = serde_json::from_str(json).expect(json);
        assert_eq!(video.frames().iter().map(Frame::time_ms).collect::<Vec<_>>(), [1000, 2000, 0]);
    }
}
