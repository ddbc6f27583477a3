//! Options of a prediction.

use serde::Serialize;

use crate::concepts::ConceptRef;
use crate::error::InvalidArgument;

/// Options of a prediction (`output_config` on the wire). Only options that are set are sent.
#[doc(alias = "ModelOutputConfig")]
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct OutputOptions {
    /// Language of the concepts' names. Default: the language of the app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Minimum value of the returned concepts, 0 to 1. Default: 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_value: Option<f64>,
    /// Maximum number of concepts per input, 1 to 200. 0 counts as not set. Default: the service's, 20.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_concepts: Option<u32>,
    /// Concepts to return. Default: all concepts of the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub select_concepts: Option<Vec<ConceptRef>>,
    /// Interval between the analyzed frames of a video, in milliseconds, 100 to 60,000. Default: 1,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample_ms: Option<u32>,
    /// Whether the concepts exclude each other. Overrides the setting of the model for this request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concepts_mutually_exclusive: Option<bool>,
    /// Whether the model assumes that all inputs show its concepts only. **Withdrawn by Clarifai**: the current API
    /// refuses a request with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_environment: Option<bool>,
}

impl OutputOptions {
    /// Creates a value without any option set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the language of the concepts' names, such as `de` or `zh`. Default: the language of the app.
    pub fn language(mut self, language: impl Into<String>) -> Self {
        self.language = Some(language.into());
        self
    }

    /// Sets the minimum value of the returned concepts, 0 to 1. Default: 0.
    pub fn min_value(mut self, min_value: f64) -> Self {
        self.min_value = Some(min_value);
        self
    }

    /// Sets the maximum number of concepts per input, 1 to 200. 0 counts as not set. Default: the service's, 20.
    pub fn max_concepts(mut self, max_concepts: u32) -> Self {
        self.max_concepts = Some(max_concepts);
        self
    }

    /// Adds a concept to the selection. The response contains only selected concepts. Default: all concepts.
    pub fn select(mut self, concept: ConceptRef) -> Self {
        self.select_concepts.get_or_insert_default().push(concept);
        self
    }

    /// Sets the interval between the analyzed frames of a video, in milliseconds, 100 to 60,000. Default: 1,000.
    pub fn sample_ms(mut self, sample_ms: u32) -> Self {
        self.sample_ms = Some(sample_ms);
        self
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn check(&self) -> Result<(), InvalidArgument> {
        if let Some(value) = self.min_value.filter(|value| !(0.0..=1.0).contains(value)) {
            return Err(InvalidArgument::new("min_value", format!("is {value}, it must lie within 0 to 1")));
        }
        if let Some(count) = self.max_concepts.filter(|count| *count > 200) {
            return Err(InvalidArgument::new("max_concepts", format!("is {count}, at most 200 are returned")));
        }
        if let Some(time) = self.sample_ms.filter(|time| !(100..=60_000).contains(time)) {
            return Err(InvalidArgument::new("sample_ms", format!("is {time}, it must lie within 100 to 60000")));
        }
        if self.language.as_ref().is_some_and(|language| language.trim().is_empty()) {
            return Err(InvalidArgument::new("language", "is empty"));
        }
        for (index, concept) in self.select_concepts.iter().flatten().enumerate() {
            concept.check(&format!("select_concepts[{index}]"))?;
        }
        Ok(())
    }
}
