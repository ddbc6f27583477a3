//! A dataset of an application: a named set of its inputs.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::response::timestamp;
use crate::state::app_name::AppName;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Dataset {
    pub(crate) id: String,
    pub(crate) serial: u64,
    /// The members that were sent, without the id.
    pub(crate) members: Map<String, Value>,
    pub(crate) created: Duration,
    pub(crate) modified: Duration,
    /// Ids of the inputs, and when each was added; oldest first.
    pub(crate) inputs: Vec<(String, Duration)>,
}

impl Dataset {
    pub(crate) fn contains(&self, input: &str) -> bool {
        self.inputs.iter().any(|(id, _)| id == input)
    }

    pub(crate) fn json(&self, app: &AppName) -> Value {
        let mut json = json!({
            "id": self.id,
            "created_at": timestamp(self.created),
            "modified_at": timestamp(self.modified),
            "app_id": app.app,
            "user_id": app.user,
            "visibility": {"gettable": 10},
        });
        if let Some(json) = json.as_object_mut() {
            json.extend(self.members.clone());
        }
        json
    }
}
