//! What the service answers with: concepts, inputs, outputs, models and the rest, as plain data.
//!
//! The service drops members that are zero, empty or false in one place and writes them in another,
//! and it adds new ones without notice. So every type here
//!
//! * has public fields, each an [`Option`], save for `id` and `name`, which are empty when absent;
//! * ignores members it does not know, and treats null and values of the wrong kind as absent;
//! * writes back, through [`serde::Serialize`], what it has read.
//!
//! Methods named like a field (`output.concepts()`) give the plain value with the obvious default.
//!
//! ```
//! use clarifai_core::model::Output;
//!
//! let output: Output = serde_json::from_str(
//!     r#"{"id": "o1", "data": {"concepts": [{"name": "train", "value": 0.99}, {"name": "dog", "value": 0.02}]}}"#,
//! )?;
//! assert_eq!(output.best().map(|concept| concept.name.as_str()), Some("train"));
//! assert_eq!(output.above(0.5).count(), 1);
//! # Ok::<(), serde_json::Error>(())
//! ```

mod annotation;
mod concept;
mod data;
mod enum_value;
mod evaluation;
mod geo;
mod input;
mod media;
mod output;
mod region;
mod search;
mod status;
mod timestamp;
mod trained;
mod visibility;
mod workflow;

pub use annotation::Annotation;
pub use concept::Concept;
pub use data::{
    Cluster, Color, ConceptGroup, Data, Embedding, Face, Focus, Frame, FrameInfo, NdArray, Part, TimeInfo, TimeSegment,
    Track, W3c,
};
pub use enum_value::EnumValue;
pub use evaluation::{
    BinaryMetrics, ConfusionMatrix, ConfusionMatrixEntry, CooccurrenceMatrix, CooccurrenceMatrixEntry, EvalMetrics,
    EvalTestSetEntry, LabelCount, LabelDistribution, MetricsSummary, PrecisionRecallCurve, Roc, TrackerMetrics,
};
pub use geo::{Geo, GeoBoxedPoint, GeoLimit, GeoPoint};
pub use input::{Input, InputCount};
pub use media::{Audio, AudioInfo, HostedUrl, Image, ImageInfo, Text, TextInfo, Video, VideoInfo};
pub use output::Output;
pub use region::{BoundingBox, Mask, Point, Polygon, Region, RegionInfo, Span, Token};
pub use search::Hit;
pub use status::{Class, Status, StatusCode};
pub use timestamp::Timestamp;
pub use trained::{
    ImportInfo, InputInfo, LossCurveEntry, Model, ModelVersion, OutputConfig, OutputInfo, PretrainedModelConfig,
    TrainInfo, TrainStats,
};
pub use visibility::{Gettable, Visibility};
pub use workflow::{NodeInput, Workflow, WorkflowNode, WorkflowResult, WorkflowVersion};
