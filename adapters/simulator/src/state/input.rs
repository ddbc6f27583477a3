//! An input of an application: an image or video with its annotations.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};

use crate::media::{InputError, Medium, decode};
use crate::response::{status, timestamp};
use crate::rules::Rules;
use crate::state::app_name::AppName;
use crate::state::concept::{Concept, value_json};
use crate::vision::Image;
use crate::vocabulary::PublicConcept;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Input {
    pub(crate) id: String,
    pub(crate) serial: u64,
    /// `image` or `video`, `metadata`, `geo` and `regions`, as responses contain them. Concepts are stored apart.
    pub(crate) data: Value,
    /// Annotations: concept ids with a value from 0 to 1, in the order in which they were added.
    pub(crate) concepts: Vec<(String, f64)>,
    /// Corrections of its outputs: concept ids with a value from 0 to 1, or `None` for removed ones.
    pub(crate) corrections: BTreeMap<String, Option<f64>>,
    pub(crate) created: Duration,
    pub(crate) modified: Duration,
    /// When its processing ends.
    pub(crate) ready: Duration,
    /// Why its processing then fails: code, description and details.
    pub(crate) failure: Option<(u32, String, String)>,
    /// When it disappears after its deletion.
    pub(crate) gone: Option<Duration>,
    #[serde(serialize_with = "to_base64", deserialize_with = "from_base64")]
    pub(crate) bytes: Bytes,
    /// What is recognized in it, computed when it is first needed. Not saved, because it can be computed from the bytes
    /// again. Copies share it.
    #[serde(skip)]
    pub(crate) analysis: Arc<Analysis>,
}

/// What is recognized in an image, or in the first frame of a video.
#[derive(Debug, Default)]
pub(crate) struct Analysis {
    embedding: OnceLock<Option<Vec<f32>>>,
    /// All public concepts with their values, highest first.
    concepts: OnceLock<Option<Vec<(&'static PublicConcept, f32)>>>,
}

/// Returns the image, or the first frame of a video. Returns `None` for a video without frames.
pub(crate) fn still(medium: &Medium) -> Option<&Image> {
    match medium {
        Medium::Image(image) => Some(image),
        Medium::Video(frames) => frames.first().map(|(_, image)| image),
    }
}

impl Input {
    /// Returns the embedding. Returns `None` if the processing failed.
    pub(crate) fn embedding(&self, rules: &Rules) -> Option<&[f32]> {
        let compute = || self.still(rules).map(|image| rules.recognition.embedding(&image));
        self.analysis.embedding.get_or_init(compute).as_deref()
    }

    /// Returns all public concepts with their values, highest first. Returns `None` if the processing failed.
    pub(crate) fn predicted(&self, rules: &Rules) -> Option<&[(&'static PublicConcept, f32)]> {
        let compute = || self.still(rules).map(|image| rules.recognition.all(&image));
        self.analysis.concepts.get_or_init(compute).as_deref()
    }

    fn still(&self, rules: &Rules) -> Option<Image> {
        self.failure.is_none().then_some(())?;
        let medium = decode(&self.data, &self.bytes, &rules.limits.image).ok()?;
        still(&medium).cloned()
    }

    /// Returns whether the input has been processed successfully.
    pub(crate) fn is_processed(&self, now: Duration) -> bool {
        self.ready <= now && self.failure.is_none()
    }

    pub(crate) fn is_pending(&self, now: Duration) -> bool {
        self.ready > now
    }

    pub(crate) fn status(&self, now: Duration) -> Value {
        match &self.failure {
            _ if self.is_pending(now) => status(30001, "Download pending", ""),
            None => status(30000, "Download complete", ""),
            Some((code, description, details)) => status(*code, description, details),
        }
    }

    /// Returns the value with which a concept is annotated.
    pub(crate) fn concept_value(&self, concept: &str) -> Option<f64> {
        self.concepts.iter().find(|(id, _)| id == concept).map(|(_, value)| *value)
    }

    pub(crate) fn url(&self) -> Option<&str> {
        self.data["image"]["url"].as_str().or_else(|| self.data["video"]["url"].as_str())
    }

    /// Returns the input as JSON. `concepts` are those of its application.
    pub(crate) fn json(&self, concepts: &BTreeMap<String, Concept>, app: &AppName, now: Duration) -> Value {
        let mut data = self.data.clone();
        if !self.concepts.is_empty() {
            let concept = |(id, value): &(String, f64)| {
                let name = concepts.get(id).map_or(id.as_str(), |concept| concept.name.as_str());
                json!({"id": id, "name": name, "value": value_json(*value), "app_id": app.app})
            };
            data["concepts"] = self.concepts.iter().map(concept).collect();
        }
        json!({
            "id": self.id,
            "data": data,
            "created_at": timestamp(self.created),
            "modified_at": timestamp(self.modified),
            "status": self.status(now),
        })
    }
}

impl From<InputError> for (u32, String, String) {
    fn from(InputError(code, description, details): InputError) -> Self {
        (code, description.to_owned(), details)
    }
}

fn to_base64<S: Serializer>(bytes: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&STANDARD.encode(bytes))
}

fn from_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
    let text = String::deserialize(deserializer)?;
    STANDARD.decode(text).map(Bytes::from).map_err(serde::de::Error::custom)
}
