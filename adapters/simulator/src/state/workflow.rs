//! A workflow: models that look at the same input.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::answer::timestamp;
use crate::call::AppName;
use crate::catalog;
use crate::state::App;

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
    /// The latest one if none is named.
    pub(crate) model_version: Option<String>,
    /// The nodes that come before it.
    pub(crate) after: Vec<String>,
    pub(crate) suppress_output: bool,
}

impl Workflow {
    pub(crate) fn json(&self, app: &App, name: &AppName) -> Value {
        let nodes: Vec<_> = self.nodes.iter().map(|node| node.json(app)).collect();
        json!({
            "id": self.id,
            "app_id": name.app,
            "user_id": name.user,
            "created_at": timestamp(self.created),
            "modified_at": timestamp(self.modified),
            "nodes": nodes,
            "metadata": self.metadata,
            "version": {"id": self.version, "workflow_id": self.id, "created_at": timestamp(self.modified)},
        })
    }
}

impl Node {
    /// A version is always told, since old clients ask for one: the one that is meant, or the latest.
    fn json(&self, app: &App) -> Value {
        let latest = || app.models.get(&self.model)?.versions.last().map(|version| version.id.as_str());
        let public = || catalog::find(&self.model).map(|entry| entry.version);
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
