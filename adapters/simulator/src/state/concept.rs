//! A concept of an application.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::response::timestamp;
use crate::state::app_name::AppName;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Concept {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) language: String,
    pub(crate) serial: u64,
    created: Duration,
}

impl Concept {
    /// Creates a concept. Its default name is its id.
    pub(crate) fn new(id: &str, name: Option<&str>, serial: u64, created: Duration) -> Self {
        let name = name.unwrap_or(id).to_owned();
        Self { id: id.to_owned(), name, language: "en".to_owned(), serial, created }
    }

    pub(crate) fn json(&self, app: &AppName) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "created_at": timestamp(self.created),
            "language": self.language,
            "app_id": app.app,
        })
    }
}

/// Reads the value of a concept annotation, from 0 (absent) to 1 (present): a boolean or a number. Default: 1.
pub(crate) fn value(concept: &Value) -> f64 {
    match &concept["value"] {
        Value::Bool(present) => f64::from(u8::from(*present)),
        value => value.as_f64().unwrap_or(1.0).clamp(0.0, 1.0),
    }
}

/// Replaces the boolean values of concepts, which older clients send, by the numbers that responses contain.
pub(crate) fn numbers(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                let concepts = member.as_array_mut().filter(|_| key == "concepts").into_iter().flatten();
                for concept in concepts.filter(|concept| concept["value"].is_boolean()) {
                    concept["value"] = value_json(self::value(concept));
                }
                numbers(member);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(numbers),
        _ => {}
    }
}

/// Returns the value of an annotation as JSON: 0 and 1 without a fraction, as the service writes them.
pub(crate) fn value_json(value: f64) -> Value {
    if value <= 0.0 {
        json!(0)
    } else if value >= 1.0 {
        json!(1)
    } else {
        json!(value)
    }
}
