//! Evaluations: how well a model does on inputs whose concepts are known.

use serde_json::Value;

use super::{Annotation, Concept, Input, Model, Status};
use crate::lenient::record;

record! {
    /// How well a model version does.
    pub struct EvalMetrics {
        /// The id of the evaluation.
        pub id: String,
        /// Whether the evaluation is done. In the answer to a model version this may be all there
        /// is.
        pub status: Option<Status>,
        /// The user or organisation it belongs to.
        pub user_id: Option<String>,
        /// The app it belongs to.
        pub app_id: Option<String>,
        /// The model in question.
        pub model: Option<Box<Model>>,
        /// The dataset with the truth.
        pub ground_truth_dataset: Option<Value>,
        /// The dataset with what the model said.
        pub predictions_dataset: Option<Value>,
        /// The figures for the whole model.
        pub summary: Option<MetricsSummary>,
        /// Which concepts are taken for which.
        pub confusion_matrix: Option<ConfusionMatrix>,
        /// Which concepts occur together.
        pub cooccurrence_matrix: Option<CooccurrenceMatrix>,
        /// How many examples each concept has.
        pub label_counts: Option<LabelDistribution>,
        /// The figures for each concept.
        pub binary_metrics: Option<Vec<BinaryMetrics>>,
        /// What the model said about each input.
        pub test_set: Option<Vec<EvalTestSetEntry>>,
        /// The figures by the size of the region, for models that find regions.
        pub metrics_by_area: Option<Vec<BinaryMetrics>>,
        /// The figures by concept, for models that find regions.
        pub metrics_by_class: Option<Vec<BinaryMetrics>>,
        /// The figures for models that follow things through a video.
        pub tracker_metrics: Option<Vec<TrackerMetrics>>,
        /// How the evaluation was set up.
        pub eval_info: Option<Value>,
        /// Figures for other kinds of models.
        pub extended_metrics: Option<Value>,
    }
}

record! {
    /// The figures for a whole model: means and deviations over its concepts, each 0 to 1.
    pub struct MetricsSummary {
        /// How often the concept with the highest value is right.
        pub top1_accuracy: Option<f64>,
        /// How often the right concept is among the five with the highest values.
        pub top5_accuracy: Option<f64>,
        /// The mean area under the ROC curve.
        pub macro_avg_roc_auc: Option<f64>,
        /// The deviation of the area under the ROC curve.
        pub macro_std_roc_auc: Option<f64>,
        /// The mean F1 score.
        pub macro_avg_f1_score: Option<f64>,
        /// The deviation of the F1 score.
        pub macro_std_f1_score: Option<f64>,
        /// The mean precision.
        pub macro_avg_precision: Option<f64>,
        /// The mean recall.
        pub macro_avg_recall: Option<f64>,
        /// The mean precision for regions that overlap the true ones by half.
        pub mean_avg_precision_iou_50: Option<f64>,
        /// The mean precision over a range of overlaps.
        pub mean_avg_precision_iou_range: Option<f64>,
    }
}

record! {
    /// Which concepts are taken for which.
    pub struct ConfusionMatrix {
        /// The cells.
        pub matrix: Option<Vec<ConfusionMatrixEntry>>,
        /// The concepts of the rows and columns.
        pub concept_ids: Option<Vec<String>>,
    }
}

record! {
    /// How sure the model is of one concept where there is another, or the same.
    pub struct ConfusionMatrixEntry {
        /// The concept the model names.
        pub predicted: Option<String>,
        /// The concept there is.
        pub actual: Option<String>,
        /// The mean value, 0 to 1.
        pub value: Option<f64>,
        /// The concept the model names, in full.
        pub predicted_concept: Option<Concept>,
        /// The concept there is, in full.
        pub actual_concept: Option<Concept>,
    }
}

record! {
    /// Which concepts occur together.
    pub struct CooccurrenceMatrix {
        /// The cells.
        pub matrix: Option<Vec<CooccurrenceMatrixEntry>>,
        /// The concepts of the rows and columns.
        pub concept_ids: Option<Vec<String>>,
    }
}

record! {
    /// How many inputs show both of two concepts.
    pub struct CooccurrenceMatrixEntry {
        /// One concept.
        pub row: Option<String>,
        /// The other.
        pub col: Option<String>,
        /// How many inputs.
        pub count: Option<u64>,
    }
}

record! {
    /// How many examples each concept has.
    pub struct LabelDistribution {
        /// The concepts and how many inputs show them.
        pub positive_label_counts: Option<Vec<LabelCount>>,
    }
}

record! {
    /// How many inputs show a concept.
    pub struct LabelCount {
        /// The name of the concept.
        pub concept_name: Option<String>,
        /// How many inputs.
        pub count: Option<u64>,
        /// The concept in full.
        pub concept: Option<Concept>,
    }
}

record! {
    /// How well a model tells one concept from all else.
    pub struct BinaryMetrics {
        /// How many inputs show the concept.
        pub num_pos: Option<u64>,
        /// How many do not.
        pub num_neg: Option<u64>,
        /// How many there are.
        pub num_tot: Option<u64>,
        /// The area under the ROC curve, 0 to 1.
        pub roc_auc: Option<f64>,
        /// The F1 score, 0 to 1.
        pub f1: Option<f64>,
        /// The concept.
        pub concept: Option<Concept>,
        /// Right against false alarms.
        pub roc_curve: Option<Roc>,
        /// Precision against recall.
        pub precision_recall_curve: Option<PrecisionRecallCurve>,
        /// The mean precision, 0 to 1.
        pub avg_precision: Option<f64>,
        /// What regions of this size are called.
        pub area_name: Option<String>,
        /// The least area of a region counted here.
        pub area_min: Option<f64>,
        /// The greatest area of a region counted here.
        pub area_max: Option<f64>,
        /// How much a region has to overlap the true one, 0 to 1.
        pub iou: Option<f64>,
    }
}

record! {
    /// How many are found against how many are found wrongly, by threshold. The lists run side by
    /// side.
    #[doc(alias = "ROC")]
    pub struct Roc {
        /// The share of inputs without the concept that are said to show it.
        pub fpr: Option<Vec<f64>>,
        /// The share of inputs with the concept that are said to show it.
        pub tpr: Option<Vec<f64>>,
        /// The value from which on the concept counts as seen.
        pub thresholds: Option<Vec<f64>>,
        /// False alarms for each picture.
        pub fpr_per_image: Option<Vec<f64>>,
        /// False alarms for each region.
        pub fpr_per_object: Option<Vec<f64>>,
    }
}

record! {
    /// How many of those found are right against how many are found, by threshold.
    pub struct PrecisionRecallCurve {
        /// The share of inputs with the concept that are said to show it.
        pub recall: Option<Vec<f64>>,
        /// The share of inputs said to show the concept that do.
        pub precision: Option<Vec<f64>>,
        /// The value from which on the concept counts as seen; may be one shorter than the other
        /// lists.
        pub thresholds: Option<Vec<f64>>,
    }
}

record! {
    /// What the model said about one input, beside the truth.
    pub struct EvalTestSetEntry {
        /// The input.
        pub input: Option<Input>,
        /// What the model said.
        pub predicted_concepts: Option<Vec<Concept>>,
        /// The truth.
        pub ground_truth_concepts: Option<Vec<Concept>>,
        /// The region in question.
        pub annotation: Option<Annotation>,
        /// What the model said, with regions.
        pub predicted_annotation: Option<Annotation>,
        /// The truth, with regions.
        pub ground_truth_annotation: Option<Annotation>,
    }
}

record! {
    /// How well a model follows things through a video.
    pub struct TrackerMetrics {
        /// The accuracy of following many things at a time.
        pub mot_mota: Option<f64>,
        /// How often one thing was taken for another.
        pub mot_num_switches: Option<i64>,
        /// How often a thing was lost and found again.
        pub morse_frag: Option<f64>,
        /// The mean precision.
        pub avg_precision: Option<f64>,
        /// An id internal to the service.
        pub aiid: Option<String>,
        /// How often one thing was taken for another, for each thing.
        pub unique_switch_rate: Option<f64>,
    }
}
