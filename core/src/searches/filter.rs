//! A filter of a search: what a hit must be.

use serde_json::{Value, json};

use super::rank::number;
use crate::arguments::check_dataset_id;
use crate::body::BodyWriter;
use crate::concepts::ConceptRef;
use crate::error::InvalidArgument;
use crate::inputs::{Metadata, check_geo_point};
use crate::target::check_id;
use crate::types::{Distance, GeoBox, GeoPoint, StatusCode, Timestamp};

/// A filter of [`QueryInputs`](super::QueryInputs) and [`QueryAnnotations`](super::QueryAnnotations): what a hit must
/// be. All filters of a search are combined with AND.
///
/// ```
/// use clarifai_core::{concepts::ConceptRef, searches::{InputKind, SearchFilter}};
///
/// let images = SearchFilter::kind(InputKind::Image);
/// let boats = SearchFilter::any_concept([ConceptRef::id("boat"), ConceptRef::id("ship")]);
/// let not_by_night = SearchFilter::concept(ConceptRef::id("night")).negate();
/// ```
#[doc(alias = "Filter")]
#[derive(Clone, Debug, PartialEq)]
pub struct SearchFilter {
    negate: bool,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    /// A member of the filter, `annotation` or `input`, in its final form.
    Of(&'static str, Value),
    /// The member `annotation` with an id in it, and the name of that argument.
    WithId(&'static str, String, Value),
    Datasets(Vec<String>),
    Concepts(Vec<ConceptRef>),
    Metadata(Metadata),
    Info(Metadata),
    Near(GeoPoint, Option<Distance>),
    Within(GeoBox),
    Updated(Option<Timestamp>, Option<Timestamp>),
}

/// The kind of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InputKind {
    /// An image.
    Image,
    /// A video.
    Video,
    /// An audio recording.
    Audio,
    /// A text.
    Text,
}

impl InputKind {
    const fn key(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Text => "text",
        }
    }
}

/// The kind of an annotation: what it describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LabelKind {
    /// The whole input, without a region, a frame or a time range.
    Whole,
    /// A region with a bounding box.
    BoundingBox,
    /// A region with a mask.
    Mask,
    /// A region of a single point.
    Point,
    /// A region with an outline.
    Polygon,
    /// A range of characters of a text.
    Span,
    /// A frame of a video.
    Frame,
    /// A time range of a recording.
    TimeSegment,
}

impl LabelKind {
    /// Returns the data that select the kind: an empty object at its place.
    fn data(self) -> Value {
        let region = |shape: &str| json!({"regions": [{"region_info": {shape: {}}}]});
        match self {
            Self::Whole => json!({}),
            Self::BoundingBox => region("bounding_box"),
            Self::Mask => region("mask"),
            Self::Point => region("point"),
            Self::Polygon => region("polygon"),
            Self::Span => region("span"),
            Self::Frame => json!({"frames": [{"frame_info": {}}]}),
            Self::TimeSegment => json!({"time_segments": [{"time_info": {}}]}),
        }
    }
}

impl SearchFilter {
    fn new(kind: Kind) -> Self {
        Self { negate: false, kind }
    }

    fn annotation(annotation: Value) -> Self {
        Self::new(Kind::Of("annotation", annotation))
    }

    fn with_id(argument: &'static str, id: String, annotation: impl Fn(&str) -> Value) -> Self {
        let annotation = annotation(&id);
        Self::new(Kind::WithId(argument, id, annotation))
    }

    /// Matches inputs of this kind.
    pub fn kind(kind: InputKind) -> Self {
        Self::new(Kind::Of("input", json!({"data": {kind.key(): {}}})))
    }

    /// Matches inputs of the dataset with this id.
    pub fn dataset(id: impl Into<String>) -> Self {
        Self::any_dataset([id])
    }

    /// Matches inputs of at least one of the datasets with these ids.
    pub fn any_dataset(ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::new(Kind::Datasets(ids.into_iter().map(Into::into).collect()))
    }

    /// Matches inputs with this processing status, such as [`StatusCode::INPUT_SUCCESS`].
    #[expect(clippy::needless_pass_by_value, reason = "callers pass constants")]
    pub fn input_status(code: StatusCode) -> Self {
        Self::new(Kind::Of("input", json!({"status": {"code": code}})))
    }

    /// Matches annotations with this concept; with [`ConceptRef::negative`], annotations that it is not there.
    pub fn concept(concept: ConceptRef) -> Self {
        Self::any_concept([concept])
    }

    /// Matches annotations with at least one of these concepts. To require several, add a filter for each.
    pub fn any_concept(concepts: impl IntoIterator<Item = ConceptRef>) -> Self {
        Self::new(Kind::Concepts(concepts.into_iter().collect()))
    }

    /// Matches metadata with this member, whose value may be any JSON.
    pub fn metadata(key: impl Into<String>, value: impl Into<Value>) -> Self {
        let (key, value): (String, Value) = (key.into(), value.into());
        Self::any_metadata(json!({key: value}))
    }

    /// Matches metadata with at least one of the members of this JSON object. To require several, add a filter for
    /// each.
    pub fn any_metadata(metadata: impl Into<Metadata>) -> Self {
        Self::new(Kind::Metadata(metadata.into()))
    }

    /// Matches inputs taken within a distance of a point. Without a distance, the service chooses one.
    pub fn near(point: GeoPoint, distance: impl Into<Option<Distance>>) -> Self {
        Self::new(Kind::Near(point, distance.into()))
    }

    /// Matches inputs taken inside a geographic box.
    pub fn within(area: GeoBox) -> Self {
        Self::new(Kind::Within(area))
    }

    /// Matches annotations in this review state, such as [`StatusCode::ANNOTATION_SUCCESS`].
    #[expect(clippy::needless_pass_by_value, reason = "callers pass constants")]
    pub fn annotation_status(code: StatusCode) -> Self {
        Self::annotation(json!({"status": {"code": code}}))
    }

    /// Matches annotations whose information has at least one of the members of this JSON object.
    pub fn annotation_info(info: impl Into<Metadata>) -> Self {
        Self::new(Kind::Info(info.into()))
    }

    /// Matches the inputs' own labels (`true`) or all other annotations (`false`).
    pub fn input_level(own: bool) -> Self {
        Self::annotation(json!({"input_level": own}))
    }

    /// Matches annotations that the service trusts as correct (`true`) or not (`false`).
    ///
    /// **Deprecated by Clarifai; still accepted.**
    pub fn trusted(trusted: bool) -> Self {
        Self::annotation(json!({"trusted": trusted}))
    }

    /// Matches annotations made by the user with this id.
    pub fn by_user(id: impl Into<String>) -> Self {
        Self::with_id("user id", id.into(), |id| json!({"worker": {"user": {"id": id}}}))
    }

    /// Matches annotations made by the model version with this id.
    pub fn by_model_version(id: impl Into<String>) -> Self {
        let worker = |id: &str| json!({"worker": {"model": {"model_version": {"id": id}}}});
        Self::with_id("model version id", id.into(), worker)
    }

    /// Matches annotations made by the workflow version with this id.
    pub fn by_workflow_version(id: impl Into<String>) -> Self {
        let worker = |id: &str| json!({"worker": {"workflow": {"version": {"id": id}}}});
        Self::with_id("workflow version id", id.into(), worker)
    }

    /// Matches annotations of this kind.
    pub fn label(kind: LabelKind) -> Self {
        Self::annotation(json!({"data": kind.data()}))
    }

    /// Matches regions of the track with this id.
    pub fn track(id: impl Into<String>) -> Self {
        Self::with_id("track id", id.into(), |id| json!({"data": {"regions": [{"track_id": id}]}}))
    }

    /// Matches inputs of the cluster with this id.
    pub fn cluster(id: impl Into<String>) -> Self {
        Self::with_id("cluster id", id.into(), |id| json!({"data": {"clusters": [{"id": id}]}}))
    }

    /// Matches what was last changed between two times, of which one may be `None`.
    #[doc(alias = "last_updated_time_range")]
    pub fn updated(start: impl Into<Option<Timestamp>>, end: impl Into<Option<Timestamp>>) -> Self {
        Self::new(Kind::Updated(start.into(), end.into()))
    }

    /// Inverts the filter.
    pub fn negate(mut self) -> Self {
        self.negate = !self.negate;
        self
    }

    /// Writes the filter as a member of `filters`.
    pub(super) fn write(&self, json: &mut BodyWriter) -> Result<(), InvalidArgument> {
        json.raw(if self.negate { "{\"negate\":true," } else { "{" });
        match &self.kind {
            Kind::Metadata(metadata) => {
                json.raw("\"annotation\":{\"data\":{\"metadata\":").raw(object("metadata", metadata)?).raw("}}");
            }
            Kind::Info(info) => {
                json.raw("\"annotation\":{\"annotation_info\":").raw(object("annotation info", info)?).raw("}");
            }
            _ => {
                let (key, value) = self.kind.member()?;
                json.raw("\"").raw(key).raw("\":").value("filter", &value)?;
            }
        }
        json.raw("}");
        Ok(())
    }
}

impl Kind {
    /// Returns the member of the filter: its key and its value.
    fn member(&self) -> Result<(&'static str, Value), InvalidArgument> {
        let of_data = |data: Value| ("annotation", json!({"data": data}));
        Ok(match self {
            Self::Of(key, value) => (*key, value.clone()),
            Self::WithId(argument, id, annotation) => {
                check_id(argument, id)?;
                ("annotation", annotation.clone())
            }
            Self::Datasets(ids) => {
                if ids.is_empty() {
                    return Err(InvalidArgument::new("datasets", "must not be empty"));
                }
                for (index, id) in ids.iter().enumerate() {
                    check_dataset_id("id", id).map_err(|invalid| invalid.at("datasets", index))?;
                }
                ("input", json!({"dataset_ids": ids}))
            }
            Self::Concepts(concepts) => {
                if concepts.is_empty() {
                    return Err(InvalidArgument::new("concepts", "must not be empty"));
                }
                let concepts = concepts.iter().enumerate();
                let concepts = concepts.map(|(index, one)| number(one).map_err(|error| error.at("concepts", index)));
                of_data(json!({"concepts": concepts.collect::<Result<Vec<_>, _>>()?}))
            }
            Self::Near(point, distance) => {
                check_geo_point(point.longitude(), point.latitude())?;
                let mut geo = json!({"geo_point": point});
                if let Some(distance) = distance {
                    let value = distance.value();
                    if !value.is_finite() || value <= 0.0 {
                        return Err(InvalidArgument::new("distance", format!("is {value}, it must be greater than 0")));
                    }
                    geo["geo_limit"] = json!(distance);
                }
                of_data(json!({"geo": geo}))
            }
            Self::Within(area) => {
                for point in [&area.corner, &area.opposite] {
                    check_geo_point(point.longitude(), point.latitude())?;
                }
                if area.corner == area.opposite {
                    return Err(InvalidArgument::new("geo box", "has the same corner twice"));
                }
                of_data(json!({"geo": {"geo_box": area}}))
            }
            Self::Updated(start, end) => ("last_updated_time_range", time_range(start.as_ref(), end.as_ref())?),
            Self::Metadata(_) | Self::Info(_) => return Err(InvalidArgument::new("metadata", "must be a JSON object")),
        })
    }
}

/// Accepts a JSON object with at least one member.
fn object<'a>(argument: &'static str, metadata: &'a Metadata) -> Result<&'a str, InvalidArgument> {
    match metadata.check().is_ok() && !metadata.is_empty() {
        true => Ok(metadata.as_str()),
        false => Err(InvalidArgument::new(argument, "must be a JSON object with at least one member")),
    }
}

fn time_range(start: Option<&Timestamp>, end: Option<&Timestamp>) -> Result<Value, InvalidArgument> {
    let mut range = json!({});
    for (key, time) in [("start_time", start), ("end_time", end)] {
        let Some(time) = time else { continue };
        if time.duration_since_epoch().is_none() {
            return Err(InvalidArgument::new(
                "time range",
                format!("has the {key} `{time}`, which is not a valid time"),
            ));
        }
        range[key] = json!(time);
    }
    let order = start.and_then(Timestamp::duration_since_epoch) > end.and_then(Timestamp::duration_since_epoch);
    match (start, end) {
        (None, None) => Err(InvalidArgument::new("time range", "needs a start or an end")),
        (Some(_), Some(_)) if order => Err(InvalidArgument::new("time range", "must end after its start")),
        _ => Ok(range),
    }
}
