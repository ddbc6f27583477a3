//! One condition of a search.

use serde_json::{Value, json};

use crate::body::BodyWriter;
use crate::concepts::{ConceptRef, ConceptValue};
use crate::error::InvalidArgument;
use crate::inputs::{Crop, Metadata, NewInput, check_geo_point};
use crate::target::check_id;
use crate::types::{Distance, GeoBox, GeoPoint};

/// One condition of a search. All terms of a search are combined with AND.
///
/// Terms on the input itself (annotated concepts, metadata, location, URL, id) filter the inputs; terms on its
/// appearance (predicted concepts, similar images) rank the remaining inputs.
#[doc(alias("InputSearchTerm", "OutputSearchTerm"))]
#[derive(Clone, Debug, PartialEq)]
pub struct SearchTerm(Kind);

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Annotated(ConceptRef),
    Predicted(ConceptRef),
    Metadata(Metadata),
    Near(GeoPoint, Option<Distance>),
    Within(GeoBox),
    OriginalUrl(NewInput),
    InputId(String),
    LooksLike(NewInput),
    LooksLikeInput(String, Option<Crop>),
}

impl SearchTerm {
    /// Matches inputs annotated with this concept; with [`ConceptRef::negative`], inputs annotated as not showing it.
    #[doc(alias = "search_by_annotated_concepts")]
    pub fn annotated(concept: ConceptRef) -> Self {
        Self(Kind::Annotated(concept))
    }

    /// Matches inputs for which the app's model predicts this concept.
    ///
    /// With [`ConceptRef::negative`], matches inputs for which it does not.
    #[doc(alias = "search_by_predicted_concepts")]
    pub fn predicted(concept: ConceptRef) -> Self {
        Self(Kind::Predicted(concept))
    }

    /// Matches inputs whose metadata contain at least one of these members.
    ///
    /// The value must be a JSON object with at least one member. To require several members, add one term for each.
    #[doc(alias = "search_by_metadata")]
    pub fn metadata(metadata: impl Into<Metadata>) -> Self {
        Self(Kind::Metadata(metadata.into()))
    }

    /// Matches inputs taken within a distance of a point. Without a distance, the service chooses one.
    ///
    /// ```
    /// use clarifai_core::{searches::SearchTerm, types::{Distance, GeoPoint}};
    ///
    /// let dublin = GeoPoint::new(-6.26, 53.35);
    /// let term = SearchTerm::near(dublin.clone(), Distance::km(10.0));
    /// let near = SearchTerm::near(dublin, None);
    /// ```
    #[doc(alias = "search_by_geo")]
    pub fn near(point: GeoPoint, distance: impl Into<Option<Distance>>) -> Self {
        Self(Kind::Near(point, distance.into()))
    }

    /// Matches inputs taken inside a geographic box.
    #[doc(alias = "GeoBox")]
    pub fn within(area: GeoBox) -> Self {
        Self(Kind::Within(area))
    }

    /// Matches inputs that were created from this URL.
    #[doc(alias = "search_by_original_url")]
    pub fn original_url(url: impl Into<String>) -> Self {
        Self(Kind::OriginalUrl(NewInput::image_url(url)))
    }

    /// Matches the input with this id.
    pub fn input_id(id: impl Into<String>) -> Self {
        Self(Kind::InputId(id.into()))
    }

    /// Matches inputs that are visually similar to an image.
    ///
    /// Create the image with [`NewInput::image_url`], [`NewInput::image_bytes`] or [`NewInput::image_base64`].
    #[doc(alias = "search_by_image")]
    pub fn similar_to(image: NewInput) -> Self {
        Self(Kind::LooksLike(image))
    }

    /// Matches inputs that are visually similar to the input with this id.
    pub fn similar_to_input(id: impl Into<String>) -> Self {
        Self(Kind::LooksLikeInput(id.into(), None))
    }

    /// Restricts the comparison to this part of the image. Ignored by terms other than visual similarity.
    pub fn crop(mut self, crop: Crop) -> Self {
        self.0 = match self.0 {
            Kind::LooksLike(input) => Kind::LooksLike(input.crop(crop)),
            Kind::LooksLikeInput(id, _) => Kind::LooksLikeInput(id, Some(crop)),
            other => other,
        };
        self
    }

    /// Writes the term as a member of `ands`.
    pub(crate) fn write(&self, json: &mut BodyWriter) -> Result<(), InvalidArgument> {
        let of_input = |data: Value| json!({"input": {"data": data}});
        let term = match &self.0 {
            Kind::Annotated(concept) => of_input(json!({"concepts": [stated(concept)?]})),
            Kind::Predicted(concept) => json!({"output": {"data": {"concepts": [stated(concept)?]}}}),
            Kind::Metadata(metadata) if metadata.check().is_err() || metadata.is_empty() => {
                return Err(InvalidArgument::new("metadata", "must be a JSON object with at least one member"));
            }
            Kind::Metadata(metadata) => {
                json.raw("{\"input\":{\"data\":{\"metadata\":").raw(metadata.as_str()).raw("}}}");
                return Ok(());
            }
            Kind::Near(point, distance) => {
                check_geo_point(point.longitude(), point.latitude())?;
                let mut geo = json!({"geo_point": point});
                if let Some(distance) = distance {
                    let value = distance.value();
                    if !value.is_finite() || value <= 0.0 {
                        return Err(InvalidArgument::new("distance", format!("is {value}, it must be greater than 0")));
                    }
                    geo["geo_limit"] = json!(distance);
                }
                of_input(json!({"geo": geo}))
            }
            Kind::Within(area) => {
                let GeoBox { corner, opposite } = area;
                for point in [corner, opposite] {
                    check_geo_point(point.longitude(), point.latitude())?;
                }
                if corner == opposite {
                    return Err(InvalidArgument::new("geo box", "has the same corner twice"));
                }
                of_input(json!({"geo": {"geo_box": area}}))
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

/// Returns the concept in the form that searches require: with an id or a name, not both, and always with a value.
fn stated(concept: &ConceptRef) -> Result<ConceptRef, InvalidArgument> {
    concept.check("concept")?;
    if concept.id.is_some() && concept.name.is_some() {
        return Err(InvalidArgument::new("concept", "has both an id and a name: search by one of them"));
    }
    let mut concept = concept.clone();
    concept.value.get_or_insert(ConceptValue::Is(true));
    Ok(concept)
}
