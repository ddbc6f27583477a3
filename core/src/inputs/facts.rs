//! What is said of an input besides the medium: concepts, metadata, place, regions.

use serde_json::{Value, json};

use super::NewRegion;
use crate::body::BodyWriter;
use crate::concepts::ConceptRef;
use crate::error::InvalidArgument;

/// What is said of an input besides the medium.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Facts {
    pub(crate) concepts: Vec<ConceptRef>,
    pub(crate) metadata: Option<Value>,
    pub(crate) geo: Option<(f64, f64)>,
    pub(crate) regions: Vec<NewRegion>,
}

impl Facts {
    /// Writes the members of `data` they make up. `first` says that nothing stands in front of them.
    pub(crate) fn write(&self, json: &mut BodyWriter, mut first: bool) -> Result<(), InvalidArgument> {
        let mut key = |json: &mut BodyWriter, key: &str| {
            json.raw(if std::mem::take(&mut first) { "\"" } else { ",\"" }).raw(key).raw("\":");
        };
        if !self.concepts.is_empty() {
            ConceptRef::check_all(&self.concepts)?;
            key(json, "concepts");
            json.value("concepts", &self.concepts)?;
        }
        if let Some(metadata) = &self.metadata {
            if !metadata.is_object() {
                return Err(InvalidArgument::new("metadata", "must be a JSON object"));
            }
            key(json, "metadata");
            json.value("metadata", metadata)?;
        }
        if let Some((longitude, latitude)) = self.geo {
            check_geo_point(longitude, latitude)?;
            key(json, "geo");
            json.value("geo", &json!({"geo_point": {"longitude": longitude, "latitude": latitude}}))?;
        }
        if !self.regions.is_empty() {
            let regions = self.regions.iter().enumerate();
            let regions = regions.map(|(index, region)| region.json().map_err(|invalid| invalid.at("regions", index)));
            key(json, "regions");
            json.value("regions", &regions.collect::<Result<Vec<_>, _>>()?)?;
        }
        Ok(())
    }

    /// Whether merging it twice says it twice.
    pub(crate) fn appends(&self) -> bool {
        fn has_list(value: &Value) -> bool {
            match value {
                Value::Array(_) => true,
                Value::Object(members) => members.values().any(has_list),
                _ => false,
            }
        }
        !self.regions.is_empty() || self.metadata.iter().any(has_list)
    }

    /// Whether nothing is said.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Refuses what is no place on earth.
pub(crate) fn check_geo_point(longitude: f64, latitude: f64) -> Result<(), InvalidArgument> {
    if (-180.0..=180.0).contains(&longitude) && (-90.0..=90.0).contains(&latitude) {
        return Ok(());
    }
    Err(InvalidArgument::new(
        "geo point",
        format!("({longitude}, {latitude}) must be a longitude of -180 to 180 and a latitude of -90 to 90"),
    ))
}
