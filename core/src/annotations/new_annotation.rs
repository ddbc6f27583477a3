//! An annotation to create, or the changes to one.

use serde_json::json;

use super::NewTimeSegment;
use crate::arguments::check_stored_id;
use crate::body::BodyWriter;
use crate::concepts::ConceptRef;
use crate::error::InvalidArgument;
use crate::inputs::{Annotations, Metadata, NewRegion};
use crate::target::check_id;
use crate::types::StatusCode;

/// An annotation to create, or the changes to an existing one.
///
/// ```
/// use clarifai_core::annotations::NewAnnotation;
/// use clarifai_core::concepts::ConceptRef;
/// use clarifai_core::inputs::NewRegion;
///
/// let whole = NewAnnotation::new("photo-1").concept("harbor").not_concept("train");
/// let part = NewAnnotation::new("photo-1")
///     .region(NewRegion::bounding_box(0.1, 0.2, 0.5, 0.6).concept(ConceptRef::id("boat").valued(1.0)));
/// ```
#[doc(alias("Annotation", "get_bbox_proto", "get_mask_proto", "get_annotation_proto"))]
#[derive(Clone, Debug, PartialEq)]
pub struct NewAnnotation {
    id: Option<String>,
    input: String,
    data: Annotations,
    time_segments: Vec<NewTimeSegment>,
    text: Option<String>,
    status: Option<StatusCode>,
    info: Option<Metadata>,
    task: Option<String>,
    input_level: bool,
}

impl NewAnnotation {
    /// Creates an empty annotation of the input with this id.
    pub fn new(input: impl Into<String>) -> Self {
        Self {
            id: None,
            input: input.into(),
            data: Annotations::default(),
            time_segments: Vec::new(),
            text: None,
            status: None,
            info: None,
            task: None,
            input_level: false,
        }
    }

    /// Sets the id of the annotation. Default: chosen by the service. A patch requires it.
    ///
    /// With a caller-chosen id, creating the annotation is safe to retry.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Adds the concept with this id: the input shows it.
    pub fn concept(self, id: impl Into<String>) -> Self {
        self.annotation(ConceptRef::id(id).valued(1.0))
    }

    /// Adds the concept with this id: the input does not show it.
    pub fn not_concept(self, id: impl Into<String>) -> Self {
        self.annotation(ConceptRef::id(id).valued(0.0))
    }

    /// Adds a concept with an id or a name, and any value.
    pub fn annotation(mut self, concept: ConceptRef) -> Self {
        self.data.concepts.push(concept);
        self
    }

    /// Adds a region: a bounding box, mask, polygon or point of an image, or a range of characters of a text.
    pub fn region(mut self, region: NewRegion) -> Self {
        self.data.regions.push(region);
        self
    }

    /// Adds a time range of a recording.
    pub fn time_segment(mut self, segment: NewTimeSegment) -> Self {
        self.time_segments.push(segment);
        self
    }

    /// Sets the text of the annotation, such as a caption of an image.
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// Sets the metadata, which must be a JSON object.
    pub fn metadata(mut self, metadata: impl Into<Metadata>) -> Self {
        self.data.metadata = Some(metadata.into());
        self
    }

    /// Sets the review state, such as [`StatusCode::ANNOTATION_PENDING`]. Default: chosen by the service, usually
    /// accepted.
    pub fn status(mut self, code: StatusCode) -> Self {
        self.status = Some(code);
        self
    }

    /// Sets information for the author's own use, which must be a JSON object.
    #[doc(alias = "annotation_info")]
    pub fn info(mut self, info: impl Into<Metadata>) -> Self {
        self.info = Some(info.into());
        self
    }

    /// Sets the id of the labeling task that the annotation belongs to.
    pub fn task(mut self, id: impl Into<String>) -> Self {
        self.task = Some(id.into());
        self
    }

    /// Marks the annotation as the input's own labels.
    pub fn input_level(mut self) -> Self {
        self.input_level = true;
        self
    }

    /// Returns the caller-chosen id, if one is set.
    pub fn get_id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Returns the id of the input.
    pub fn input_id(&self) -> &str {
        &self.input
    }

    /// Returns whether merging the annotation twice adds some of it twice.
    pub(crate) fn appends(&self) -> bool {
        self.data.appends() || self.time_segments.iter().any(|segment| !segment.has_id())
    }

    /// Returns whether there is nothing in `data`.
    pub(crate) fn has_no_data(&self) -> bool {
        self.data.is_empty() && self.time_segments.is_empty() && self.text.is_none()
    }

    /// Returns whether the annotation has nothing but ids.
    pub(crate) fn changes_nothing(&self) -> bool {
        self.has_no_data() && self.status.is_none() && self.info.is_none() && self.task.is_none()
    }

    /// Writes the annotation as a member of `annotations`.
    pub(crate) fn write(&self, json: &mut BodyWriter) -> Result<(), InvalidArgument> {
        json.raw("{");
        if let Some(id) = &self.id {
            check_id("id", id)?;
            json.raw("\"id\":").value("id", id)?.raw(",");
        }
        check_stored_id("input id", &self.input)?;
        json.raw("\"input_id\":").value("input id", &self.input)?;
        if !self.has_no_data() {
            json.raw(",\"data\":{");
            self.write_data(json)?;
            json.raw("}");
        }
        if let Some(status) = &self.status {
            json.raw(",\"status\":").value("status", &json!({"code": status}))?;
        }
        if let Some(info) = &self.info {
            info.check().map_err(|_| InvalidArgument::new("info", "must be a JSON object"))?;
            json.raw(",\"annotation_info\":").raw(info.as_str());
        }
        if let Some(task) = &self.task {
            check_id("task id", task)?;
            json.raw(",\"task_id\":").value("task id", task)?;
        }
        if self.input_level {
            json.raw(",\"input_level\":true");
        }
        json.raw("}");
        Ok(())
    }

    fn write_data(&self, json: &mut BodyWriter) -> Result<(), InvalidArgument> {
        self.data.write(json, true)?;
        let mut comma = if self.data.is_empty() { "" } else { "," };
        if let Some(text) = &self.text {
            json.raw(comma).raw("\"text\":").value("text", &json!({"raw": text}))?;
            comma = ",";
        }
        if !self.time_segments.is_empty() {
            let segments = self.time_segments.iter().enumerate();
            let segments =
                segments.map(|(index, one)| one.json().map_err(|invalid| invalid.at("time segments", index)));
            let segments = segments.collect::<Result<Vec<_>, _>>()?;
            json.raw(comma).raw("\"time_segments\":").value("time segments", &segments)?;
        }
        Ok(())
    }
}

/// Writes `"annotations":[…]` with 1 to 128 annotations, each of which `check` accepts.
pub(crate) fn write_annotations(
    annotations: &[NewAnnotation],
    json: &mut BodyWriter,
    check: impl Fn(&NewAnnotation) -> Result<(), InvalidArgument>,
) -> Result<(), InvalidArgument> {
    crate::arguments::check_count("annotations", annotations.len())?;
    json.raw("\"annotations\":[");
    for (index, annotation) in annotations.iter().enumerate() {
        if index > 0 {
            json.raw(",");
        }
        check(annotation).and_then(|()| annotation.write(json)).map_err(|invalid| invalid.at("annotations", index))?;
    }
    json.raw("]");
    Ok(())
}
