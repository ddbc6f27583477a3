//! The annotations of an input: concepts, metadata, location and regions.

use serde_json::json;

use super::{Metadata, NewRegion};
use crate::body::BodyWriter;
use crate::concepts::ConceptRef;
use crate::error::InvalidArgument;

/// The annotations of an input.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Annotations {
    pub(crate) concepts: Vec<ConceptRef>,
    pub(crate) metadata: Option<Metadata>,
    pub(crate) geo: Option<(f64, f64)>,
    pub(crate) regions: Vec<NewRegion>,
}

impl Annotations {
    /// Writes the annotations as members of `data`. `first` means that no member precedes them.
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
            metadata.check()?;
            key(json, "metadata");
            json.raw(metadata.as_str());
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

    /// Returns true if merging these annotations twice adds some of them twice.
    pub(crate) fn appends(&self) -> bool {
        self.regions.iter().any(|region| region.get_id().is_none()) || self.metadata.iter().any(Metadata::has_list)
    }

    /// Returns true if there are no annotations.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Checks that longitude and latitude are within their ranges.
pub(crate) fn check_geo_point(longitude: f64, latitude: f64) -> Result<(), InvalidArgument> {
    if (-180.0..=180.0).contains(&longitude) && (-90.0..=90.0).contains(&latitude) {
        return Ok(());
    }
    Err(InvalidArgument::new(
        "geo point",
        format!("({longitude}, {latitude}) must be a longitude of -180 to 180 and a latitude of -90 to 90"),
    ))
}
