//! Predictions: runs a public or trained model on inputs and formats the outputs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::call::Call;
use crate::classifier::Classifier;
use crate::media::{InputError, Medium};
use crate::public_models::{Kind, PublicModel};
use crate::response::{Content, Refusal, status, timestamp};
use crate::state::concept;
use crate::vision::{self, Image};

/// A model that is ready to predict, with its JSON.
#[derive(Debug)]
pub(crate) struct ResolvedModel {
    pub(crate) predictor: Predictor,
    pub(crate) json: Value,
}

/// Computes the output of a model.
#[derive(Debug)]
pub(crate) enum Predictor {
    Public(Kind),
    /// A trained classifier, the names of its concepts by id, and the id of their application.
    Trained {
        classifier: Arc<Classifier>,
        names: BTreeMap<String, String>,
        app: String,
    },
}

impl ResolvedModel {
    /// Creates a public model, with the id it was requested by.
    pub(crate) fn public(model: &PublicModel, requested_id: &str) -> Self {
        Self { predictor: Predictor::Public(model.kind), json: model.json(Some(requested_id), false) }
    }
}

/// Options of a prediction.
#[derive(Debug)]
pub(crate) struct Options {
    min_value: f32,
    max_concepts: usize,
    /// Ids and names of the concepts to return; `None` stands for all.
    select: Option<Vec<String>>,
    language: String,
    /// Minimum time between two frames of a video.
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
    /// Returns the concepts that match the options as JSON. `found` has id, English name, translated name and value.
    fn select<'a>(&self, found: impl Iterator<Item = (&'a str, &'a str, &'a str, f32)>, app: &str) -> Value {
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

/// Returns the options in the body of a prediction: in the version of the model or, as older clients send them, in the
/// model.
pub(crate) fn output_config(body: &Value) -> &Value {
    let model = &body["model"];
    let infos = [&model["model_version"]["output_info"], &model["output_info"]];
    infos.into_iter().map(|info| &info["output_config"]).find(|config| config.is_object()).unwrap_or(&Value::Null)
}

/// Returns the inputs of a prediction.
pub(crate) fn inputs<'a>(call: &Call<'_>, body: &'a Value) -> Result<&'a [Value], Refusal> {
    call.items(body, "inputs", Refusal::bad_predict)
}

/// Runs a model on the inputs in the body.
pub(crate) fn predict(call: &Call<'_>, model: &ResolvedModel) -> Result<Content, Refusal> {
    let body = call.json()?;
    let inputs = inputs(call, &body)?;
    let options = Options::read(output_config(&body))?;
    let mut failed = 0;
    let mut outputs = Vec::with_capacity(inputs.len());
    for input in inputs {
        let (status, data) = match call.open(&input["data"]) {
            Ok(medium) => (status(10000, "Ok", ""), predict_medium(&model.predictor, &medium, &options)),
            Err(InputError(code, description, details)) => {
                failed += 1;
                (status(code, description, &details), json!({}))
            }
        };
        let mut output = output(call, model, &status, &data);
        output["input"] = echo(call, input);
        outputs.push(output);
    }
    Ok(Content::by_item(failed, inputs.len(), json!({"outputs": outputs})))
}

/// Returns one output as JSON.
pub(crate) fn output(call: &Call<'_>, model: &ResolvedModel, status: &Value, data: &Value) -> Value {
    json!({
        "id": call.new_id(),
        "status": status,
        "created_at": timestamp(call.now),
        "model": model.json,
        "data": data,
    })
}

/// Returns the input as the service repeats it in an output: the base64 of `true` replaces the bytes.
pub(crate) fn echo(call: &Call<'_>, input: &Value) -> Value {
    let id = input["id"].as_str().map_or_else(|| call.new_id(), str::to_owned);
    let mut data = input["data"].clone();
    concept::numbers(&mut data);
    for medium in ["image", "video"] {
        if let Some(encoded) = data.get_mut(medium).and_then(|medium| medium.get_mut("base64")) {
            *encoded = "dHJ1ZQ==".into();
        }
    }
    json!({"id": id, "data": data})
}

/// Runs a model on an image, or on the sampled frames of a video.
pub(crate) fn predict_medium(predictor: &Predictor, medium: &Medium, options: &Options) -> Value {
    match medium {
        Medium::Image(image) => predict_image(predictor, image, options),
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
                .map(|(index, (time, image))| {
                    let time = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
                    let data = predict_image(predictor, image, options);
                    json!({"frame_info": {"index": index, "time": time}, "data": data})
                })
                .collect();
            json!({"frames": frames})
        }
    }
}

fn predict_image(predictor: &Predictor, image: &Image, options: &Options) -> Value {
    match predictor {
        Predictor::Public(Kind::Concepts) => {
            let scored = vision::concepts(image);
            let named = scored.iter().map(|concept| {
                let name = vision::name_in(concept.id, &options.language).unwrap_or(concept.name);
                (concept.id, concept.name, name, concept.value)
            });
            options.select(named, "main")
        }
        Predictor::Trained { classifier, names, app } => {
            let embedding = vision::embedding(image);
            let scored = classifier.classify(&embedding);
            let named = scored.into_iter().map(|(id, value)| {
                let name = names.get(id).map_or(id, String::as_str);
                (id, name, name, value)
            });
            options.select(named, app)
        }
        Predictor::Public(Kind::Colors) => {
            let colors: Vec<_> = vision::colors(image)
                .into_iter()
                .map(|color| {
                    let w3c = json!({"hex": color.w3c_hex, "name": color.w3c_name});
                    json!({"raw_hex": color.raw_hex, "w3c": w3c, "value": number(color.share)})
                })
                .collect();
            json!({"colors": colors})
        }
        Predictor::Public(Kind::Embeddings) => {
            let vector: Vec<_> = vision::embedding(image).into_iter().map(number).collect();
            json!({"embeddings": [{"num_dimensions": vector.len(), "vector": vector}]})
        }
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
