//! [`EvalMetrics`]: the results of evaluating a model on inputs whose concepts are known.

use serde_json::Value;

use super::{Annotation, Concept, Input, Model, Status};
use crate::lenient::record;

record! {
    /// The results of evaluating a model version on inputs whose concepts are known (the ground truth).
    pub struct EvalMetrics {
        /// Evaluation id.
        pub id: String,
        /// State of the evaluation. The metrics of a model version may contain nothing else.
        pub status: Option<Status>,
        /// Id of the user or organization that owns the evaluation.
        pub user_id: Option<String>,
        /// Id of the app that the evaluation belongs to.
        pub app_id: Option<String>,
        /// The model that was evaluated.
        pub model: Option<Box<Model>>,
        /// The dataset with the ground truth, as free-form JSON.
        pub ground_truth_dataset: Option<Value>,
        /// The dataset with the predictions, as free-form JSON.
        pub predictions_dataset: Option<Value>,
        /// Metrics of the model as a whole.
        pub summary: Option<MetricsSummary>,
        /// How the predicted concepts relate to the actual ones.
        pub confusion_matrix: Option<ConfusionMatrix>,
        /// Which concepts occur together.
        pub cooccurrence_matrix: Option<CooccurrenceMatrix>,
        /// Number of examples of each concept.
        pub label_counts: Option<LabelDistribution>,
        /// Metrics of each concept.
        pub binary_metrics: Option<Vec<BinaryMetrics>>,
        /// Predictions and ground truth of each input.
        pub test_set: Option<Vec<EvalTestSetEntry>>,
        /// Metrics by size of the region, for models that detect regions.
        pub metrics_by_area: Option<Vec<BinaryMetrics>>,
        /// Metrics by concept, for models that detect regions.
        pub metrics_by_class: Option<Vec<BinaryMetrics>>,
        /// Metrics of models that follow objects through a video.
        pub tracker_metrics: Option<Vec<TrackerMetrics>>,
        /// Options of the evaluation, as free-form JSON.
        pub eval_info: Option<Value>,
        /// Metrics of other kinds of models, as free-form JSON.
        pub extended_metrics: Option<Value>,
    }
}

record! {
    /// Metrics of a model as a whole: means and standard deviations over its concepts, each 0 to 1.
    pub struct MetricsSummary {
        /// Share of inputs for which the concept with the highest value is correct.
        pub top1_accuracy: Option<f64>,
        /// Share of inputs for which the correct concept is among the five with the highest values.
        pub top5_accuracy: Option<f64>,
        /// Mean area under the ROC curve.
        pub macro_avg_roc_auc: Option<f64>,
        /// Standard deviation of the area under the ROC curve.
        pub macro_std_roc_auc: Option<f64>,
        /// Mean F1 score.
        pub macro_avg_f1_score: Option<f64>,
        /// Standard deviation of the F1 score.
        pub macro_std_f1_score: Option<f64>,
        /// Mean precision.
        pub macro_avg_precision: Option<f64>,
        /// Mean recall.
        pub macro_avg_recall: Option<f64>,
        /// Mean average precision for regions with an intersection over union of at least 0.5.
        pub mean_avg_precision_iou_50: Option<f64>,
        /// Mean average precision over a range of thresholds of the intersection over union.
        pub mean_avg_precision_iou_range: Option<f64>,
    }
}

record! {
    /// How the predicted concepts relate to the actual ones.
    pub struct ConfusionMatrix {
        /// The cells.
        pub matrix: Option<Vec<ConfusionMatrixEntry>>,
        /// Ids of the concepts of the rows and columns.
        pub concept_ids: Option<Vec<String>>,
    }
}

record! {
    /// The mean value with which a concept is predicted for inputs of an actual concept.
    pub struct ConfusionMatrixEntry {
        /// Predicted concept.
        pub predicted: Option<String>,
        /// Actual concept.
        pub actual: Option<String>,
        /// Mean value of the prediction, 0 to 1.
        pub value: Option<f64>,
        /// Predicted concept with all its members.
        pub predicted_concept: Option<Concept>,
        /// Actual concept with all its members.
        pub actual_concept: Option<Concept>,
    }
}

record! {
    /// Which concepts occur together.
    pub struct CooccurrenceMatrix {
        /// The cells.
        pub matrix: Option<Vec<CooccurrenceMatrixEntry>>,
        /// Ids of the concepts of the rows and columns.
        pub concept_ids: Option<Vec<String>>,
    }
}

record! {
    /// The number of inputs that show both of two concepts.
    pub struct CooccurrenceMatrixEntry {
        /// Concept of the row.
        pub row: Option<String>,
        /// Concept of the column.
        pub col: Option<String>,
        /// Number of inputs.
        pub count: Option<u64>,
    }
}

record! {
    /// The number of examples of each concept.
    pub struct LabelDistribution {
        /// Each concept, with the number of inputs that show it.
        pub positive_label_counts: Option<Vec<LabelCount>>,
    }
}

record! {
    /// The number of inputs that show a concept.
    pub struct LabelCount {
        /// Name of the concept.
        pub concept_name: Option<String>,
        /// Number of inputs.
        pub count: Option<u64>,
        /// The concept with all its members.
        pub concept: Option<Concept>,
    }
}

record! {
    /// How well a model distinguishes one concept from everything else.
    pub struct BinaryMetrics {
        /// Number of inputs that show the concept.
        pub num_pos: Option<u64>,
        /// Number of inputs that do not show the concept.
        pub num_neg: Option<u64>,
        /// Total number of inputs.
        pub num_tot: Option<u64>,
        /// Area under the ROC curve, 0 to 1.
        pub roc_auc: Option<f64>,
        /// F1 score, 0 to 1.
        pub f1: Option<f64>,
        /// The concept.
        pub concept: Option<Concept>,
        /// True positive rate against false positive rate.
        pub roc_curve: Option<Roc>,
        /// Precision against recall.
        pub precision_recall_curve: Option<PrecisionRecallCurve>,
        /// Average precision, 0 to 1.
        pub avg_precision: Option<f64>,
        /// Name of the size class of regions that is counted.
        pub area_name: Option<String>,
        /// Minimum area of the regions that are counted.
        pub area_min: Option<f64>,
        /// Maximum area of the regions that are counted.
        pub area_max: Option<f64>,
        /// Minimum intersection over union of a predicted and an actual region that match, 0 to 1.
        pub iou: Option<f64>,
    }
}

record! {
    /// The receiver operating characteristic: true positive rate against false positive rate, by threshold.
    ///
    /// The lists run in parallel: the elements at the same index belong together.
    #[doc(alias = "ROC")]
    pub struct Roc {
        /// False positive rate, 0 to 1: share of the inputs without the concept for which it is predicted.
        pub fpr: Option<Vec<f64>>,
        /// True positive rate, 0 to 1: share of the inputs with the concept for which it is predicted.
        pub tpr: Option<Vec<f64>>,
        /// Minimum value, 0 to 1, at which the concept counts as predicted.
        pub thresholds: Option<Vec<f64>>,
        /// False positives per image.
        pub fpr_per_image: Option<Vec<f64>>,
        /// False positives per region.
        pub fpr_per_object: Option<Vec<f64>>,
    }
}

record! {
    /// Precision against recall, by threshold.
    ///
    /// The lists run in parallel: the elements at the same index belong together.
    pub struct PrecisionRecallCurve {
        /// Recall, 0 to 1: share of the inputs with the concept for which it is predicted.
        pub recall: Option<Vec<f64>>,
        /// Precision, 0 to 1: share of the inputs for which the concept is predicted that have it.
        pub precision: Option<Vec<f64>>,
        /// Minimum value, 0 to 1, at which the concept counts as predicted. May be one shorter than the other lists.
        pub thresholds: Option<Vec<f64>>,
    }
}

record! {
    /// What the model predicted for one input, and the ground truth.
    pub struct EvalTestSetEntry {
        /// The input.
        pub input: Option<Input>,
        /// The predicted concepts.
        pub predicted_concepts: Option<Vec<Concept>>,
        /// The actual concepts.
        pub ground_truth_concepts: Option<Vec<Concept>>,
        /// The region that was evaluated.
        pub annotation: Option<Annotation>,
        /// The prediction, with regions.
        pub predicted_annotation: Option<Annotation>,
        /// The ground truth, with regions.
        pub ground_truth_annotation: Option<Annotation>,
    }
}

record! {
    /// How well a model follows objects through a video.
    pub struct TrackerMetrics {
        /// Multiple object tracking accuracy (MOTA).
        pub mot_mota: Option<f64>,
        /// Number of times that one object was mistaken for another.
        pub mot_num_switches: Option<i64>,
        /// Fragmentation: how often the track of an object was lost and found again.
        pub morse_frag: Option<f64>,
        /// Average precision, 0 to 1.
        pub avg_precision: Option<f64>,
        /// Internal id of the service.
        pub aiid: Option<String>,
        /// Number of switches between objects, relative to the number of objects.
        pub unique_switch_rate: Option<f64>,
    }
}
