//! The options and arguments of the program, and their help.
//!
//! The first line of a doc comment is the short help, `-h`; the whole comment is the long help, `--help`.

mod annotations;
mod apps;
mod chat;
mod concepts;
mod config;
mod datasets;
mod inputs;
mod job;
mod models;
mod predict;
mod search;
mod shared;
mod simulator;
mod update_check;
mod values;
mod workflows;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::exit::Exit;
use crate::settings::GivenSettings;

pub(crate) use annotations::{AnnotationsCommand, NewAnnotationArgs};
pub(crate) use apps::{AppFields, AppsCommand};
pub(crate) use chat::ChatArgs;
pub(crate) use concepts::ConceptsCommand;
pub(crate) use config::ConfigCommand;
pub(crate) use datasets::DatasetsCommand;
pub(crate) use inputs::InputsCommand;
pub(crate) use job::{ExportArgs, JobCommand, ReportArgs};
pub(crate) use models::ModelsCommand;
pub(crate) use predict::PredictArgs;
pub(crate) use search::SearchArgs;
pub(crate) use shared::{Annotations, DeleteArgs, InputArgs, PageArgs, PredictionOptions, WaitArgs};
pub(crate) use simulator::SimulatorArgs;
#[cfg(test)]
pub(crate) use update_check::RELEASES_URL;
pub(crate) use update_check::UpdateCheckArgs;
pub(crate) use values::{ConceptArg, PatchMode, check_contradiction};
pub(crate) use workflows::WorkflowsCommand;

/// The model that `predict` runs by default.
pub(crate) const DEFAULT_MODEL: &str = "general-image-recognition";

/// A heading of the help, in the style of those that clap prints.
macro_rules! heading {
    ($text:literal) => {
        concat!("\u{1b}[1m\u{1b}[4m", $text, ":\u{1b}[0m\n")
    };
}
use heading;

const CREDENTIALS_HELP: &str = concat!(
    heading!("Credentials"),
    "\
\x20 The first of these that is found is used; a warning names the others:
    1. the options --pat, --key, and --app-id with --app-secret
    2. the environment variables CLARIFAI_PAT, CLARIFAI_API_KEY, and CLARIFAI_APP_ID with
       CLARIFAI_APP_SECRET
    3. the same names in section [clarifai] of ~/.clarifai/config, see `clarifai config`
  Within each of these, a personal access token comes before an API key, and that before an app
  secret. Other settings are taken from options, the environment and the file in the same order.
"
);

const EXAMPLES: &str = concat!(
    heading!("Examples"),
    "\
\x20 Tag a photo without an account:
    clarifai --simulator predict photo.jpg

  Store a personal access token, then tag photos with Clarifai's general model:
    clarifai login
    clarifai predict *.jpg

  Upload photos to an app and search them:
    clarifai inputs create *.jpg --app my-app --concept boat --wait
    clarifai search --app my-app --concept boat
"
);

fn after_long_help() -> String {
    format!("{EXAMPLES}\n{CREDENTIALS_HELP}\n{}{}", heading!("Exit codes"), Exit::help())
}

/// Recognize, store, search and train on images and videos with Clarifai
///
/// With `--simulator` no account is needed: a simulator in the program responds instead of the service. It
/// recognizes 1,000 things and faces by small models in the program, which are not Clarifai's.
#[derive(Debug, Parser)]
#[command(
    name = "clarifai",
    version,
    arg_required_else_help = true,
    after_help = "Use `clarifai <command> --help` for details and examples.",
    after_long_help = after_long_help()
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of all commands.
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each one is an option of the command line")]
pub(crate) struct GlobalArgs {
    #[command(flatten)]
    pub(crate) settings: GivenSettings,
    /// Use the built-in simulator instead of the service
    ///
    /// No account and no network are needed. The simulator recognizes 1,000 things with the model EfficientNet-Lite0,
    /// and finds faces; people, scenes and drawings get wrong words. Its concepts are not Clarifai's.
    #[arg(long, global = true, help_heading = "Simulator options")]
    pub(crate) simulator: bool,
    /// Folder that the simulator serves URLs from
    ///
    /// `https://host/path` is the file DIR/host/path. Without it, all URLs fail.
    #[arg(long, global = true, value_name = "DIR", hide_short_help = true, help_heading = "Simulator options")]
    pub(crate) mount: Option<PathBuf>,
    /// File in which the simulator keeps its state between commands
    ///
    /// The file is created if it does not exist. Without it, each command starts with an empty app.
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true, help_heading = "Simulator options")]
    pub(crate) state: Option<PathBuf>,
    /// Print one JSON object per line
    ///
    /// The objects have the field names of the API.
    #[arg(long, global = true, help_heading = "Output options")]
    pub(crate) json: bool,
    /// Print requests instead of sending them
    ///
    /// Credentials are not printed.
    #[arg(long, global = true, help_heading = "Output options")]
    pub(crate) dry_run: bool,
    /// Print only results and errors
    ///
    /// Suppresses progress, notes, hints and warnings.
    #[arg(long, short, global = true, help_heading = "Output options")]
    pub(crate) quiet: bool,
    /// Maximum time in seconds for the command, or for --wait
    ///
    /// For commands that wait it limits the wait [default: 3600]; 0 polls once. For other commands it limits the whole
    /// command [default: none].
    #[arg(long, global = true, value_name = "SECONDS", help_heading = "Network options")]
    pub(crate) timeout: Option<u64>,
    /// Maximum time in seconds for each request [default: 1800]
    #[arg(
        long,
        global = true,
        value_name = "SECONDS",
        hide_short_help = true,
        value_parser = clap::value_parser!(u64).range(1..),
        help_heading = "Network options"
    )]
    pub(crate) request_timeout: Option<u64>,
    /// PEM file with root certificates to trust in addition
    ///
    /// A company whose proxy replaces certificates provides such a file. The environment variables `SSL_CERT_FILE` and
    /// `SSL_CERT_DIR` do the same.
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true, help_heading = "Network options")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Trust the root certificates of the system, not Mozilla's
    #[arg(long, global = true, hide_short_help = true, help_heading = "Network options")]
    pub(crate) native_roots: bool,
    /// Log requests to stderr; repeat for more detail
    ///
    /// `-vv` adds request headers and sizes, `-vvv` response headers. Credentials are never logged.
    #[arg(long, short, global = true, action = clap::ArgAction::Count, help_heading = "Output options")]
    pub(crate) verbose: u8,
}

impl GlobalArgs {
    /// Returns the maximum time to wait, of commands that wait.
    pub(crate) fn wait_timeout(&self) -> Option<Duration> {
        self.timeout.map(Duration::from_secs)
    }
}

impl Command {
    /// Returns whether the command waits for something, so that `--timeout` limits the wait.
    pub(crate) fn waits(&self) -> bool {
        match self {
            Self::Inputs(InputsCommand::Create { wait, .. }) | Self::Models(ModelsCommand::Train { wait, .. }) => {
                wait.wait
            }
            Self::Inputs(InputsCommand::Delete(delete)) | Self::Models(ModelsCommand::Delete(delete)) => {
                delete.wait.wait
            }
            Self::Inputs(InputsCommand::Wait { .. }) | Self::Models(ModelsCommand::Wait { .. }) => true,
            _ => false,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a model on images or videos
    ///
    /// Inputs are sent in requests of at most 128 inputs and 128 MB, videos one per request, and results are printed in
    /// the order of the inputs. An input that cannot be read or is rejected does not affect the others.
    #[command(visible_alias = "tag", after_long_help = predict::EXAMPLES)]
    Predict(PredictArgs),
    /// Send a prompt to a language model and print its response
    ///
    /// The response is printed while it arrives. The model must be available at the OpenAI-compatible endpoint of the
    /// service.
    #[command(after_long_help = chat::EXAMPLES)]
    Chat(ChatArgs),
    /// Manage inputs: upload, list, annotate, delete
    #[command(subcommand)]
    Inputs(InputsCommand),
    /// Search inputs by visual similarity, concept, metadata or location
    ///
    /// Inputs must match all conditions. Without a condition, all inputs of the app are returned.
    #[command(after_long_help = search::EXAMPLES)]
    Search(SearchArgs),
    /// Manage annotations: list, create, delete
    #[command(subcommand)]
    Annotations(AnnotationsCommand),
    /// Manage datasets: list, create, fill, delete
    #[command(subcommand)]
    Datasets(DatasetsCommand),
    /// Manage concepts: list, show, create, rename, search
    #[command(subcommand)]
    Concepts(ConceptsCommand),
    /// Manage models: list, search, create, train, delete
    #[command(subcommand)]
    Models(ModelsCommand),
    /// List, show and run workflows
    #[command(subcommand)]
    Workflows(WorkflowsCommand),
    /// Show, retry and export the work that --job recorded
    #[command(subcommand, after_long_help = job::EXAMPLES)]
    Job(JobCommand),
    /// Manage apps: list, create, change, delete
    #[command(subcommand)]
    Apps(AppsCommand),
    /// Check a personal access token and store it
    ///
    /// The token is asked for in the terminal, without showing it, or read from stdin. It is stored in the config file,
    /// with the user ID that it belongs to, after the service accepted it.
    Login,
    /// Show the user that the credentials belong to
    Whoami,
    /// Show and change stored settings
    ///
    /// Without a subcommand, `show` is run.
    #[command(after_long_help = config::EXAMPLES)]
    Config {
        #[command(subcommand)]
        command: Option<ConfigCommand>,
    },
    /// Run the simulator as an HTTP server
    ///
    /// The server is for clients in any language. It prints its URL, and runs until it is interrupted. It accepts every
    /// key; each key is a separate app.
    #[command(after_long_help = simulator::EXAMPLES)]
    Simulator(SimulatorArgs),
    /// Print a shell completion script
    #[command(after_long_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// Shell to print the script for
        shell: clap_complete::Shell,
    },
    /// Check whether a newer release exists
    ///
    /// Sends one request, without credentials, to the list of releases of the project. No other command checks for
    /// updates. If the check fails, a warning is printed.
    UpdateCheck(UpdateCheckArgs),
}

const COMPLETIONS_EXAMPLES: &str = concat!(
    heading!("Examples"),
    "\
\x20 clarifai completions bash > /etc/bash_completion.d/clarifai
  clarifai completions zsh > ~/.zfunc/_clarifai
  clarifai completions fish > ~/.config/fish/completions/clarifai.fish"
);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use clap::CommandFactory as _;

    use super::*;
    use crate::config_file::SettingName;

    #[test]
    fn command_definition_is_valid() {
        Cli::command().debug_assert();
    }

    /// Short help fits on a line; commands that do work have examples.
    #[test]
    fn every_option_and_command_has_one_line_of_help() {
        fn check(command: &clap::Command) {
            for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
                let about = sub.get_about().map(ToString::to_string).unwrap_or_default();
                assert!(!about.is_empty() && about.len() < 80 && !about.ends_with('.'), "{}: {about}", sub.get_name());
                check(sub);
            }
            for arg in command.get_arguments() {
                let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
                let name = format!("{} {}", command.get_name(), arg.get_id());
                assert!(!help.is_empty() && help.len() < 80 && !help.ends_with('.'), "{name}: {help}");
            }
        }
        check(&Cli::command());
    }

    #[test]
    fn no_help_shows_the_value_of_a_setting() {
        let command = Cli::command();
        for name in SettingName::ALL {
            let is_option = |arg: &&clap::Arg| arg.get_id() == name.option();
            let arg = command.get_arguments().find(is_option).unwrap_or_else(|| panic!("no --{}", name.option()));
            assert_eq!(arg.get_env().and_then(|name| name.to_str()), Some(name.variable()));
            assert!(arg.is_hide_env_values_set(), "{name:?}");
        }
    }

    /// Splits a command line at spaces outside single quotes, up to a pipe, a redirection or a comment.
    fn split(line: &str) -> Vec<String> {
        let mut words = vec![String::new()];
        let mut quoted = false;
        for character in line.chars() {
            match character {
                '\'' => quoted = !quoted,
                ' ' if !quoted => words.push(String::new()),
                character => words.last_mut().unwrap().push(character),
            }
        }
        let words = words.into_iter().filter(|word| !word.is_empty());
        words.take_while(|word| !["|", ">", "#"].contains(&word.as_str())).collect()
    }

    fn check_examples(text: &str) -> usize {
        let joined = text.replace("\\\n", " ");
        let lines = joined.lines().map(|line| line.trim().trim_start_matches("$ "));
        let lines = lines.filter_map(|line| Some(&line[line.find("clarifai ")?..]).filter(|_| !line.contains('`')));
        let mut count = 0;
        for line in lines {
            let words = split(line);
            let parsed = Cli::command().try_get_matches_from(&words);
            assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
            count += 1;
        }
        count
    }

    #[test]
    fn examples_of_the_help_and_the_readme_are_valid() {
        fn check(command: &clap::Command) -> usize {
            let examples = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
            let own = examples.split("Credentials:").next().map_or(0, check_examples);
            own + command.get_subcommands().map(check).sum::<usize>()
        }
        assert!(check(&Cli::command()) > 30);
        let readme = include_str!("../README.md");
        let blocks: Vec<_> = readme.split("```").skip(1).step_by(2).collect();
        assert!(blocks.iter().map(|block| check_examples(block)).sum::<usize>() > 30);
    }
}
