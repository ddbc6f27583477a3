//! `clarifai predict`.

use clap::Args;

use super::{DEFAULT_MODEL, InputArgs, PredictionOptions, heading};

pub(super) const EXAMPLES: &str = concat!(
    heading!("Examples"),
    "\
\x20 Tag a photo without an account:
    clarifai --simulator predict photo.jpg

  Tag a file and a URL, with German names and a minimum probability:
    clarifai predict photo.jpg https://samples.clarifai.com/metro-north.jpg \\
        --language de --min-value 0.9

  Read the image from stdin:
    cat photo.jpg | clarifai predict -

  Find the dominant colors:
    clarifai predict --model color-recognition *.jpg

  Analyze one frame of a video every two seconds:
    clarifai predict --video --sample-ms 2000 clip.mp4

  Tag all photos in a folder; the same command continues after an interrupt:
    clarifai predict --recursive photos --job tags.db

  Tag what another program lists:
    find photos -name '*.jpg' -print0 | clarifai predict --from-file - -0 --json

  Print each file with its most probable concept:
    clarifai predict *.jpg --json | jq -r '[.source, .data.concepts[0].name] | @tsv'"
);

#[derive(Args, Debug)]
pub(crate) struct PredictArgs {
    #[command(flatten)]
    pub(crate) inputs: InputArgs,
    /// Name, ID or web address of the model
    ///
    /// The IDs of well-known public models need no search. Other names are searched for in the app, and then among the
    /// public models.
    #[arg(long, short, value_name = "MODEL", default_value = DEFAULT_MODEL)]
    pub(crate) model: String,
    /// Version of the model [default: latest]
    #[arg(long, value_name = "ID")]
    pub(crate) version: Option<String>,
    /// Show a small copy of each image file above its result
    ///
    /// Only in terminals in which colors have swatches: those with 24-bit colors (`COLORTERM=truecolor`), and without
    /// `NO_COLOR`. Has no effect on files, pipes and --json.
    #[arg(long, help_heading = "Output options")]
    pub(crate) preview: bool,
    #[command(flatten)]
    pub(crate) options: PredictionOptions,
}
