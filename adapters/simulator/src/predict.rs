//! `POST models/{id}/outputs`: looks at the inputs and says what it can stand for.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::answer::{Content, Refusal, status, timestamp};
use crate::call::Call;
use crate::catalog::{Entry, Kind};
use crate::classifier::Classifier;
use crate::media::{Medium, Unusable};
use crate::vision::{self, Picture};

/// A model that can be asked: what it answers with, and how it describes itself.
#[derive(Debug)]
pub(crate) struct Subject {
    pub(crate) eye: Eye,
    pub(crate) json: Value,
}

/// What a model answers with.
#[derive(Debug)]
pub(crate) enum Eye {
    Public(Kind),
    /// What it was taught, the names of its concepts by their ids, and their application.
    Taught {
        classifier: Arc<Classifier>,
        names: BTreeMap<String, String>,
        app: String,
    },
}

impl Subject {
    pub(crate) fn public(entry: &Entry, asked_as: &str) -> Self {
        Self { eye: Eye::Public(entry.kind), json: entry.json(Some(asked_as), false) }
    }
}

/// What the answer shall hold.
#[derive(Debug)]
pub(crate) struct Options {
    min_value: f32,
    max_concepts: usize,
    /// Ids and names, where only some concepts are wanted.
    select: Option<Vec<String>>,
    language: String,
    sample: Duration,
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
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to lie in a small range")]
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
    /// Of the concepts found, with id, English name, name and value, those that are wanted.
    fn choose<'a>(&self, found: impl Iterator<Item = (&'a str, &'a str, &'a str, f32)>, app: &str) -> Value {
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

/// The inputs to look at.
pub(crate) fn inputs<'a>(call: &Call<'_>, body: &'a Value) -> Result<&'a [Value], Refusal> {
    call.items(body, "inputs", Refusal::bad_predict)
}

pub(crate) fn predict(call: &Call<'_>, subject: &Subject) -> Result<Content, Refusal> {
    let body = call.json()?;
    let inputs = inputs(call, &body)?;
    let options = Options::read(&body["model"]["output_info"]["output_config"])?;
    let mut failed = 0;
    let mut outputs = Vec::with_capacity(inputs.len());
    for input in inputs {
        let (status, data) = match call.open(&input["data"]) {
            Ok(medium) => (status(10000, "Ok", ""), look(&subject.eye, &medium, &options)),
            Err(Unusable(code, description, details)) => {
                failed += 1;
                (status(code, description, &details), json!({}))
            }
        };
        let mut output = output(call, subject, &status, &data);
        output["input"] = echo(call, input);
        outputs.push(output);
    }
    Ok(Content::by_item(failed, inputs.len(), json!({"outputs": outputs})))
}

/// One output.
pub(crate) fn output(call: &Call<'_>, subject: &Subject, status: &Value, data: &Value) -> Value {
    json!({
        "id": call.new_id(),
        "status": status,
        "created_at": timestamp(call.now),
        "model": subject.json,
        "data": data,
    })
}

/// The input as the service gives it back: bytes become a mark that there were some.
pub(crate) fn echo(call: &Call<'_>, input: &Value) -> Value {
    let id = input["id"].as_str().map_or_else(|| call.new_id(), str::to_owned);
    let mut data = input["data"].clone();
    for medium in ["image", "video"] {
        if let Some(encoded) = data.get_mut(medium).and_then(|medium| medium.get_mut("base64")) {
            *encoded = "dHJ1ZQ==".into();
        }
    }
    json!({"id": id, "data": data})
}

/// What a model says of a picture, or of each frame of a video.
pub(crate) fn look(eye: &Eye, medium: &Medium, options: &Options) -> Value {
    match medium {
        Medium::Picture(picture) => see(eye, picture, options),
        Medium::Video(frames) => {
            let mut next = Duration::ZERO;
            let sampled = frames.iter().filter(|(time, _)| {
                let due = *time >= next;
                if due {
                    next = *time + options.sample;
                }
                due
            });
            let frames: Vec<_> = sampled
                .enumerate()
                .map(|(index, (time, picture))| {
                    let time = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
                    json!({"frame_info": {"index": index, "time": time}, "data": see(eye, picture, options)})
                })
                .collect();
            json!({"frames": frames})
        }
    }
}

fn see(eye: &Eye, picture: &Picture, options: &Options) -> Value {
    match eye {
        Eye::Public(Kind::Concepts) => {
            let scored = vision::concepts(picture);
            let named = scored.iter().map(|concept| {
                let name = vision::name_in(concept.id, &options.language).unwrap_or(concept.name);
                (concept.id, concept.name, name, concept.value)
            });
            options.choose(named, "main")
        }
        Eye::Taught { classifier, names, app } => {
            let embedding = vision::embedding(picture);
            let scored = classifier.classify(&embedding);
            let named = scored.into_iter().map(|(id, value)| {
                let name = names.get(id).map_or(id, String::as_str);
                (id, name, name, value)
            });
            options.choose(named, app)
        }
        Eye::Public(Kind::Colors) => {
            let colors: Vec<_> = vision::colors(picture)
                .into_iter()
                .map(|color| {
                    let w3c = json!({"hex": color.w3c_hex, "name": color.w3c_name});
                    json!({"raw_hex": color.raw_hex, "w3c": w3c, "value": number(color.share)})
                })
                .collect();
            json!({"colors": colors})
        }
        Eye::Public(Kind::Embeddings) => {
            let vector: Vec<_> = vision::embedding(picture).into_iter().map(number).collect();
            json!({"embeddings": [{"num_dimensions": vector.len(), "vector": vector}]})
        }
    }
}

/// A measurement as the service writes it: seven digits, which is what it is worth.
pub(crate) fn number(value: f32) -> f64 {
    (f64::from(value) * 1e7).round() / 1e7
}

/// A number of the API as one to measure with.
#[expect(clippy::cast_possible_truncation, reason = "it lies near 0 and 1")]
pub(crate) fn narrow(value: f64) -> f32 {
    value as f32
}

/// A small count as a number to divide by.
#[expect(clippy::cast_precision_loss, reason = "counts of terms are small")]
pub(crate) fn count(number: usize) -> f32 {
    number as f32
}
