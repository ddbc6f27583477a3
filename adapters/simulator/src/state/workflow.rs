//! A workflow: models that look at the same input.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::answer::timestamp;
use crate::call::AppName;

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
    pub(crate) model_version: Option<String>,
    /// The nodes that come before it.
    pub(crate) after: Vec<String>,
    pub(crate) suppress_output: bool,
}

impl Workflow {
    pub(crate) fn json(&self, app: &AppName) -> Value {
        let nodes: Vec<_> = self.nodes.iter().map(Node::json).collect();
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
    fn json(&self) -> Value {
        let mut node = json!({"id": self.id, "model": {"id": self.model}});
        if let Some(version) = &self.model_version {
            node["model"]["model_version"] = json!({"id": version});
        }
        if !self.after.is_empty() {
            node["node_inputs"] = self.after.iter().map(|id| json!({"node_id": id})).collect();
        }
        if self.suppress_output {
            node["suppress_output"] = true.into();
        }
        node
    }
}
