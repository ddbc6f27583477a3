//! An annotation of an input, besides the input's own labels.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::response::{status, timestamp};

/// The status code of an accepted annotation.
pub(crate) const ACCEPTED: u32 = 24150;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Annotation {
    pub(crate) id: String,
    pub(crate) input: String,
    pub(crate) data: Value,
    /// Status code.
    pub(crate) code: u32,
    /// Other members that were sent, such as `annotation_info`.
    pub(crate) members: Map<String, Value>,
    pub(crate) user: String,
    pub(crate) created: Duration,
    pub(crate) modified: Duration,
}

impl Annotation {
    pub(crate) fn json(&self) -> Value {
        let mut json = json!({
            "id": self.id,
            "input_id": self.input,
            "data": self.data,
            "user_id": self.user,
            "worker": {"user": {"id": self.user}},
            "trusted": true,
            "input_level": false,
            "created_at": timestamp(self.created),
            "modified_at": timestamp(self.modified),
            "status": status(self.code, description(self.code), ""),
        });
        if let Some(json) = json.as_object_mut() {
            json.extend(self.members.clone());
        }
        json
    }
}

fn description(code: u32) -> &'static str {
    match code {
        ACCEPTED => "Annotation success",
        24151 => "Annotation pending",
        24157 => "Annotation awaiting review",
        24158 => "Annotation review denied",
        24159 => "Annotation awaiting consensus review",
        _ => "Annotation failed",
    }
}
