//! A workflow: models that run on the same input.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::public_models;
use crate::recognition::Recognition;
use crate::response::timestamp;
use crate::state::app_name::AppName;
use crate::state::model::Model;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Workflow {
    pub(crate) id: String,
    pub(crate) serial: u64,
    pub(crate) created: Duration,
    pub(crate) modified: Duration,
    pub(crate) version: String,
    pub(crate) nodes: Vec<Node>,
    pub(crate) metadata: Value,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Node {
    pub(crate) id: String,
    pub(crate) model: String,
    /// `None` stands for the latest version.
    pub(crate) model_version: Option<String>,
    /// Ids of the nodes it takes its input from.
    pub(crate) after: Vec<String>,
    pub(crate) suppress_output: bool,
}

impl Workflow {
    /// Returns the workflow as JSON. `models` are those of its application.
    pub(crate) fn json(&self, models: &BTreeMap<String, Model>, app: &AppName, recognition: Recognition) -> Value {
        let nodes: Vec<_> = self.nodes.iter().map(|node| node.json(models, recognition)).collect();
        json!({
            "id": self.id,
            "app_id": app.app,
            "user_id": app.user,
            "created_at": timestamp(self.created),
            "modified_at": timestamp(self.modified),
            "nodes": nodes,
            "metadata": self.metadata,
            "version": {"id": self.version, "workflow_id": self.id, "created_at": timestamp(self.modified)},
        })
    }
}

impl Node {
    /// Always contains a version, because old clients require one: the node's own, or else the latest.
    fn json(&self, models: &BTreeMap<String, Model>, recognition: Recognition) -> Value {
        let latest = || models.get(&self.model)?.versions.last().map(|version| version.id.as_str());
        let public = || public_models::find(&self.model, recognition).map(|entry| entry.version(recognition));
        let version = self.model_version.as_deref().or_else(latest).or_else(public).unwrap_or_default();
        let mut node = json!({"id": self.id, "model": {"id": self.model, "model_version": {"id": version}}});
        if !self.after.is_empty() {
            node["node_inputs"] = self.after.iter().map(|id| json!({"node_id": id})).collect();
        }
        if self.suppress_output {
            node["suppress_output"] = true.into();
        }
        node
    }
}
