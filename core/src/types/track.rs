//! [`Track`]: an object followed through a video.

use super::{Data, TimeInfo};
use crate::lenient::record;

record! {
    /// An object that a model followed through a video.
    pub struct Track {
        /// Track id. The regions that show the object have it as their [`track_id`](super::Region::track_id).
        pub id: String,
        /// What the model found about the object, such as its concepts.
        pub data: Option<Data>,
        /// Time range in which the object is visible.
        pub time_info: Option<TimeInfo>,
        /// How reliably the object was followed, 0 to 1.
        pub quality: Option<f64>,
    }
}
