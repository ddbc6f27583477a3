//! Predictions of a model for any number of inputs: [`SendMany`] with [`Predict`].

use super::send_many::{SendError, SendMany, SendReport, Sender, SentItem};
use crate::models::Predict;
use crate::types::Output;

/// Predictions of a model for any number of inputs.
///
/// This is [`SendMany`] with a [`Predict`]. A prediction changes nothing, so any request that fails with a transient
/// error is sent again. The inputs are taken from the iterator as they are sent, so the iterator can read files lazily.
///
/// ```
/// use clarifai_core::{Config, Credentials, bulk::{self, IntoBulk, PredictMany}, inputs::NewInput, models::Predict, testing::MockTransport};
/// use serde_json::json;
///
/// let config = Config::new(Credentials::key("0123456789abcdef")?);
/// let inputs = ["a", "b"].map(|name| NewInput::image_url(format!("https://example.com/{name}.jpg")));
/// let output = |name| json!({"status": {"code": 10000}, "data": {"concepts": [{"name": name, "value": 0.9}]}});
/// let mut script = MockTransport::new().expect("POST", "/v2/models/general/outputs")
///     .reply(200, json!({"status": {"code": 10000}, "outputs": [output("cat"), output("dog")]}));
///
/// // With a client: client.bulk(PredictMany::new(predict, inputs), 4, |_| ())
/// let predict = Predict::new("general").min_value(0.5);
/// let report = bulk::run(PredictMany::new(predict, inputs).into_bulk(&config), &mut script, |_| ());
/// let names: Vec<_> = report.items().iter().map(|one| &*one.result.as_ref().unwrap().concepts()[0].name).collect();
/// assert_eq!(names, ["cat", "dog"]);
/// # Ok::<(), clarifai_core::Error>(())
/// ```
pub type PredictMany<I> = SendMany<Predict, I>;

/// The bulk work of [`PredictMany`].
pub type Predictor<I> = Sender<Predict, I>;

/// An input and the model's output for it.
pub type Prediction = SentItem<Output>;

/// The reason why there is no prediction for an input.
pub type PredictError = SendError;

/// The report of [`PredictMany`].
pub type PredictReport = SendReport<Output>;
