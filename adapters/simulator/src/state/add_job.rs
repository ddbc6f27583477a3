//! A job that adds inputs, and counts what has become of them.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::response::{status, timestamp};
use crate::state::inputs::Inputs;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AddJob {
    pub(crate) id: String,
    pub(crate) serial: u64,
    /// Ids of the inputs that were accepted.
    pub(crate) inputs: Vec<String>,
    /// Number of inputs that were refused.
    pub(crate) refused: u64,
    pub(crate) canceled: bool,
    pub(crate) created: Duration,
    pub(crate) modified: Duration,
}

impl AddJob {
    /// Returns the job as JSON. Like that of the service, its own status is "completed" while inputs wait.
    pub(crate) fn json(&self, inputs: &Inputs, now: Duration) -> Value {
        let (mut pending, mut success, mut failed) = (0_u64, 0_u64, self.refused);
        for input in self.inputs.iter().filter_map(|id| inputs.get(id)) {
            match () {
                () if input.is_pending(now) => pending += 1,
                () if input.failure.is_some() => failed += 1,
                () => success += 1,
            }
        }
        let mut progress = json!({});
        let counts = [("pending_count", pending), ("success_count", success), ("failed_count", failed)];
        for (name, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            // The service writes 64-bit numbers as strings, and leaves out zeros.
            progress[name] = count.to_string().into();
        }
        let status = match self.canceled {
            true => status(64004, "Job was cancelled.", ""),
            false => status(64002, "Job successfully ran.", ""),
        };
        json!({
            "id": self.id,
            "progress": progress,
            "created_at": timestamp(self.created),
            "modified_at": timestamp(self.modified),
            "status": status,
        })
    }
}
