//! Inputs: what the service is asked about, and what an app stores.

use serde_json::Value;

use super::{Data, Status, Timestamp};
use crate::lenient::record;

record! {
    /// A picture, a video, a recording or a text, with what its owner says about it.
    pub struct Input {
        /// The id, unique within its app.
        pub id: String,
        /// The medium, and the concepts, metadata and place that go with it.
        pub data: Option<Data>,
        /// When it was added.
        pub created_at: Option<Timestamp>,
        /// When it was last changed.
        pub modified_at: Option<Timestamp>,
        /// Whether it has been fetched and processed.
        pub status: Option<Status>,
        /// The datasets it belongs to.
        pub dataset_ids: Option<Vec<String>>,
        /// How it is to be processed.
        pub settings: Option<Value>,
    }
}

impl Input {
    /// The address its medium was fetched from: of the picture, the video, the recording or the
    /// text.
    pub fn url(&self) -> Option<&str> {
        let data = self.data.as_ref()?;
        None.or_else(|| data.image.as_ref()?.url.as_deref())
            .or_else(|| data.video.as_ref()?.url.as_deref())
            .or_else(|| data.audio.as_ref()?.url.as_deref())
            .or_else(|| data.text.as_ref()?.url.as_deref())
    }
}

record! {
    /// How many inputs of an app are in which state.
    #[doc(alias = "InputCounts")]
    #[doc(alias = "check_status")]
    pub struct InputCount {
        /// Done.
        pub processed: Option<u64>,
        /// Waiting.
        pub to_process: Option<u64>,
        /// Failed.
        pub errors: Option<u64>,
        /// At work.
        pub processing: Option<u64>,
        /// Done again, after a change of the app's base workflow.
        pub reindexed: Option<u64>,
        /// Waiting to be done again.
        pub to_reindex: Option<u64>,
        /// Failed when done again.
        pub reindex_errors: Option<u64>,
        /// At work again.
        pub reindexing: Option<u64>,
    }
}

impl InputCount {
    /// Whether no input is waiting or at work.
    pub fn is_settled(&self) -> bool {
        [self.to_process, self.processing, self.to_reindex, self.reindexing].iter().all(|count| count.unwrap_or(0) == 0)
    }
}
