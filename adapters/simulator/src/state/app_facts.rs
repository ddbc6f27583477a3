//! What the owner of an application has set: its description, its metadata and so on.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::response::timestamp;
use crate::state::app_name::AppName;

/// The facts of an application. One that is used without having been created has none but its name.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct AppFacts {
    /// The members that were sent, without the id.
    pub(crate) members: Map<String, Value>,
    pub(crate) created: Duration,
    pub(crate) modified: Duration,
}

impl AppFacts {
    pub(crate) fn json(&self, app: &AppName) -> Value {
        let mut json = json!({
            "id": app.app,
            "user_id": app.user,
            "default_language": "en",
            "created_at": timestamp(self.created),
            "modified_at": timestamp(self.modified),
            "visibility": {"gettable": 10},
        });
        if let Some(json) = json.as_object_mut() {
            json.extend(self.members.clone());
        }
        json
    }
}
