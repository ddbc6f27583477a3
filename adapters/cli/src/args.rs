//! The options and arguments, and what `--help` says of them.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

const AFTER_HELP: &str = "\
Credentials and settings are taken from options, then from the environment, then from the file ~/.clarifai/config:
  option       environment and file
  --pat        CLARIFAI_PAT            personal access token
  --key        CLARIFAI_API_KEY        API key of one app, or a personal access token
               CLARIFAI_APP_ID and CLARIFAI_APP_SECRET, traded for a token
  --base-url   CLARIFAI_API_BASE       address of the service
  --user       CLARIFAI_USER_ID        user the app belongs to
  --app        CLARIFAI_APP_ID_SCOPE   app whose models are meant
In the file they stand in the section [clarifai].

Exit codes:
  0  all went well
  1  some items failed
  2  bad options, arguments or settings
  3  no credentials, or the service does not accept them
  4  the quota is used up, or too many requests were sent
  5  the network failed, or the service refused";

/// Tag pictures and videos with Clarifai
///
/// Without an account, `--simulator` answers from what it can measure in the pixels.
#[derive(Debug, Parser)]
#[command(name = "clarifai", version, after_help = AFTER_HELP, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of all commands.
#[derive(Args, Debug)]
#[command(next_help_heading = "Global options")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub(crate) struct Global {
    /// API key of one app, or a personal access token (with --user and --app)
    #[arg(long, global = true, value_name = "KEY", conflicts_with = "pat")]
    pub(crate) key: Option<String>,
    /// Personal access token; without --user and --app it addresses the public models
    #[arg(long, global = true, value_name = "TOKEN")]
    pub(crate) pat: Option<String>,
    /// Address of the service, unless it is Clarifai's own
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// User whose app is meant
    #[arg(long, global = true, value_name = "ID")]
    pub(crate) user: Option<String>,
    /// App whose models are meant
    #[arg(long, global = true, value_name = "ID")]
    pub(crate) app: Option<String>,
    /// Let the built-in simulator answer: no account, no network, and no recognition of objects
    #[arg(long, global = true)]
    pub(crate) simulator: bool,
    /// Folder the simulator serves addresses from: `https://host/path` is DIR/host/path
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) mount: Option<PathBuf>,
    /// Print JSON, one object a line, with the API's own names
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print the requests, without credentials, and send nothing
    #[arg(long, global = true)]
    pub(crate) dry_run: bool,
    /// Print no notes to standard error, only errors
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Log requests to standard error; twice, also their headers and sizes. Never the credentials
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Say what a model sees in pictures or videos
    #[command(visible_alias = "tag")]
    Predict(Predict),
    /// List, search and look up models
    #[command(subcommand)]
    Models(Models),
    /// Show and change settings
    Config {
        #[command(subcommand)]
        command: Option<Config>,
    },
    /// Serve the simulator on a port, for clients of any language
    Simulator {
        /// Address to listen at; port 0 takes a free one
        #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
        listen: String,
    },
    /// Print a completion script for a shell
    Completions { shell: clap_complete::Shell },
}

#[derive(Args, Debug)]
pub(crate) struct Predict {
    /// Files, addresses (whatever holds ://), or - for standard input
    #[arg(required = true, value_name = "INPUT")]
    pub(crate) inputs: Vec<OsString>,
    /// Model, by name or id
    #[arg(long, short, value_name = "NAME|ID", default_value = crate::models::DEFAULT)]
    pub(crate) model: String,
    /// Version of the model, rather than the latest
    #[arg(long, value_name = "ID")]
    pub(crate) version: Option<String>,
    /// Language of the concepts' names, such as de
    #[arg(long, value_name = "CODE")]
    pub(crate) language: Option<String>,
    /// Leave out concepts below this value, 0 to 1
    #[arg(long, value_name = "VALUE")]
    pub(crate) min_value: Option<f64>,
    /// At most so many concepts an input, 0 to 200
    #[arg(long, value_name = "COUNT")]
    pub(crate) max_concepts: Option<u32>,
    /// Only the concept of this name, or of this id with id:ID in front; may be repeated
    #[arg(long, value_name = "NAME|id:ID")]
    pub(crate) select: Vec<String>,
    /// Look at one frame of a video every so many milliseconds, 100 to 60000
    #[arg(long, value_name = "MS")]
    pub(crate) sample_ms: Option<u32>,
    /// The inputs are videos
    #[arg(long)]
    pub(crate) video: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Models {
    /// List the models one can use, page by page
    List {
        #[arg(long, default_value_t = 1)]
        page: u32,
        /// Models a page, 1 to 1000
        #[arg(long, default_value_t = 20)]
        per_page: u32,
    },
    /// Show a model
    Get { model: String },
    /// Search models by name, in which * stands for any text
    Search {
        name: String,
        /// Only models of this type, such as concept or visual-classifier
        #[arg(long = "type", value_name = "TYPE")]
        model_type: Option<String>,
    },
    /// Show a model with the concepts it knows
    Info {
        model: String,
        /// Version of the model, rather than the latest
        #[arg(long, value_name = "ID")]
        version: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Show the settings in effect and where they come from (the default)
    Show,
    /// Keep a setting in the file
    Set {
        /// pat, key, app-id, app-secret, base-url, user or app
        name: String,
        /// Its value; - reads it from standard input, which keeps it out of the shell's history
        value: String,
    },
    /// Remove a setting from the file
    Unset {
        /// pat, key, app-id, app-secret, base-url, user or app
        name: String,
    },
    /// Print where the file is
    Path,
}
