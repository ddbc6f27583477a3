//! `clarifai predict`: runs a model on inputs.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::mpsc;

use clarifai_core::Config;
use clarifai_core::bulk::{IntoBulk as _, PredictMany, PredictReport, Predictor};
use clarifai_core::inputs::NewInput;
use clarifai_core::models::{ModelRef, OutputOptions, Predict};
use clarifai_core::types::Output;
use serde_json::Value;

use crate::args::PredictArgs;
use crate::context::Context;
use crate::exit::Failure;
use crate::input_jobs::{self, InputJob, ItemError, ItemOutcome, Shown};
use crate::input_loader::InputLoader;
use crate::{model_lookup, output};

struct PredictJob {
    model: ModelRef,
    options: OutputOptions,
    max_retries: u32,
    job_options: BTreeMap<String, Value>,
    preview: bool,
}

impl PredictJob {
    fn operation(&self) -> Predict {
        Predict::new(&self.model).options(self.options.clone())
    }
}

impl InputJob for PredictJob {
    type Output = Box<Output>;
    type Work<'a> = Predictor<InputLoader<'a>>;
    const NAME: &'static str = "predict";

    fn options(&self) -> BTreeMap<String, Value> {
        self.job_options.clone()
    }

    fn work<'a>(
        &self,
        config: &Config,
        inputs: InputLoader<'a>,
        outcomes: mpsc::Sender<ItemOutcome<Box<Output>>>,
    ) -> Self::Work<'a> {
        PredictMany::new(self.operation(), inputs)
            .max_retries(self.max_retries)
            // For the table too, which names what it does not show.
            .with_raw()
            // The receiver outlives the work.
            .on_item(move |prediction| drop(outcomes.send(ItemOutcome::from(prediction))))
            .into_bulk(config)
    }

    fn stopped(report: &PredictReport) -> Option<ItemError> {
        report.stopped().map(ItemError::from)
    }

    fn write(&self, outputs: &[Shown<'_, Box<Output>>], out: &mut dyn Write) -> Result<(), Failure> {
        outputs
            .iter()
            .try_for_each(|one| output::write_prediction(one.source, one.result, one.raw.as_ref(), self.preview, out))
    }
}

pub(crate) fn run(args: &PredictArgs, context: &mut Context<'_>) -> Result<(), Failure> {
    let max_retries = input_jobs::max_retries(&args.inputs, PredictMany::<InputLoader<'_>>::DEFAULT_MAX_RETRIES);
    let mut job_options = args.options.job_options();
    job_options.insert("--model".to_owned(), args.model.clone().into());
    job_options.insert("--version".to_owned(), args.version.clone().into());
    let (model, options) = (ModelRef::from(&*args.model), args.options.output_options());
    let mut job = PredictJob { model, options, max_retries, job_options, preview: args.preview };
    context.rate = args.inputs.rate;
    model_lookup::check_part("--model", &args.model)?;
    args.version.as_deref().map_or(Ok(()), |version| model_lookup::check_part("--version", version))?;
    input_jobs::check_options(|input: NewInput| job.operation().input(input))?;
    job.model = model_lookup::resolve(context, &args.model, args.version.as_deref())?;
    input_jobs::run(&job, &args.inputs, context)
}
