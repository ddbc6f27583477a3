//! `clarifai annotations`.

use clap::{ArgGroup, Args, Subcommand};

use super::{ConceptArg, PageArgs, heading, values};

const CREATE_EXAMPLES: &str = concat!(
    heading!("Examples"),
    "\
\x20 Label a whole input:
    clarifai annotations create photo-1 --concept harbor --not-concept train

  Label parts of it; the edges are fractions of height and width:
    clarifai annotations create photo-1 --concept boat --box 0.1,0.2,0.5,0.6 --box 0.1,0.7,0.5,0.9"
);

const DELETE_EXAMPLES: &str = concat!(
    heading!("Examples"),
    "\
\x20 clarifai annotations delete photo-1 a1 a2
  clarifai annotations delete photo-1 --all"
);

#[derive(Debug, Subcommand)]
pub(crate) enum AnnotationsCommand {
    /// List annotations
    ///
    /// By default, only accepted annotations made by people are listed.
    List {
        /// List annotations of this input; can be repeated
        #[arg(long = "input", value_name = "ID")]
        inputs: Vec<String>,
        /// List annotations of every review state
        #[arg(long)]
        any_state: bool,
        /// List annotations made by models too
        #[arg(long)]
        with_models: bool,
        #[command(flatten)]
        pages: PageArgs,
    },
    /// Annotate an input, or parts of it
    #[command(after_long_help = CREATE_EXAMPLES)]
    Create(NewAnnotationArgs),
    /// Delete annotations of an input
    #[command(after_long_help = DELETE_EXAMPLES)]
    Delete {
        /// ID of the input
        input: String,
        /// IDs of the annotations
        #[arg(required_unless_present = "all", conflicts_with = "all", value_name = "ID")]
        ids: Vec<String>,
        /// Delete all annotations of the input
        #[arg(long)]
        all: bool,
    },
}

/// The annotation to create.
#[derive(Args, Debug)]
#[command(group(ArgGroup::new("contents").required(true).multiple(true).args(["concepts", "not_concepts", "text"])))]
pub(crate) struct NewAnnotationArgs {
    /// ID of the input
    pub(crate) input: String,
    /// ID of the annotation [default: chosen by the service]
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<String>,
    /// Concept that the input shows; can be repeated
    ///
    /// CONCEPT is an ID; prefix with `name:` to use a name.
    #[arg(long = "concept", value_name = "CONCEPT", value_parser = values::concept)]
    pub(crate) concepts: Vec<ConceptArg>,
    /// Concept that the input does not show; can be repeated
    #[arg(long = "not-concept", value_name = "CONCEPT", value_parser = values::concept)]
    pub(crate) not_concepts: Vec<ConceptArg>,
    /// Text, such as a caption
    #[arg(long, value_name = "TEXT")]
    pub(crate) text: Option<String>,
    /// Part of the image that is annotated, in fractions; can be repeated
    ///
    /// The edges are fractions of the image's height and width, from 0 to 1.
    #[arg(long = "box", value_name = "TOP,LEFT,BOTTOM,RIGHT", value_parser = values::bounding_box)]
    pub(crate) boxes: Vec<[f64; 4]>,
}
