//! `clarifai predict`: asks a model what it sees in inputs.

use std::io::Write;
use std::sync::mpsc;

use clarifai_core::App;
use clarifai_core::bulk::{NotPredicted, PredictMany};
use clarifai_core::inputs::{MAX_INPUTS, NewInput};
use clarifai_core::model::Output;
use clarifai_core::models::{ModelRef, OutputOptions, Predict};

use crate::args::{self, Answer, Concept};
use crate::batches::{self, Fate, Job, Loader, Problem};
use crate::context::Context;
use crate::exit::Failure;
use crate::{models, output};

struct Asked {
    model: ModelRef,
    options: OutputOptions,
    /// How often what did not get through is asked again.
    rounds: u32,
}

impl Asked {
    fn operation(&self) -> Predict {
        Predict::with(&self.model).options(self.options.clone())
    }
}

impl Job for Asked {
    type Found = Box<Output>;
    type Work<'a> = PredictMany<Loader<'a>>;

    fn work<'a>(&self, app: &App, inputs: Loader<'a>, fates: mpsc::Sender<Fate<Box<Output>>>) -> Self::Work<'a> {
        PredictMany::new(app, self.operation(), inputs).rounds(self.rounds).with_raw().into_sink(move |prediction| {
            let result = prediction.result.map(Box::new).map_err(|problem| match problem {
                NotPredicted::Failed(error) => Problem::of(&error),
                refused => Problem::Input(refused.to_string()),
            });
            let fate = Fate { index: prediction.index, id: None, outcome: None, raw: prediction.raw, result };
            // The other end is there for as long as the work is.
            let _ = fates.send(fate);
        })
    }

    fn finish(work: Self::Work<'_>) -> Option<Problem> {
        clarifai_core::bulk::Bulk::finish(work).stopped().map(Problem::of)
    }

    fn write(&self, outputs: &[(&str, &Box<Output>)], out: &mut dyn Write) -> Result<(), Failure> {
        outputs.iter().try_for_each(|(source, output)| output::write_output(source, output, out))
    }
}

pub(crate) fn run(command: &args::Predict, context: &mut Context<'_>) -> Result<(), Failure> {
    let rounds = rounds(&command.sources, PredictMany::<Loader<'_>>::ROUNDS);
    let mut asked = Asked { model: ModelRef::from(&*command.model), options: options(&command.answer), rounds };
    batches::check_options(|input: NewInput| asked.operation().input(input))?;
    asked.model = models::resolve(context, &command.model, command.version.as_deref())?;
    batches::run(&asked, &command.sources, context)
}

/// How often what did not get through is sent again: one who waits for a call or two wants to know soon that there is no
/// network, and work of hours shall not end for that.
pub(crate) fn rounds(sources: &args::Sources, usual: u32) -> u32 {
    if sources.inputs.len() > 2 * MAX_INPUTS { usual } else { 0 }
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
