//! The types of responses: concepts, inputs, outputs, models, workflows and the rest, as plain data.
//!
//! The service leaves out members that are zero, empty or false in some responses and sends them in others, and it adds
//! members without notice. Therefore every type here
//!
//! * has public fields that are each an [`Option`], `None` when the response does not contain the member. Only `id` and
//!   `name` are plain strings, which are empty when absent;
//! * ignores members it does not know, and treats null and values of the wrong JSON type as absent;
//! * writes the members it has read, through [`serde::Serialize`].
//!
//! A method with the name of a field (`output.concepts()`) returns the plain value, with a default if it is absent.
//!
//! Positions in images are fractions of the image's height and width, from 0 at the top left to 1 at the bottom right.
//! Values of concepts and scores of hits are 0 to 1.
//!
//! ```
//! use clarifai_core::types::Output;
//!
//! let output: Output = serde_json::from_str(
//!     r#"{"id": "o1", "data": {"concepts": [{"name": "train", "value": 0.99}, {"name": "dog", "value": 0.02}]}}"#,
//! )?;
//! assert_eq!(output.best().map(|concept| concept.name.as_str()), Some("train"));
//! assert_eq!(output.above(0.5).count(), 1);
//! # Ok::<(), serde_json::Error>(())
//! ```

mod annotation;
mod app;
mod audio;
mod bounding_box;
mod cluster;
mod color;
mod concept;
mod data;
mod dataset;
mod embedding;
mod enum_value;
mod eval_metrics;
mod face;
mod focus;
mod frame;
mod geo;
mod hit;
mod hosted_url;
mod image;
mod import_info;
mod input;
mod input_count;
mod input_info;
mod inputs_add_job;
mod model;
mod model_version;
mod output;
mod output_info;
mod part;
mod region;
mod region_info;
mod status;
mod text;
mod time_segment;
mod timestamp;
mod track;
mod train_info;
mod user;
mod video;
mod visibility;
mod workflow;
mod workflow_result;

pub use annotation::Annotation;
pub use app::App;
pub use audio::{Audio, AudioInfo};
pub use bounding_box::BoundingBox;
pub use cluster::Cluster;
pub use color::{Color, W3c};
pub use concept::Concept;
pub use data::Data;
pub use dataset::{Dataset, DatasetInput};
pub use embedding::Embedding;
pub use enum_value::EnumValue;
pub use eval_metrics::{
    BinaryMetrics, ConfusionMatrix, ConfusionMatrixEntry, CooccurrenceMatrix, CooccurrenceMatrixEntry, EvalMetrics,
    EvalTestSetEntry, LabelCount, LabelDistribution, MetricsSummary, PrecisionRecallCurve, Roc, TrackerMetrics,
};
pub use face::{ConceptGroup, Face};
pub use focus::Focus;
pub use frame::{Frame, FrameInfo};
pub use geo::{Distance, Geo, GeoBox, GeoBoxedPoint, GeoLimit, GeoPoint};
pub use hit::{Hit, HitCount};
pub use hosted_url::HostedUrl;
pub use image::{Image, ImageInfo};
pub use import_info::{ImportInfo, PretrainedModelConfig};
pub use input::Input;
pub use input_count::InputCount;
pub use input_info::InputInfo;
pub use inputs_add_job::{
    ContentUpload, InputsAddJob, InputsAddJobProgress, InputsExtractionJob, InputsExtractionJobProgress,
};
pub use model::Model;
pub use model_version::ModelVersion;
pub use output::Output;
pub use output_info::{OutputConfig, OutputInfo};
pub use part::{NdArray, Part};
pub use region::Region;
pub use region_info::{Mask, Point, Polygon, RegionInfo, Span, Token};
pub(crate) use status::Flag;
pub use status::{Status, StatusClass, StatusCode};
pub use text::{Text, TextInfo};
pub use time_segment::{TimeInfo, TimeSegment};
pub use timestamp::Timestamp;
pub use track::Track;
pub use train_info::{LossCurveEntry, TrainInfo, TrainStats};
pub use user::{User, UserDetail};
pub use video::{Video, VideoInfo};
pub use visibility::{Gettable, Visibility};
pub use workflow::{NodeInput, Workflow, WorkflowNode, WorkflowVersion};
pub use workflow_result::WorkflowResult;
