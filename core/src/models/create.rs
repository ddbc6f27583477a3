//! `POST /v2/models`: creation of a model.

use serde_json::{Value, json};

use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Replay, Spec};
use crate::target::{Target, check_id};
use crate::types::Model;

/// Creates a model that learns concepts from the inputs of the app: `POST /v2/models`.
///
/// The model cannot predict before it is trained: see [`CreateModelVersion`](super::CreateModelVersion).
///
/// ```
/// use clarifai_core::models::CreateModel;
///
/// let create = CreateModel::new("harbour").name("Harbour sorter").concepts(["boat", "pier"]).mutually_exclusive(true);
/// ```
#[doc(alias = "Models.create")]
#[derive(Clone, Debug)]
pub struct CreateModel {
    id: String,
    name: Option<String>,
    concepts: Vec<String>,
    mutually_exclusive: Option<bool>,
    closed_environment: Option<bool>,
    hyper_parameters: Option<Value>,
    model_type_id: Option<String>,
}

impl CreateModel {
    /// Creates a request for a model with this id, without concepts.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            name: None,
            concepts: Vec::new(),
            mutually_exclusive: None,
            closed_environment: None,
            hyper_parameters: None,
            model_type_id: None,
        }
    }

    /// Sets the name of the model. Default: not sent; the service uses the id.
    ///
    /// **Deprecated by Clarifai; still accepted.** Models of the current API have no name besides their id.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Adds concepts for the model to learn, by their ids.
    ///
    /// **Deprecated by Clarifai; still accepted.** The current API takes the concepts with the training: see
    /// [`CreateModelVersion::concepts`](super::CreateModelVersion::concepts).
    pub fn concepts(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.concepts.extend(ids.into_iter().map(Into::into));
        self
    }

    /// Sets whether the concepts exclude each other, so that each input shows only one of them. Default: not
    /// sent, which the service takes as `false`.
    pub fn mutually_exclusive(mut self, yes: bool) -> Self {
        self.mutually_exclusive = Some(yes);
        self
    }

    /// Sets whether the model assumes that all inputs show its concepts only. Default: not sent.
    ///
    /// **Withdrawn by Clarifai**: the current API has no such option and refuses a request with it.
    pub fn closed_environment(mut self, yes: bool) -> Self {
        self.closed_environment = Some(yes);
        self
    }

    /// Sets the hyperparameters of the training, which must be a JSON object. They are sent as a JSON string inside the
    /// JSON body.
    ///
    /// ```
    /// use clarifai_core::{models::CreateModel, serde_json::json};
    ///
    /// let create = CreateModel::new("harbour").hyper_parameters(json!({"num_epochs": 10}));
    /// ```
    pub fn hyper_parameters(mut self, parameters: impl Into<Value>) -> Self {
        self.hyper_parameters = Some(parameters.into());
        self
    }

    /// Sets the type of the model, such as `visual-classifier`. The current API expects it. Default: the service's.
    pub fn model_type_id(mut self, model_type_id: impl Into<String>) -> Self {
        self.model_type_id = Some(model_type_id.into());
        self
    }
}

impl Operation for CreateModel {
    type Output = Model;
    // The id is chosen by the caller, so a second request cannot create a second model.
    const SPEC: Spec = Spec::post("create model").replay(Replay::Idempotent);

    fn target(&self, target: &mut Target) {
        target.path("models");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        check_id("id", &self.id)?;
        let mut model = json!({"id": self.id});
        if let Some(name) = &self.name {
            model["name"] = name.as_str().into();
        }
        for (option, value) in
            [("concepts_mutually_exclusive", self.mutually_exclusive), ("closed_environment", self.closed_environment)]
        {
            if let Some(value) = value {
                model["output_info"]["output_config"][option] = value.into();
            }
        }
        if let Some(parameters) = &self.hyper_parameters {
            if !parameters.is_object() {
                return Err(InvalidArgument::new("hyper_parameters", "must be a JSON object"));
            }
            model["output_info"]["output_config"]["hyper_parameters"] = parameters.to_string().into();
        }
        if !self.concepts.is_empty() {
            model["output_info"]["data"]["concepts"] = super::concept_ids(&self.concepts)?;
        }
        if let Some(model_type_id) = &self.model_type_id {
            model["model_type_id"] = model_type_id.as_str().into();
        }
        Body::json(&json!({"model": model}))
    }

    fn decode(&self, answer: &Envelope) -> Result<Model, DecodeError> {
        match answer.record("model")? {
            Some(model) => Ok(model),
            None => answer.many::<Model>("models")?.pop().ok_or_else(|| DecodeError::new("model", "is missing")),
        }
    }
}
