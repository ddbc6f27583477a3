//! `PATCH /v2/models`: changes to the name, concepts and options of a model.

use serde_json::{Value, json};

use super::ModelRef;
use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Replay, Spec};
use crate::patch::PatchAction;
use crate::target::{Target, check_id};
use crate::types::Model;

/// Changes the name, the concepts or the options of a model: `PATCH /v2/models`.
///
/// The constructor states what happens to the concepts; a new name and new options always replace the present ones.
/// Changes of concepts and options take effect with the next training. A request that changes nothing is an
/// [`InvalidArgument`]. A version in the [`ModelRef`] is ignored.
///
/// ```
/// use clarifai_core::AppRef;
/// use clarifai_core::models::{ModelRef, PatchModel};
///
/// let add = PatchModel::merge("harbour").concepts(["buoy"]);
/// let take_away = PatchModel::remove("harbour").concepts(["pier"]);
/// let rename = PatchModel::merge(ModelRef::from("plants").in_app(AppRef::new("flora", "garden"))).name("Flowers");
/// ```
#[doc(alias("Model.update", "Model.merge_concepts", "Model.add_concepts", "Model.delete_concepts"))]
#[derive(Clone, Debug)]
pub struct PatchModel {
    model: ModelRef,
    action: PatchAction,
    name: Option<String>,
    concepts: Option<Vec<String>>,
    mutually_exclusive: Option<bool>,
    closed_environment: Option<bool>,
}

impl PatchModel {
    /// Creates a request for this model, without changes. The action applies to the concepts.
    pub fn new(model: impl Into<ModelRef>, action: PatchAction) -> Self {
        Self {
            model: model.into(),
            action,
            name: None,
            concepts: None,
            mutually_exclusive: None,
            closed_environment: None,
        }
    }

    /// Creates a request that adds concepts to this model.
    pub fn merge(model: impl Into<ModelRef>) -> Self {
        Self::new(model, PatchAction::Merge)
    }

    /// Creates a request that replaces the concepts of this model.
    pub fn overwrite(model: impl Into<ModelRef>) -> Self {
        Self::new(model, PatchAction::Overwrite)
    }

    /// Creates a request that removes concepts from this model.
    pub fn remove(model: impl Into<ModelRef>) -> Self {
        Self::new(model, PatchAction::Remove)
    }

    /// Sets a new name, which must not be empty.
    ///
    /// **Deprecated by Clarifai; still accepted.** Models of the current API have no name besides their id.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Adds concepts, by their ids, to those that the action merges, sets or removes.
    pub fn concepts(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.concepts.get_or_insert_default().extend(ids.into_iter().map(Into::into));
        self
    }

    /// Sets whether the concepts exclude each other, so that each input shows only one of them. Default: unchanged.
    pub fn mutually_exclusive(mut self, yes: bool) -> Self {
        self.mutually_exclusive = Some(yes);
        self
    }

    /// Sets whether the model assumes that all inputs show its concepts only. Default: unchanged.
    ///
    /// **Withdrawn by Clarifai**: the current API has no such option and refuses a request with it.
    pub fn closed_environment(mut self, yes: bool) -> Self {
        self.closed_environment = Some(yes);
        self
    }
}

impl Operation for PatchModel {
    type Output = Model;
    const SPEC: Spec = Spec::patch("patch model").replay(Replay::Idempotent);

    fn target(&self, target: &mut Target) {
        target.owner(self.model.owner()).path("models");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        let id = self.model.id();
        check_id("id", id)?;
        let mut model = json!({"id": id});
        if let Some(name) = &self.name {
            if name.is_empty() {
                return Err(InvalidArgument::new("name", "is empty"));
            }
            model["name"] = name.as_str().into();
        }
        if let Some(concepts) = &self.concepts {
            model["output_info"]["data"]["concepts"] = super::concept_ids(concepts)?;
        }
        for (option, value) in
            [("concepts_mutually_exclusive", self.mutually_exclusive), ("closed_environment", self.closed_environment)]
        {
            if let Some(value) = value {
                model["output_info"]["output_config"][option] = value.into();
            }
        }
        if model.as_object().is_none_or(|members| members.len() < 2) {
            return Err(InvalidArgument::new("patch", format!("of `{id}` changes nothing")));
        }
        Body::json(&json!({"action": self.action, "models": Value::Array(vec![model])}))
    }

    fn decode(&self, answer: &Envelope) -> Result<Model, DecodeError> {
        answer.list_of::<Model>("models", 1)?.pop().ok_or_else(|| DecodeError::new("models", "is empty"))
    }
}
