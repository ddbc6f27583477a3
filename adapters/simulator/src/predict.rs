//! `POST models/{id}/outputs`: looks at the inputs and says what it can stand for.

use std::time::Duration;

use serde_json::{Value, json};

use crate::answer::{Content, Refusal, status, timestamp};
use crate::catalog::{Entry, Kind};
use crate::media::{Medium, Unusable, open};
use crate::vision::{self, Limits, Picture};
use crate::web::Web;

/// The most inputs a call takes.
const MOST_INPUTS: usize = 128;

/// What the answer shall hold.
struct Options {
    min_value: f32,
    max_concepts: usize,
    /// Ids and names, where only some concepts are wanted.
    select: Option<Vec<String>>,
    language: String,
    sample: Duration,
}

impl Options {
    fn read(body: &Value) -> Result<Self, Refusal> {
        let config = &body["model"]["output_info"]["output_config"];
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

pub(crate) fn predict(
    model: &Entry,
    asked_as: &str,
    body: &Value,
    web: &Web,
    limits: &Limits,
    unix: Duration,
    mut new_id: impl FnMut() -> String,
) -> Result<Content, Refusal> {
    let inputs = body["inputs"]
        .as_array()
        .ok_or_else(|| Refusal::bad_format("Must supply the 'inputs' field. Check the JSON body of your request."))?;
    if inputs.is_empty() {
        return Err(Refusal::bad_predict("No inputs were given."));
    }
    if inputs.len() > MOST_INPUTS {
        return Err(Refusal::bad_predict(format!(
            "Too many inputs: {} were given, the maximum is {MOST_INPUTS}.",
            inputs.len()
        )));
    }
    let options = Options::read(body)?;
    let mut failed = 0;
    let mut outputs = Vec::with_capacity(inputs.len());
    for input in inputs {
        let (status, data) = match open(&input["data"], web, limits) {
            Ok(medium) => (status(10000, "Ok", ""), look(model.kind, &medium, &options)),
            Err(Unusable(code, description, details)) => {
                failed += 1;
                (status(code, description, &details), json!({}))
            }
        };
        let id = input["id"].as_str().map_or_else(&mut new_id, str::to_owned);
        outputs.push(json!({
            "id": new_id(),
            "status": status,
            "created_at": timestamp(unix),
            "model": model.json(Some(asked_as), false),
            "input": {"id": id, "data": echo(&input["data"])},
            "data": data,
        }));
    }
    Ok(Content::by_item(failed, inputs.len(), json!({"outputs": outputs})))
}

/// The input's data as the service gives it back: bytes become a mark that there were some.
fn echo(data: &Value) -> Value {
    let mut data = data.clone();
    for medium in ["image", "video"] {
        if let Some(encoded) = data.get_mut(medium).and_then(|medium| medium.get_mut("base64")) {
            *encoded = "dHJ1ZQ==".into();
        }
    }
    data
}

fn look(kind: Kind, medium: &Medium, options: &Options) -> Value {
    match medium {
        Medium::Picture(picture) => see(kind, picture, options),
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
                    json!({"frame_info": {"index": index, "time": time}, "data": see(kind, picture, options)})
                })
                .collect();
            json!({"frames": frames})
        }
    }
}

fn see(kind: Kind, picture: &Picture, options: &Options) -> Value {
    match kind {
        Kind::Concepts => {
            let concepts: Vec<_> = vision::concepts(picture)
                .into_iter()
                .filter(|concept| concept.value >= options.min_value)
                .map(|concept| {
                    let name = vision::name_in(concept.id, &options.language).unwrap_or(concept.name);
                    (concept, name)
                })
                .filter(|(concept, name)| {
                    let wanted = |one: &String| one == concept.id || one == concept.name || one == name;
                    options.select.as_ref().is_none_or(|select| select.iter().any(wanted))
                })
                .take(options.max_concepts)
                .map(|(concept, name)| json!({"id": concept.id, "name": name, "value": number(concept.value), "app_id": "main"}))
                .collect();
            json!({"concepts": concepts})
        }
        Kind::Colors => {
            let colors: Vec<_> = vision::colors(picture)
                .into_iter()
                .map(|color| {
                    let w3c = json!({"hex": color.w3c_hex, "name": color.w3c_name});
                    json!({"raw_hex": color.raw_hex, "w3c": w3c, "value": number(color.share)})
                })
                .collect();
            json!({"colors": colors})
        }
        Kind::Embeddings => {
            let vector: Vec<_> = vision::embedding(picture).into_iter().map(number).collect();
            json!({"embeddings": [{"num_dimensions": vector.len(), "vector": vector}]})
        }
    }
}

/// A measurement as the service writes it: seven digits, which is what it is worth.
fn number(value: f32) -> f64 {
    (f64::from(value) * 1e7).round() / 1e7
}
