//! An input of an application: a picture or video, and what was said of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};

use crate::answer::{status, timestamp};
use crate::call::AppName;
use crate::media::{Medium, Unusable, decode};
use crate::state::App;
use crate::state::concept::degree;
use crate::vision::{self, Limits};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Input {
    pub(crate) id: String,
    pub(crate) serial: u64,
    /// `image` or `video`, `metadata`, `geo` and `regions`, as they are answered. Concepts have their own place.
    pub(crate) data: Value,
    /// What was said of it: concept ids with a degree, in the order in which they were said.
    pub(crate) concepts: Vec<(String, f64)>,
    /// What was said of its outputs: concept ids with a degree, or with none where they were taken away.
    pub(crate) corrections: BTreeMap<String, Option<f64>>,
    pub(crate) created: Duration,
    pub(crate) modified: Duration,
    /// When it is processed.
    pub(crate) ready: Duration,
    /// What then turns out to be wrong with it: code, description and details.
    pub(crate) failure: Option<(u32, String, String)>,
    /// When it is deleted.
    pub(crate) gone: Option<Duration>,
    #[serde(serialize_with = "to_base64", deserialize_with = "from_base64")]
    pub(crate) bytes: Bytes,
    /// What is seen in it; not saved, since it can be seen again.
    #[serde(skip)]
    pub(crate) seen: Option<Arc<Seen>>,
}

/// What is seen in a picture.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) embedding: Vec<f32>,
    /// Ids of the public vocabulary, the best first.
    pub(crate) concepts: Vec<(&'static str, f32)>,
}

impl Seen {
    /// Looks at a picture, or at the first frame of a video.
    pub(crate) fn of(medium: &Medium) -> Option<Self> {
        let picture = match medium {
            Medium::Picture(picture) => picture,
            Medium::Video(frames) => &frames.first()?.1,
        };
        let concepts = vision::concepts(picture).into_iter().map(|scored| (scored.id, scored.value)).collect();
        Some(Self { embedding: vision::embedding(picture), concepts })
    }
}

impl Input {
    /// Looks at it again, after it was read from where it was saved.
    pub(crate) fn look_again(&mut self, limits: &Limits) {
        if self.failure.is_none() {
            let medium = decode(&self.data, &self.bytes, limits);
            self.seen = medium.ok().as_ref().and_then(Seen::of).map(Arc::new);
        }
    }

    /// Whether it is processed by now, and well.
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

    /// The degree to which a concept was said to fit.
    pub(crate) fn said(&self, concept: &str) -> Option<f64> {
        self.concepts.iter().find(|(id, _)| id == concept).map(|(_, value)| *value)
    }

    pub(crate) fn url(&self) -> Option<&str> {
        self.data["image"]["url"].as_str().or_else(|| self.data["video"]["url"].as_str())
    }

    pub(crate) fn json(&self, app: &App, name: &AppName, now: Duration) -> Value {
        let mut data = self.data.clone();
        if !self.concepts.is_empty() {
            let concept = |(id, value): &(String, f64)| {
                let called = app.concepts.get(id).map_or(id.as_str(), |concept| concept.name.as_str());
                json!({"id": id, "name": called, "value": degree(*value), "app_id": name.app})
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

impl From<Unusable> for (u32, String, String) {
    fn from(Unusable(code, description, details): Unusable) -> Self {
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
