//! A concept of an application.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::answer::timestamp;
use crate::call::AppName;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Concept {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) language: String,
    pub(crate) serial: u64,
    created: Duration,
}

impl Concept {
    /// Without a name it is called by its id.
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

/// The degree to which a concept is said to fit: `true`, `false` or a number; said without one, it fits.
pub(crate) fn value(concept: &Value) -> f64 {
    match &concept["value"] {
        Value::Bool(fits) => f64::from(u8::from(*fits)),
        value => value.as_f64().unwrap_or(1.0).clamp(0.0, 1.0),
    }
}

/// A degree as JSON: whole numbers without a fraction, as the service writes what was said by people.
pub(crate) fn degree(value: f64) -> Value {
    if value <= 0.0 {
        json!(0)
    } else if value >= 1.0 {
        json!(1)
    } else {
        json!(value)
    }
}
