//! A model of an application, with its versions.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};

use crate::classifier::Classifier;
use crate::response::{status, timestamp};
use crate::state::app_name::AppName;
use crate::state::concept::Concept;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Model {
    pub(crate) id: String,
    pub(crate) serial: u64,
    pub(crate) name: String,
    pub(crate) type_id: String,
    pub(crate) concepts: Vec<String>,
    /// As sent when the model was created, merged with later patches.
    pub(crate) output_config: Value,
    pub(crate) created: Duration,
    pub(crate) modified: Duration,
    /// Oldest first. A new model has one untrained version.
    pub(crate) versions: Vec<Version>,
    /// When it disappears after its deletion.
    pub(crate) gone: Option<Duration>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Version {
    pub(crate) id: String,
    pub(crate) created: Duration,
    pub(crate) concepts: Vec<String>,
    /// Ids of the inputs it was trained with.
    pub(crate) inputs: Vec<String>,
    pub(crate) training: Training,
    #[serde(default)]
    pub(crate) evaluation: Option<Evaluation>,
    pub(crate) gone: Option<Duration>,
}

/// The evaluation of a version: queued until `start`, running until `end`, and then with these results.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Evaluation {
    pub(crate) start: Duration,
    pub(crate) end: Duration,
    pub(crate) metrics: Value,
}

impl Evaluation {
    /// Returns its status and, if it has ended and `verbose`, its results.
    pub(crate) fn json(&self, now: Duration, verbose: bool) -> Value {
        let (code, description) = match now {
            now if now < self.start => (21303, "Model is queued for evaluation."),
            now if now < self.end => (21301, "Model is being evaluated."),
            _ => (21300, "Model was successfully evaluated."),
        };
        let mut metrics = if verbose && code == 21300 { self.metrics.clone() } else { json!({}) };
        metrics["status"] = status(code, description, "");
        metrics
    }
}

/// Progress of a version's training.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Training {
    Never,
    /// Queued until `start`, in training until `end`, and then ended with `outcome`.
    Planned {
        start: Duration,
        end: Duration,
        outcome: Outcome,
    },
}

/// Result of a training.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Outcome {
    Trained(#[serde(serialize_with = "unshared", deserialize_with = "shared")] Arc<Classifier>),
    NoData,
    NoPositives,
    SingleClass,
}

impl Version {
    pub(crate) fn status(&self, now: Duration) -> (u32, &'static str) {
        match &self.training {
            Training::Never => (21102, "Model not yet trained"),
            Training::Planned { start, .. } if now < *start => (21103, "Model is queued for training"),
            Training::Planned { end, .. } if now < *end => (21101, "Model is being trained"),
            Training::Planned { outcome, .. } => match outcome {
                Outcome::Trained(_) => (21100, "Model is trained and ready"),
                Outcome::NoData => (21110, "Model training had no data"),
                Outcome::NoPositives => (21111, "Model training had no positive examples"),
                Outcome::SingleClass => (21112, "Model training had examples of a single class"),
            },
        }
    }

    /// Returns the trained classifier, once the training has ended successfully.
    pub(crate) fn classifier(&self, now: Duration) -> Option<&Arc<Classifier>> {
        match &self.training {
            Training::Planned { end, outcome: Outcome::Trained(classifier), .. } if *end <= now => Some(classifier),
            _ => None,
        }
    }

    pub(crate) fn json(&self, now: Duration) -> Value {
        let (code, description) = self.status(now);
        let mut json = json!({
            "id": self.id,
            "created_at": timestamp(self.created),
            "status": status(code, description, ""),
            "active_concept_count": self.concepts.len(),
            "total_input_count": self.inputs.len(),
        });
        if let Some(evaluation) = &self.evaluation {
            json["metrics"] = evaluation.json(now, false);
        }
        json
    }
}

impl Model {
    /// Makes the last version one for the model's current concepts: changes an untrained version, or adds a new one
    /// after a trained version with other concepts.
    pub(crate) fn add_untrained_version(&mut self, id: impl FnOnce() -> String, now: Duration) {
        let concepts = self.concepts.clone();
        match self.versions.last_mut() {
            Some(last) if last.concepts == concepts => {}
            Some(Version { concepts: old, training: Training::Never, .. }) => *old = concepts,
            _ => self.versions.push(Version {
                id: id(),
                created: now,
                concepts,
                inputs: Vec::new(),
                training: Training::Never,
                evaluation: None,
                gone: None,
            }),
        }
    }

    /// Returns a boolean of the output configuration. Default: false.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.output_config[name].as_bool().unwrap_or_default()
    }

    /// Returns the latest version whose training has ended successfully.
    pub(crate) fn latest_trained(&self, now: Duration) -> Option<&Version> {
        self.versions.iter().rev().find(|version| version.classifier(now).is_some())
    }

    pub(crate) fn version(&self, id: &str) -> Option<&Version> {
        self.versions.iter().find(|version| version.id == id)
    }

    /// Returns whether the model has this type, by its legacy or current name.
    pub(crate) fn has_type(&self, wanted: &str) -> bool {
        wanted == "concept" || wanted == self.type_id
    }

    /// Returns the model as JSON, with this version or its latest one.
    pub(crate) fn json(&self, app: &AppName, version: Option<&Version>, now: Duration) -> Value {
        let version = version.or(self.versions.last());
        json!({
            "id": self.id,
            "name": self.name,
            "display_name": self.name,
            "created_at": timestamp(self.created),
            "modified_at": timestamp(self.modified),
            "app_id": app.app,
            "user_id": app.user,
            "model_type_id": self.type_id,
            "output_info": {
                "message": "Show output_info with: GET /models/{model_id}/output_info",
                "type": "concept",
                "type_ext": "concept",
                "output_config": self.output_config,
            },
            "model_version": version.map_or_else(|| self.placeholder_version(), |version| version.json(now)),
            "visibility": {"gettable": 10},
        })
    }

    /// Returns the placeholder for a model whose versions are all deleted. Old clients require a version.
    fn placeholder_version(&self) -> Value {
        json!({
            "id": "0".repeat(32),
            "created_at": timestamp(self.created),
            "status": status(21102, "Model not yet trained", ""),
        })
    }

    /// Returns the model as JSON with its concepts, or with those of the version. `concepts` are those of its app.
    pub(crate) fn verbose(
        &self,
        concepts: &BTreeMap<String, Concept>,
        app: &AppName,
        version: Option<&Version>,
        now: Duration,
    ) -> Value {
        let mut model = self.json(app, version, now);
        let ids = version.map_or(&self.concepts, |version| &version.concepts);
        let concepts: Vec<_> = ids.iter().filter_map(|id| concepts.get(id)).map(|one| one.json(app)).collect();
        // A model without concepts has no data at all.
        if !concepts.is_empty() {
            model["output_info"]["data"] = json!({"concepts": concepts});
        }
        model["output_info"].as_object_mut().map(|info| info.remove("message"));
        model
    }
}

fn unshared<S: Serializer>(classifier: &Arc<Classifier>, serializer: S) -> Result<S::Ok, S::Error> {
    classifier.serialize(serializer)
}

fn shared<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<Classifier>, D::Error> {
    Classifier::deserialize(deserializer).map(Arc::new)
}
