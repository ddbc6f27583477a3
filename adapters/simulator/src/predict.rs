//! Predictions: runs a public or trained model on inputs and formats the outputs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::call::Call;
use crate::classifier::Classifier;
use crate::media::{InputError, Medium};
use crate::output_options::Options;
use crate::parallel;
use crate::public_models::PublicModel;
use crate::public_outputs;
use crate::recognition::Recognition;
use crate::response::{Content, Refusal, status, timestamp};
use crate::state::concept;
use crate::vision::Image;

/// A model that is ready to predict, with its JSON.
#[derive(Debug)]
pub(crate) struct ResolvedModel {
    pub(crate) predictor: Predictor,
    pub(crate) json: Value,
}

/// Computes the output of a model.
#[derive(Debug)]
pub(crate) enum Predictor {
    Public(&'static PublicModel),
    /// A trained classifier, the names of its concepts by id, and the id of their application.
    Trained {
        classifier: Arc<Classifier>,
        names: BTreeMap<String, String>,
        app: String,
    },
}

impl ResolvedModel {
    /// Creates a public model, with the id it was requested by.
    pub(crate) fn public(model: &'static PublicModel, requested_id: &str, recognition: Recognition) -> Self {
        Self { predictor: Predictor::Public(model), json: model.json(Some(requested_id), recognition, false) }
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
    let data = parallel::map(inputs, |input| {
        let medium = call.open(&input["data"])?;
        Ok(predict_medium(call.recognition(), &model.predictor, &medium, &options))
    });
    let mut failed = 0;
    let mut outputs = Vec::with_capacity(inputs.len());
    for (input, data) in inputs.iter().zip(data) {
        let (status, data) = match data {
            Ok(data) => (status(10000, "Ok", ""), data),
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
    let mut data = without_bytes(&input["data"]);
    concept::numbers(&mut data);
    json!({"id": id, "data": data})
}

/// Returns a copy of an input's `data`, in which the base64 of `true` replaces the bytes. They can be millions.
fn without_bytes(data: &Value) -> Value {
    let Some(data) = data.as_object() else { return data.clone() };
    let copy = data.iter().map(|(name, member)| {
        let copy = match member.as_object().filter(|_| ["image", "video"].contains(&&**name)) {
            Some(medium) => medium.iter().map(|(name, member)| {
                let is_bytes = name == "base64";
                (name.clone(), if is_bytes { "dHJ1ZQ==".into() } else { member.clone() })
            }),
            None => return (name.clone(), member.clone()),
        };
        (name.clone(), Value::Object(copy.collect()))
    });
    Value::Object(copy.collect())
}

/// Runs a model on an image, or on the sampled frames of a video.
pub(crate) fn predict_medium(
    recognition: Recognition,
    predictor: &Predictor,
    medium: &Medium,
    options: &Options,
) -> Value {
    match medium {
        Medium::Image(image) => predict_image(recognition, predictor, image, options),
        Medium::Video(frames) => {
            let mut next = Duration::ZERO;
            let sampled = frames.iter().filter(|(time, _)| {
                let due = *time >= next;
                if due {
                    next = *time + options.sample;
                }
                due
            });
            let sampled: Vec<_> = sampled.enumerate().collect();
            let frames = parallel::map(&sampled, |(index, (time, image))| {
                let time = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
                // What is measured in a frame is dropped with the copy.
                let data = predict_image(recognition, predictor, &image.clone(), options);
                json!({"frame_info": {"index": index, "time": time}, "data": data})
            });
            json!({"frames": frames})
        }
    }
}

fn predict_image(recognition: Recognition, predictor: &Predictor, image: &Image, options: &Options) -> Value {
    match predictor {
        Predictor::Public(model) => public_outputs::data(recognition, model, image, options),
        Predictor::Trained { classifier, names, app } => {
            let embedding = recognition.embedding(image);
            let scored = classifier.classify(&embedding);
            let named = scored.into_iter().map(|(id, value)| {
                let name = names.get(id).map_or(id, String::as_str);
                (id, name, name, value)
            });
            options.select(named, app)
        }
    }
}
