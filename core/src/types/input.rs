//! [`Input`]: an image, a video, a recording or a text that a model processes or an app stores.

use serde_json::Value;

use super::{Data, Status, Timestamp};
use crate::lenient::record;

record! {
    /// An image, a video, an audio recording or a text, with its annotations.
    ///
    /// ```
    /// use clarifai_core::types::Input;
    ///
    /// let input: Input = serde_json::from_str(
    ///     r#"{"id": "photo-1", "data": {"image": {"url": "https://example.com/a.jpg"},
    ///         "concepts": [{"id": "boat", "value": 1}, {"id": "train", "value": 0}]}}"#,
    /// )?;
    /// assert_eq!(input.url(), Some("https://example.com/a.jpg"));
    /// let data = input.data.unwrap_or_default();
    /// assert_eq!(data.above(0.5).map(|concept| concept.id.as_str()).collect::<Vec<_>>(), ["boat"]);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub struct Input {
        /// Input id, unique within its app.
        pub id: String,
        /// The media, with the concepts, the metadata and the location that describe it.
        pub data: Option<Data>,
        /// Time the input was added.
        pub created_at: Option<Timestamp>,
        /// Time of the last change.
        pub modified_at: Option<Timestamp>,
        /// State of processing: pending, processed or failed. Absent from inputs that are not stored.
        pub status: Option<Status>,
        /// Ids of the datasets that the input belongs to.
        pub dataset_ids: Option<Vec<String>>,
        /// Options for processing, as free-form JSON.
        pub settings: Option<Value>,
    }
}

impl Input {
    /// Returns the URL that the media was fetched from: of the image, the video, the audio or the text, in this order.
    /// `None` if the media was sent as bytes.
    pub fn url(&self) -> Option<&str> {
        let data = self.data.as_ref()?;
        None.or_else(|| data.image.as_ref()?.url.as_deref())
            .or_else(|| data.video.as_ref()?.url.as_deref())
            .or_else(|| data.audio.as_ref()?.url.as_deref())
            .or_else(|| data.text.as_ref()?.url.as_deref())
    }
}
