//! An annotated time range of a video or audio recording.

use serde_json::{Value, json};

use crate::concepts::ConceptRef;
use crate::error::InvalidArgument;

/// An annotated time range of a video or audio recording.
#[doc(alias("TimeSegment", "TimeInfo"))]
#[derive(Clone, Debug, PartialEq)]
pub struct NewTimeSegment {
    id: Option<String>,
    begin: f64,
    end: f64,
    concepts: Vec<ConceptRef>,
    text: Option<String>,
}

impl NewTimeSegment {
    /// Creates a time range from its begin and its end, in seconds from the start of the recording. Sending it fails
    /// unless `begin` is at least 0 and less than `end`.
    pub fn new(begin: f64, end: f64) -> Self {
        Self { id: None, begin, end, concepts: Vec::new(), text: None }
    }

    /// Sets the id of the time range: of an existing one to change in a patch, or of a new one. Default: chosen by the
    /// service.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Adds a concept annotation.
    pub fn concept(mut self, concept: ConceptRef) -> Self {
        self.concepts.push(concept);
        self
    }

    /// Sets the text, such as a transcript.
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    pub(crate) fn has_id(&self) -> bool {
        self.id.is_some()
    }

    pub(crate) fn json(&self) -> Result<Value, InvalidArgument> {
        let Self { begin, end, .. } = self;
        if !(*begin >= 0.0 && begin < end && end.is_finite()) {
            return Err(InvalidArgument::new(
                "time",
                format!("{begin} to {end} must be seconds, the end after the begin"),
            ));
        }
        let mut segment = json!({"time_info": {"begin_time": begin, "end_time": end}});
        if let Some(id) = &self.id {
            crate::target::check_id("id", id)?;
            segment["id"] = id.as_str().into();
        }
        ConceptRef::check_all(&self.concepts)?;
        if !self.concepts.is_empty() {
            segment["data"]["concepts"] = json!(self.concepts);
        }
        if let Some(text) = &self.text {
            segment["data"]["text"] = json!({"raw": text});
        }
        Ok(segment)
    }
}
