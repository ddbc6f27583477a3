//! `clarifai predict`: asks a model what it sees in inputs.

use std::io::Write;

use clarifai_core::inputs::NewInput;
use clarifai_core::model::Output;
use clarifai_core::models::{ModelRef, OutputOptions, Predict};

use crate::args::{self, Answer, Concept};
use crate::batches::{self, Job};
use crate::context::Context;
use crate::exit::Failure;
use crate::{models, output};

struct Asked {
    model: ModelRef,
    options: OutputOptions,
}

impl Job for Asked {
    type Item = Output;
    type Operation = Predict;
    const MEMBER: &'static str = "outputs";

    fn operation(&self, inputs: Vec<NewInput>) -> Predict {
        Predict::with(&self.model).inputs(inputs).options(self.options.clone())
    }

    fn write(&self, outputs: &[(&str, &Output)], out: &mut dyn Write) -> Result<(), Failure> {
        outputs.iter().try_for_each(|(source, output)| output::write_output(source, output, out))
    }
}

pub(crate) fn run(command: &args::Predict, context: &mut Context<'_>) -> Result<(), Failure> {
    let mut asked = Asked { model: ModelRef::from(&*command.model), options: options(&command.answer) };
    batches::check_options(&asked)?;
    asked.model = models::resolve(context, &command.model, command.version.as_deref())?;
    batches::run(&asked, &command.sources, context)
}

/// The options of the API.
pub(crate) fn options(answer: &Answer) -> OutputOptions {
    let mut options = OutputOptions::default();
    options.language.clone_from(&answer.language);
    options.min_value = answer.min_value;
    options.max_concepts = answer.max_concepts;
    options.sample_ms = answer.sample_ms;
    let selected = answer.select.iter().map(Concept::searched);
    options.select_concepts = Some(selected.collect::<Vec<_>>()).filter(|selected| !selected.is_empty());
    options
}
