//! Models, their versions, and how they are set up and trained.

use serde_json::Value;

use super::{Concept, Data, EnumValue, EvalMetrics, Image, Status, Timestamp, Visibility};
use crate::lenient::record;

record! {
    /// Something that turns inputs into outputs.
    pub struct Model {
        /// The id, unique within its app.
        pub id: String,
        /// The name. Since 2022 the id is the readable one, and this repeats it.
        pub name: String,
        /// The name to show to people.
        pub display_name: Option<String>,
        /// When it was created.
        pub created_at: Option<Timestamp>,
        /// When it was last changed.
        pub modified_at: Option<Timestamp>,
        /// The app it belongs to; `main` for many of the service's own.
        pub app_id: Option<String>,
        /// The user or organisation the app belongs to.
        pub user_id: Option<String>,
        /// What kind of model it is, such as `visual-classifier`. See [`kind`](Self::kind).
        pub model_type_id: Option<String>,
        /// What it answers with.
        #[doc(alias = "ModelOutputInfo")]
        pub output_info: Option<Box<OutputInfo>>,
        /// The version in question: the one asked for, or the newest.
        pub model_version: Option<Box<ModelVersion>>,
        /// What the model is good for, as its owner puts it.
        pub task: Option<String>,
        /// Who may see it.
        pub visibility: Option<Visibility>,
        /// What it does, in a sentence or two.
        pub description: Option<String>,
        /// Notes of its owner.
        pub notes: Option<String>,
        /// Whatever its owner attached.
        pub metadata: Option<Box<Value>>,
        /// Settings to start from.
        pub presets: Option<Box<Value>>,
        /// How it is evaluated unless asked otherwise.
        pub default_eval_info: Option<Box<Value>>,
        /// The libraries it was made with.
        pub toolkits: Option<Vec<String>>,
        /// What people use it for.
        pub use_cases: Option<Vec<String>>,
        /// The languages it knows.
        pub languages: Option<Vec<String>>,
        /// The languages it knows, with their names.
        pub languages_full: Option<Vec<Value>>,
        /// What a user has to agree to first.
        pub check_consents: Option<Vec<String>>,
        /// Whether the caller has marked it.
        pub is_starred: Option<bool>,
        /// How many users have marked it.
        pub star_count: Option<u64>,
        /// Whether the service advises to use it by way of a workflow.
        pub workflow_recommended: Option<bool>,
        /// What it is a bookmark of.
        pub bookmark_origin: Option<Box<Value>>,
        /// A picture to show for it.
        pub image: Option<Box<Image>>,
        /// Under which kind of licence it may be used.
        pub license_type: Option<EnumValue>,
        /// Where it came from.
        pub source: Option<EnumValue>,
        /// Who made it.
        pub creator: Option<String>,
        /// How many versions there are.
        pub version_count: Option<u64>,
        /// How its use is paid for.
        pub billing_type: Option<EnumValue>,
        /// Its place among the models the service shows first.
        pub featured_order: Option<i64>,
        /// Where it may be started.
        pub deploy_restriction: Option<EnumValue>,
        /// How many copies of it run.
        pub replica_count: Option<u64>,
        /// How it is known to a broker of models.
        pub open_router_info: Option<Box<Value>>,
        /// What it takes, in answers until 2023; now part of the version.
        pub input_info: Option<Box<InputInfo>>,
        /// How it was trained, in answers until 2023; now part of the version.
        pub train_info: Option<Box<TrainInfo>>,
        /// Where it was imported from, in answers until 2023; now part of the version.
        pub import_info: Option<Box<ImportInfo>>,
    }
}

impl Model {
    /// What kind of model it is, wherever the answer says so: `model_type_id`, or the older
    /// `type_ext` and `type` of its output info.
    pub fn kind(&self) -> Option<&str> {
        let info = self.output_info.as_deref();
        self.model_type_id
            .as_deref()
            .or_else(|| info?.type_ext.as_deref())
            .or_else(|| info?.kind.as_deref())
            .filter(|kind| !kind.is_empty())
    }

    /// The concepts it can tell apart, if they were asked for.
    pub fn concepts(&self) -> &[Concept] {
        let data = self.output_info.as_ref().and_then(|info| info.data.as_ref());
        data.map_or(&[], Data::concepts)
    }

    /// Whether it is one of the service's own: they have no app, or belong to the app `main`. Old answers say no more than
    /// that; a model that is shared with everyone from another app is not meant.
    pub fn is_public(&self) -> bool {
        match self.user_id.as_deref() {
            Some(user) if !user.is_empty() => user == "clarifai",
            _ => matches!(self.app_id.as_deref(), None | Some("" | "main")),
        }
    }

    /// How the version in question fares: trained, in training, failed.
    pub fn status(&self) -> Option<&Status> {
        self.model_version.as_ref()?.status.as_ref()
    }
}

record! {
    /// One state of a model, made by one training.
    pub struct ModelVersion {
        /// The id of the version.
        pub id: String,
        /// When its training was asked for.
        pub created_at: Option<Timestamp>,
        /// When its training was done.
        pub completed_at: Option<Timestamp>,
        /// When it was last changed.
        pub modified_at: Option<Timestamp>,
        /// Whether it is trained.
        pub status: Option<Status>,
        /// How many concepts it can tell apart. The service leaves zero out.
        pub active_concept_count: Option<u64>,
        /// How many inputs it was trained on.
        pub total_input_count: Option<u64>,
        /// How well it does.
        pub metrics: Option<Box<EvalMetrics>>,
        /// What it does, in a sentence or two.
        pub description: Option<String>,
        /// Who may see it.
        pub visibility: Option<Visibility>,
        /// The app it belongs to.
        pub app_id: Option<String>,
        /// The user or organisation the app belongs to.
        pub user_id: Option<String>,
        /// Whatever its owner attached.
        pub metadata: Option<Box<Value>>,
        /// The licence it may be used under.
        pub license: Option<String>,
        /// What it answers with.
        pub output_info: Option<Box<OutputInfo>>,
        /// What it takes.
        pub input_info: Option<Box<InputInfo>>,
        /// How it was trained.
        pub train_info: Option<Box<TrainInfo>>,
        /// Where it was imported from.
        pub import_info: Option<Box<ImportInfo>>,
        /// How the files of an uploaded model are to be read.
        pub pretrained_model_config: Option<Box<PretrainedModelConfig>>,
        /// What the training had to say.
        pub train_log: Option<String>,
        /// What it needs to run.
        pub inference_compute_info: Option<Box<Value>>,
        /// What it was built from.
        pub build_info: Option<Box<Value>>,
        /// The calls it offers.
        pub method_signatures: Option<Vec<Value>>,
        /// What is to be done differently for it.
        pub special_handling: Option<Vec<Value>>,
        /// How many requests it works on at a time.
        pub num_threads: Option<u64>,
        /// How the training went along, in older answers; often empty.
        pub train_stats: Option<Box<TrainStats>>,
        /// The machine it was trained on, in answers of 2019 and 2020.
        pub worker_id: Option<String>,
    }
}

record! {
    /// What a model answers with.
    #[doc(alias = "ModelOutputInfo")]
    pub struct OutputInfo {
        /// The concepts the model can tell apart.
        pub data: Option<Data>,
        /// How the model is set up.
        #[doc(alias = "ModelOutputConfig")]
        pub output_config: Option<OutputConfig>,
        /// Where to find the rest, in answers that leave it out.
        pub message: Option<String>,
        /// What the model's own output fields are called in the data of an output.
        pub fields_map: Option<Value>,
        /// Settings of the model.
        pub params: Option<Value>,
        /// What settings there are.
        pub params_specs: Option<Vec<Value>>,
        /// What kind of model it is, in older answers, such as `concept`. See [`Model::kind`].
        #[doc(alias = "type")]
        pub kind: Option<String> = "type",
        /// What kind of model it is more exactly, in older answers, such as `facedetect-identity`.
        pub type_ext: Option<String>,
    }
}

record! {
    /// How a model is set up.
    #[doc(alias = "ModelOutputConfig")]
    pub struct OutputConfig {
        /// Whether an input shows one of the concepts at most.
        pub concepts_mutually_exclusive: Option<bool>,
        /// Whether only the model's own concepts occur, so that an input that shows none of them is
        /// an example of none. Gone from newer answers.
        pub closed_environment: Option<bool>,
        /// The model this one is made from.
        pub existing_model_id: Option<String>,
        /// The language of the concepts' names.
        pub language: Option<String>,
        /// Settings of the training: a JSON document within a text. Newer models use
        /// [`hyper_params`](Self::hyper_params).
        pub hyper_parameters: Option<String>,
        /// How many concepts an output has at most; 0 leaves it to the model.
        pub max_concepts: Option<u64>,
        /// The least value a concept of an output has.
        pub min_value: Option<f64>,
        /// The concepts an output is limited to.
        pub select_concepts: Option<Vec<Concept>>,
        /// How long the training may take, in seconds.
        pub training_timeout: Option<u64>,
        /// How far apart the frames of a video are looked at, in milliseconds.
        pub sample_ms: Option<u64>,
        /// Settings of the training.
        pub hyper_params: Option<Value>,
        /// The version of the model whose vectors this one is trained on.
        pub embed_model_version_id: Option<String>,
        /// Whether a concept without examples makes the training fail.
        pub fail_on_missing_positive_examples: Option<bool>,
        /// Whatever goes with the model.
        pub model_metadata: Option<Value>,
    }
}

record! {
    /// What a model takes.
    pub struct InputInfo {
        /// What the data of an input is called in the model's own input fields.
        pub fields_map: Option<Value>,
        /// Settings of the input.
        pub params: Option<Value>,
        /// The model whose vectors this one starts from.
        pub base_embed_model: Option<Box<Model>>,
    }
}

record! {
    /// How a model is trained.
    pub struct TrainInfo {
        /// Settings of the training.
        pub params: Option<Value>,
        /// The dataset it is trained on.
        pub dataset: Option<Value>,
        /// The model whose training this one goes on with.
        pub resume_from_model: Option<Box<Model>>,
    }
}

record! {
    /// Where a model was imported from.
    pub struct ImportInfo {
        /// Settings of the import.
        pub params: Option<Value>,
    }
}

record! {
    /// How a training went along.
    pub struct TrainStats {
        /// The error, step by step.
        pub loss_curve: Option<Vec<LossCurveEntry>>,
    }
}

record! {
    /// How large the error was at one step of a training.
    pub struct LossCurveEntry {
        /// How often all examples had been seen.
        pub epoch: Option<u64>,
        /// The number of the step.
        pub global_step: Option<u64>,
        /// How large the error was.
        pub cost: Option<f64>,
    }
}

record! {
    /// How an uploaded model is to be read.
    pub struct PretrainedModelConfig {
        /// What the data of an input is called in the model's own input fields.
        pub input_fields_map: Option<Value>,
        /// What the model's own output fields are called in the data of an output.
        pub output_fields_map: Option<Value>,
        /// Where the files of the model are.
        pub model_zip_url: Option<String>,
        /// Whether the model runs on the developer's own machine.
        pub local_dev: Option<bool>,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_a_model_is_found_in_any_generation() {
        for (json, kind) in [
            (
                r#"{"model_type_id": "visual-classifier", "output_info": {"type": "concept"}}"#,
                Some("visual-classifier"),
            ),
            (
                r#"{"output_info": {"type": "facedetect", "type_ext": "facedetect-identity"}}"#,
                Some("facedetect-identity"),
            ),
            (r#"{"output_info": {"type": "color"}}"#, Some("color")),
            (r#"{"output_info": {}}"#, None),
            ("{}", None),
        ] {
            let model: Model = serde_json::from_str(json).expect(json);
            assert_eq!(model.kind(), kind, "{json}");
            let written = serde_json::to_string(&model).expect(json);
            assert!(!written.contains(r#""kind""#), "{json}");
        }
    }
}
