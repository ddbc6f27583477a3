//! The options of a prediction, and the numbers in its output.

use std::time::Duration;

use serde_json::{Value, json};

use crate::response::Refusal;
use crate::vocabulary::PublicConcept;

/// Options of a prediction.
#[derive(Debug)]
pub(crate) struct Options {
    min_value: f32,
    max_concepts: usize,
    /// Ids and names of the concepts to return; `None` stands for all.
    select: Option<Vec<String>>,
    pub(crate) language: String,
    /// Minimum time between two frames of a video.
    pub(crate) sample: Duration,
}

impl Options {
    /// Reads an `output_config`.
    pub(crate) fn read(config: &Value) -> Result<Self, Refusal> {
        let number = |name: &str, least: f64, most: f64, default: f64| match &config[name] {
            Value::Null => Ok(default),
            value => value
                .as_f64()
                .filter(|number| (least..=most).contains(number))
                .ok_or_else(|| Refusal::bad_predict(format!("{name} must be a number from {least} to {most}"))),
        };
        let max_concepts = match number("max_concepts", 0.0, 200.0, 20.0)? {
            0.0 => 20.0,
            some => some,
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be in a small range")]
        Ok(Self {
            min_value: number("min_value", 0.0, 1.0, 0.0)? as f32,
            max_concepts: max_concepts as usize,
            select: config["select_concepts"].as_array().filter(|list| !list.is_empty()).map(|list| {
                let names = |concept: &Value| ["id", "name"].map(|key| concept[key].as_str().map(str::to_owned));
                list.iter().flat_map(names).flatten().collect()
            }),
            language: config["language"].as_str().unwrap_or("en").to_owned(),
            sample: Duration::from_millis(number("sample_ms", 100.0, 60_000.0, 1000.0)? as u64),
        })
    }
}

impl Options {
    /// Returns whether specific concepts were requested, and any of these fits.
    pub(crate) fn selects<'a>(&self, mut concepts: impl Iterator<Item = &'a PublicConcept>) -> bool {
        let Some(select) = &self.select else { return false };
        let named = |concept: &PublicConcept| {
            let translated = concept.name_in(&self.language);
            select.iter().any(|one| *one == concept.id || one == concept.name || Some(one.as_str()) == translated)
        };
        concepts.any(named)
    }

    /// Returns the public concepts that match the options as JSON.
    pub(crate) fn select_public<'a>(&self, found: impl IntoIterator<Item = (&'a PublicConcept, f32)>) -> Value {
        let named = |(concept, value): (&'a PublicConcept, f32)| {
            (concept.id.as_str(), concept.name, concept.name_or_english(&self.language), value)
        };
        self.select(found.into_iter().map(named), "main")
    }

    /// Returns the concepts that match the options as JSON. `found` has id, English name, translated name and value.
    pub(crate) fn select<'a>(&self, found: impl Iterator<Item = (&'a str, &'a str, &'a str, f32)>, app: &str) -> Value {
        let wanted = |(id, english, name, value): &(&str, &str, &str, f32)| {
            let is = |one: &String| one == id || one == english || one == name;
            *value >= self.min_value && self.select.as_ref().is_none_or(|select| select.iter().any(is))
        };
        let concepts: Vec<_> = found
            .filter(wanted)
            .take(self.max_concepts)
            .map(|(id, _, name, value)| json!({"id": id, "name": name, "value": number(value), "app_id": app}))
            .collect();
        json!({"concepts": concepts})
    }
}

/// Rounds a measurement to seven decimal places, the precision of an `f32`.
pub(crate) fn number(value: f32) -> f64 {
    (f64::from(value) * 1e7).round() / 1e7
}

/// Converts a number of the API to the precision of the measurements.
#[expect(clippy::cast_possible_truncation, reason = "values are near 0 to 1")]
pub(crate) fn narrow(value: f64) -> f32 {
    value as f32
}

/// Converts a small count to a divisor.
#[expect(clippy::cast_precision_loss, reason = "the number of terms is small")]
pub(crate) fn count(number: usize) -> f32 {
    number as f32
}
