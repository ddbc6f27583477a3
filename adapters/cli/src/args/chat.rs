//! `clarifai chat`.

use std::ffi::OsString;

use clap::Args;

use super::heading;

pub(super) const EXAMPLES: &str = concat!(
    heading!("Examples"),
    "\
\x20 Ask a model a question:
    clarifai chat openai/chat-completion/models/gpt-oss-120b 'What is a barque?'

  Give instructions, and read the prompt from stdin:
    clarifai chat https://clarifai.com/openai/chat-completion/models/gpt-4o \\
        --system 'Summarize in one sentence.' < article.txt

  Ask about a photo:
    clarifai chat openai/chat-completion/models/gpt-4o 'What is in it?' --image photo.jpg

  Print the text and the number of tokens:
    clarifai chat openai/chat-completion/models/gpt-4o Hello --json \\
        | jq -r '[.choices[0].message.content, .usage.total_tokens] | @tsv'

  Without an account, a simulated model counts the words of the prompt:
    clarifai --simulator chat text-statistics 'To be or not to be'"
);

#[derive(Args, Debug)]
pub(crate) struct ChatArgs {
    /// Web address or path of the model: USER/APP/models/MODEL
    pub(crate) model: String,
    /// Prompt; `-` or nothing reads it from stdin
    ///
    /// Several words are joined by spaces.
    #[arg(value_name = "PROMPT")]
    pub(crate) prompt: Vec<String>,
    /// Instructions for the model
    #[arg(long, value_name = "TEXT")]
    pub(crate) system: Option<String>,
    /// Image to send with the prompt, a file or a URL; repeatable
    ///
    /// Files can be JPEG, PNG, GIF or WEBP images.
    #[arg(long, value_name = "IMAGE")]
    pub(crate) image: Vec<OsString>,
    /// Maximum number of tokens of the response [default: that of the model]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_tokens: Option<u32>,
    /// Randomness of the response, 0 to 2 [default: that of the model]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) temperature: Option<f64>,
}
