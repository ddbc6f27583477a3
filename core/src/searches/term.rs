//! One condition of a search.

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::body::BodyWriter;
use crate::concepts::{ConceptRef, ConceptValue};
use crate::error::Invalid;
use crate::inputs::{Crop, NewInput, check_geo_point};
use crate::target::check_id;

/// One condition of a search. A search has several, and all of them count.
///
/// Terms on what is known of an input (annotated concepts, metadata, place, address) leave out what does not fit;
/// terms on what it looks like (predicted concepts, similar pictures) rank what is left.
#[doc(alias("InputSearchTerm", "OutputSearchTerm"))]
#[derive(Clone, Debug, PartialEq)]
pub struct SearchTerm(Kind);

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Annotated(ConceptRef),
    Predicted(ConceptRef),
    Metadata(Map<String, Value>),
    Near { longitude: f64, latitude: f64, limit: Option<(f64, DistanceUnit)> },
    Within([(f64, f64); 2]),
    OriginalUrl(NewInput),
    InputId(String),
    LooksLike(NewInput),
    LooksLikeInput(String, Option<Crop>),
}

/// The unit of a distance on earth.
#[doc(alias = "GeoLimit")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub enum DistanceUnit {
    /// Statute miles.
    #[serde(rename = "withinMiles")]
    Miles,
    /// Kilometres.
    #[serde(rename = "withinKilometers")]
    Kilometers,
    /// Degrees of a great circle.
    #[serde(rename = "withinDegrees")]
    Degrees,
    /// Radians of a great circle.
    #[serde(rename = "withinRadians")]
    Radians,
}

impl SearchTerm {
    /// Inputs of which somebody said that they show this concept; with [`ConceptRef::negative`], that they do not.
    #[doc(alias = "search_by_annotated_concepts")]
    pub fn annotated(concept: ConceptRef) -> Self {
        Self(Kind::Annotated(concept))
    }

    /// Inputs in which the app's model sees this concept; with [`ConceptRef::negative`], does not see it.
    #[doc(alias = "search_by_predicted_concepts")]
    pub fn predicted(concept: ConceptRef) -> Self {
        Self(Kind::Predicted(concept))
    }

    /// Inputs whose metadata hold one of these members. To ask for all of several, add a term for each.
    #[doc(alias = "search_by_metadata")]
    pub fn metadata(metadata: Map<String, Value>) -> Self {
        Self(Kind::Metadata(metadata))
    }

    /// Inputs taken within this distance of a place: degrees east, then degrees north.
    #[doc(alias = "search_by_geo")]
    pub fn near(longitude: f64, latitude: f64, distance: f64, unit: DistanceUnit) -> Self {
        Self(Kind::Near { longitude, latitude, limit: Some((distance, unit)) })
    }

    /// Inputs taken near a place, within the distance the service takes for near.
    pub fn at(longitude: f64, latitude: f64) -> Self {
        Self(Kind::Near { longitude, latitude, limit: None })
    }

    /// Inputs taken between two opposite corners, each degrees east, then degrees north.
    #[doc(alias = "GeoBox")]
    pub fn within(corner: (f64, f64), opposite: (f64, f64)) -> Self {
        Self(Kind::Within([corner, opposite]))
    }

    /// The inputs that were made from this address.
    #[doc(alias = "search_by_original_url")]
    pub fn original_url(url: impl Into<String>) -> Self {
        Self(Kind::OriginalUrl(NewInput::image_url(url)))
    }

    /// The input with this id.
    pub fn input_id(id: impl Into<String>) -> Self {
        Self(Kind::InputId(id.into()))
    }

    /// Inputs that look like the picture at this address.
    #[doc(alias = "search_by_image")]
    pub fn looks_like_url(url: impl Into<String>) -> Self {
        Self(Kind::LooksLike(NewInput::image_url(url)))
    }

    /// Inputs that look like this picture.
    pub fn looks_like_bytes(bytes: impl Into<Bytes>) -> Self {
        Self(Kind::LooksLike(NewInput::image_bytes(bytes)))
    }

    /// Inputs that look like this picture, which is base64 already.
    pub fn looks_like_base64(text: impl Into<String>) -> Self {
        Self(Kind::LooksLike(NewInput::image_base64(text)))
    }

    /// Inputs that look like the input with this id.
    pub fn looks_like_input(id: impl Into<String>) -> Self {
        Self(Kind::LooksLikeInput(id.into(), None))
    }

    /// Only this part of the picture to compare with counts. Without meaning for other terms.
    pub fn with_crop(mut self, crop: Crop) -> Self {
        self.0 = match self.0 {
            Kind::LooksLike(input) => Kind::LooksLike(input.with_crop(crop)),
            Kind::LooksLikeInput(id, _) => Kind::LooksLikeInput(id, Some(crop)),
            other => other,
        };
        self
    }

    /// Writes the term as a member of `ands`.
    pub(crate) fn write(&self, json: &mut BodyWriter) -> Result<(), Invalid> {
        let of_input = |data: Value| json!({"input": {"data": data}});
        let term = match &self.0 {
            Kind::Annotated(concept) => of_input(json!({"concepts": [stated(concept)?]})),
            Kind::Predicted(concept) => json!({"output": {"data": {"concepts": [stated(concept)?]}}}),
            Kind::Metadata(metadata) if metadata.is_empty() => return Err(Invalid::new("metadata", "are empty")),
            Kind::Metadata(metadata) => of_input(json!({"metadata": metadata})),
            Kind::Near { longitude, latitude, limit } => {
                check_geo_point(*longitude, *latitude)?;
                let mut geo = json!({"geo_point": {"longitude": longitude, "latitude": latitude}});
                if let Some((distance, unit)) = limit {
                    if !distance.is_finite() || *distance <= 0.0 {
                        return Err(Invalid::new("distance", format!("is {distance}, it must be greater than 0")));
                    }
                    geo["geo_limit"] = json!({"type": unit, "value": distance});
                }
                of_input(json!({"geo": geo}))
            }
            Kind::Within(corners) => {
                if corners[0] == corners[1] {
                    return Err(Invalid::new("geo box", "has the same corner twice"));
                }
                let point = |(longitude, latitude): (f64, f64)| {
                    check_geo_point(longitude, latitude)?;
                    Ok(json!({"geo_point": {"longitude": longitude, "latitude": latitude}}))
                };
                of_input(json!({"geo": {"geo_box": [point(corners[0])?, point(corners[1])?]}}))
            }
            Kind::OriginalUrl(input) => {
                json.raw("{\"input\":{\"data\":{\"image\":{");
                input.write_medium(json)?;
                json.raw("}}}}");
                return Ok(());
            }
            Kind::InputId(id) => {
                check_id("input id", id)?;
                json!({"input": {"id": id, "data": {"image": {}}}})
            }
            Kind::LooksLike(input) => {
                json.raw("{\"output\":{\"input\":{\"data\":{\"image\":{");
                input.write_medium(json)?;
                json.raw("}}}}}");
                return Ok(());
            }
            Kind::LooksLikeInput(id, crop) => {
                check_id("input id", id)?;
                let mut image = json!({});
                if let Some(crop) = crop {
                    crop.check()?;
                    image["crop"] = json!(crop);
                }
                json!({"output": {"input": {"id": id, "data": {"image": image}}}})
            }
        };
        json.value("search term", &term).map(drop)
    }
}

/// A concept as searches want it: by id or name, not both, and always with a value.
fn stated(concept: &ConceptRef) -> Result<ConceptRef, Invalid> {
    concept.check("concept")?;
    if concept.id.is_some() && concept.name.is_some() {
        return Err(Invalid::new("concept", "has both an id and a name: search by one of them"));
    }
    let mut concept = concept.clone();
    concept.value.get_or_insert(ConceptValue::Is(true));
    Ok(concept)
}
