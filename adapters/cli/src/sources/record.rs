//! What a list contains about an input.

use clarifai_core::concepts::ConceptRef;
use clarifai_core::inputs::NewInput;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The fields of a row of a CSV file, or of a line of JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Record {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) concepts: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) not_concepts: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) metadata: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lon: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lat: Option<f64>,
}

/// The columns that a list can have, besides `input`.
const COLUMNS: [&str; 7] = ["id", "concepts", "not_concepts", "metadata", "lon", "lat", "dataset"];

impl Record {
    /// Creates a record from the members of a JSON object. Other members become metadata if `other_columns` is set.
    /// Returns it with the path or URL. The error names the member.
    pub(super) fn from_json(members: Map<String, Value>, other_columns: bool) -> Result<(String, Self), String> {
        let (mut input, mut record) = (None, Self::default());
        let mut others = Map::new();
        for (name, value) in members {
            let is_empty = value.is_null() || value.as_str().is_some_and(str::is_empty);
            match name.as_str() {
                "input" => input = Some(text(&name, value)?),
                known if COLUMNS.contains(&known) && is_empty => {}
                "id" => record.id = Some(text(&name, value)?),
                "concepts" => record.concepts = texts(&name, value)?,
                "not_concepts" => record.not_concepts = texts(&name, value)?,
                "metadata" => record.metadata = Some(object(value)?),
                "lon" => record.lon = Some(degrees(&name, &value, 180.0)?),
                "lat" => record.lat = Some(degrees(&name, &value, 90.0)?),
                "dataset" => return Err("column `dataset`: datasets are not supported yet".to_owned()),
                _ if other_columns => _ = others.insert(name, value),
                _ => {}
            }
        }
        if record.lon.is_some() != record.lat.is_some() {
            return Err("columns `lon` and `lat` must be given together".to_owned());
        }
        if !others.is_empty() {
            record.metadata.get_or_insert_default().extend(others);
        }
        let input = input.filter(|input| !input.is_empty()).ok_or("column `input` is empty")?;
        Ok((input, record))
    }

    /// Creates a record from the fields of a CSV file, by the names of its columns.
    pub(super) fn from_fields<'a>(
        fields: impl Iterator<Item = (&'a str, &'a str)>,
        other_columns: bool,
    ) -> Result<(String, Self), String> {
        let mut members = Map::new();
        for (name, field) in fields {
            let value = match name {
                "concepts" | "not_concepts" => {
                    let names = field.split(';').map(str::trim).filter(|name| !name.is_empty());
                    names.map(Value::from).collect()
                }
                "metadata" if !field.trim().is_empty() => {
                    serde_json::from_str(field).map_err(|error| format!("column `metadata`: invalid JSON: {error}"))?
                }
                _ => Value::from(field),
            };
            members.insert(name.to_owned(), value);
        }
        Self::from_json(members, other_columns)
    }

    /// Sets what the record contains on an input, except its ID.
    pub(crate) fn apply(&self, mut input: NewInput) -> NewInput {
        if let Some(metadata) = &self.metadata {
            input = input.metadata(metadata.clone());
        }
        if let (Some(longitude), Some(latitude)) = (self.lon, self.lat) {
            input = input.geo_point(longitude, latitude);
        }
        let positive = self.concepts.iter().map(|id| ConceptRef::id(id).positive());
        let negative = self.not_concepts.iter().map(|id| ConceptRef::id(id).negative());
        positive.chain(negative).fold(input, NewInput::annotation)
    }

    /// Whether the record contains nothing.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn text(name: &str, value: Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(format!("column `{name}` must be a string")),
    }
}

fn texts(name: &str, value: Value) -> Result<Vec<String>, String> {
    match value {
        Value::Array(values) => values.into_iter().map(|value| text(name, value)).collect(),
        value => Ok(vec![text(name, value).map_err(|_| format!("column `{name}` must be a list of strings"))?]),
    }
}

fn object(value: Value) -> Result<Map<String, Value>, String> {
    match value {
        Value::Object(members) => Ok(members),
        _ => Err("column `metadata` must be a JSON object".to_owned()),
    }
}

fn degrees(name: &str, value: &Value, max: f64) -> Result<f64, String> {
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
    number
        .filter(|number| number.abs() <= max)
        .ok_or_else(|| format!("column `{name}` must be -{max} to {max} degrees"))
}
