//! The options and arguments, and what `--help` says of them.

mod values;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use clarifai_core::Page;
use clarifai_core::concepts::ConceptRef;
use serde_json::{Map, Value};

pub(crate) use values::{Action, Area, Concept, Distance, Place};

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
  1  some items failed, what was waited for failed, or a list changed while it was read
  2  bad options, arguments or settings
  3  no credentials, or the service does not accept them
  4  the quota is used up, or too many requests were sent
  5  the network failed, or the service refused
  6  what was waited for has not come in time
  130  the program was ended by Ctrl-C or SIGTERM; what was known by then was printed";

/// Tag, keep, find and sort pictures and videos with Clarifai
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
    /// File that keeps what the simulator remembers, from one command to the next; made where there is none
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
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
    /// Look up, make and rename the words an app says of its inputs
    #[command(subcommand)]
    Concepts(Concepts),
    /// Keep pictures and videos in an app, and say what they show
    #[command(subcommand)]
    Inputs(Inputs),
    /// Find inputs by what they look like and what is known of them; without a condition, all
    #[command(after_help = CONCEPTS_SEARCHED)]
    Search(Search),
    /// Look up, search, make and train models
    #[command(subcommand)]
    Models(Models),
    /// Look up workflows, and ask all models of one
    #[command(subcommand)]
    Workflows(Workflows),
    /// Show and change settings
    Config {
        #[command(subcommand)]
        command: Option<Config>,
    },
    /// Serve the simulator on a port, for clients of any language
    ///
    /// With --state it remembers, until the next time it is served, what it was told.
    Simulator {
        /// Address to listen at; port 0 takes a free one
        #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
        listen: String,
        /// Let this share of the exchanges go wrong, 0 to 1: lost answers, resets, hangs, errors, for tests of clients
        #[arg(long, value_name = "SHARE", default_value = "0", value_parser = values::share)]
        faults: f64,
        /// Number that decides which exchanges go wrong and how; the same one decides the same
        #[arg(long, value_name = "NUMBER", default_value_t = 0)]
        seed: u64,
    },
    /// Print a completion script for a shell
    Completions { shell: clap_complete::Shell },
}

const CONCEPTS_SEARCHED: &str = "A concept is meant by its name, or with id:ID by its id.";

const CONCEPTS_STATED: &str = "A concept is meant by its id, or with name:NAME by its name.";

/// Which part of a list.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Pages {
    /// Page of the list, from 1; the first unless named
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["all", "limit"])]
    page: Option<u32>,
    /// Items a page, 1 to 1000; 20, or up to 100 with --all and --limit
    #[arg(long, value_name = "COUNT")]
    per_page: Option<u32>,
    /// All there are, page after page
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// At most so many, from the first on, from as many pages as it takes
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
}

impl Pages {
    /// Items a page where many are read.
    const LARGE: u32 = 100;

    /// The page to begin with.
    pub(crate) fn first(self) -> Page {
        let usual = match self.limit {
            Some(limit) => u32::try_from(limit).unwrap_or(Self::LARGE).min(Self::LARGE),
            None if self.all => Self::LARGE,
            None => Page::default().size,
        };
        Page::new(self.page.unwrap_or(1), self.per_page.unwrap_or(usual))
    }

    /// At most how many items are wanted, where it is not one page.
    pub(crate) fn most(self) -> Option<u64> {
        self.limit.or(self.all.then_some(u64::MAX))
    }
}

/// Whether something is waited for, and how long.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Waiting {
    /// Wait until it is done, and say what came of it
    #[arg(long)]
    pub(crate) wait: bool,
    /// Wait for at most so long, an hour unless given; 0 looks once
    #[arg(long, value_name = "SECONDS", requires = "wait")]
    timeout: Option<u64>,
}

impl Waiting {
    pub(crate) fn deadline(self) -> Option<Duration> {
        self.timeout.map(Duration::from_secs)
    }
}

/// How long something is waited for.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Timeout {
    /// Wait for at most so long, an hour unless given; 0 looks once
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
}

impl Timeout {
    pub(crate) fn deadline(self) -> Option<Duration> {
        self.timeout.map(Duration::from_secs)
    }
}

/// Some of a kind, or all there are.
#[derive(Args, Debug)]
pub(crate) struct Doomed {
    #[arg(required_unless_present = "all", conflicts_with = "all", value_name = "ID")]
    pub(crate) ids: Vec<String>,
    /// All there are in the app
    #[arg(long)]
    pub(crate) all: bool,
    /// Do not ask whether all shall be deleted
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) waiting: Waiting,
}

#[derive(Args, Debug)]
pub(crate) struct Predict {
    #[command(flatten)]
    pub(crate) sources: Sources,
    /// Model, by name or id
    #[arg(long, short, value_name = "NAME|ID", default_value = crate::models::DEFAULT)]
    pub(crate) model: String,
    /// Version of the model, rather than the latest
    #[arg(long, value_name = "ID")]
    pub(crate) version: Option<String>,
    #[command(flatten)]
    pub(crate) answer: Answer,
}

/// Inputs from outside.
#[derive(Args, Debug)]
pub(crate) struct Sources {
    /// Files, addresses (whatever holds ://), or - for standard input
    #[arg(required = true, value_name = "INPUT")]
    pub(crate) inputs: Vec<OsString>,
    /// The inputs are videos
    #[arg(long)]
    pub(crate) video: bool,
    /// Calls under way at once, 1 to 32
    #[arg(long, value_name = "COUNT", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=32))]
    pub(crate) jobs: u8,
}

/// What the answer of a model shall hold.
#[derive(Args, Debug)]
pub(crate) struct Answer {
    /// Language of the concepts' names, such as de
    #[arg(long, value_name = "CODE")]
    pub(crate) language: Option<String>,
    /// Leave out concepts below this value, 0 to 1
    #[arg(long, value_name = "VALUE")]
    pub(crate) min_value: Option<f64>,
    /// At most so many concepts an input, 1 to 200
    #[arg(long, value_name = "COUNT")]
    pub(crate) max_concepts: Option<u32>,
    /// Only the concept of this name, or of this id with id:ID in front; may be repeated
    #[arg(long, value_name = "NAME|id:ID", value_parser = values::concept)]
    pub(crate) select: Vec<Concept>,
    /// Look at one frame of a video every so many milliseconds, 100 to 60000
    #[arg(long, value_name = "MS")]
    pub(crate) sample_ms: Option<u32>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Concepts {
    /// List the concepts of the app, page by page
    List {
        #[command(flatten)]
        pages: Pages,
    },
    /// Show a concept
    Get { id: String },
    /// Make a concept
    Create {
        id: String,
        /// Its name, unless that is the id
        #[arg(long)]
        name: Option<String>,
    },
    /// Rename a concept
    Update {
        id: String,
        /// Its new name
        #[arg(long)]
        name: String,
    },
    /// Search concepts by name, in which * stands for any text
    Search {
        name: String,
        /// Language of the name, such as de
        #[arg(long, value_name = "CODE")]
        language: Option<String>,
        #[command(flatten)]
        pages: Pages,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Inputs {
    /// List the inputs of the app, page by page
    List {
        /// Leave out those that failed
        #[arg(long)]
        without_failed: bool,
        #[command(flatten)]
        pages: Pages,
    },
    /// Show an input
    Get { id: String },
    /// Keep inputs in the app; it looks at them after it has answered
    #[command(after_help = CONCEPTS_STATED)]
    Create {
        #[command(flatten)]
        sources: Sources,
        /// Id of the input, if it is only one
        #[arg(long, value_name = "ID")]
        id: Option<String>,
        #[command(flatten)]
        facts: Facts,
        /// Keep addresses again that the app holds already
        #[arg(long)]
        allow_duplicate_url: bool,
        /// Ids that follow from the content: what is the same is kept once, however often it is sent
        #[arg(long, conflicts_with = "id")]
        content_ids: bool,
        #[command(flatten)]
        waiting: Waiting,
    },
    /// Wait until inputs are processed: these, or all of the app
    Wait {
        #[arg(value_name = "ID")]
        ids: Vec<String>,
        #[command(flatten)]
        timeout: Timeout,
    },
    /// Change what is known of inputs
    #[command(after_help = CONCEPTS_STATED)]
    Update {
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
        /// What to do with what is known
        #[arg(long, value_enum, default_value_t)]
        action: Action,
        #[command(flatten)]
        facts: Facts,
    },
    /// Delete inputs
    Delete(Doomed),
    /// Count the inputs of the app that are processed, waiting and failed
    Status,
}

/// What is known of an input.
#[derive(Args, Debug)]
pub(crate) struct Facts {
    /// It shows this; may be repeated
    #[arg(long = "concept", value_name = "CONCEPT", value_parser = values::concept)]
    pub(crate) concepts: Vec<Concept>,
    /// It does not show this; may be repeated
    #[arg(long = "not-concept", value_name = "CONCEPT", value_parser = values::concept)]
    pub(crate) not_concepts: Vec<Concept>,
    /// A JSON object to go with it
    #[arg(long, value_name = "JSON", value_parser = values::metadata)]
    pub(crate) metadata: Option<Map<String, Value>>,
    /// Where it was taken: degrees east, degrees north
    #[arg(long, value_name = "LON,LAT", allow_hyphen_values = true, value_parser = values::place)]
    pub(crate) geo: Option<Place>,
}

impl Facts {
    /// The concepts, as requests have them.
    pub(crate) fn stated(&self) -> impl Iterator<Item = ConceptRef> {
        let shown = self.concepts.iter().map(|concept| concept.stated().positive());
        shown.chain(self.not_concepts.iter().map(|concept| concept.stated().negative()))
    }
}

#[derive(Args, Debug)]
pub(crate) struct Search {
    /// Somebody said that it shows this; may be repeated
    #[arg(long = "concept", value_name = "CONCEPT", value_parser = values::concept)]
    pub(crate) concepts: Vec<Concept>,
    /// Somebody said that it does not show this; may be repeated
    #[arg(long = "not-concept", value_name = "CONCEPT", value_parser = values::concept)]
    pub(crate) not_concepts: Vec<Concept>,
    /// The app's model sees this in it; may be repeated
    #[arg(long, value_name = "CONCEPT", value_parser = values::concept)]
    pub(crate) predicted: Vec<Concept>,
    /// The app's model does not see this in it; may be repeated
    #[arg(long, value_name = "CONCEPT", value_parser = values::concept)]
    pub(crate) not_predicted: Vec<Concept>,
    /// It looks like this: a file, an address (holds ://), or the id of an input; with id:ID surely an id
    #[arg(long, value_name = "FILE|URL|ID")]
    pub(crate) image: Option<OsString>,
    /// Its metadata hold all members of this JSON object
    #[arg(long, value_name = "JSON", value_parser = values::metadata)]
    pub(crate) metadata: Option<Map<String, Value>>,
    /// It was taken near this place: degrees east, degrees north
    #[arg(long, value_name = "LON,LAT", allow_hyphen_values = true, value_parser = values::place)]
    pub(crate) near: Option<Place>,
    /// How near, such as 10mi: in mi, km, deg or rad
    #[arg(long, value_name = "DISTANCE", requires = "near", value_parser = values::distance)]
    pub(crate) within: Option<Distance>,
    /// It was taken between these two corners
    #[arg(
        long = "box",
        value_name = "LON,LAT,LON,LAT",
        conflicts_with = "near",
        allow_hyphen_values = true,
        value_parser = values::area
    )]
    pub(crate) area: Option<Area>,
    /// It was made from this address
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Language of the concepts' names, such as de
    #[arg(long, value_name = "CODE")]
    pub(crate) language: Option<String>,
    #[command(flatten)]
    pub(crate) pages: Pages,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Models {
    /// List the models one can use, page by page
    List {
        /// Only those of the app
        #[arg(long, conflicts_with = "public")]
        own: bool,
        /// Only those of the service
        #[arg(long)]
        public: bool,
        #[command(flatten)]
        pages: Pages,
    },
    /// Show a model
    Get {
        #[arg(value_name = "NAME|ID")]
        model: String,
    },
    /// Search models by name, in which * stands for any text
    Search {
        name: String,
        /// Only models of this type, such as concept or visual-classifier
        #[arg(long = "type", value_name = "TYPE")]
        model_type: Option<String>,
        #[command(flatten)]
        pages: Pages,
    },
    /// Show a model with the concepts it knows
    Info {
        #[arg(value_name = "NAME|ID")]
        model: String,
        /// Version of the model, rather than the latest
        #[arg(long, value_name = "ID")]
        version: Option<String>,
    },
    /// Make a model that shall learn concepts from the inputs of the app
    Create {
        id: String,
        /// Its name, unless that is the id
        #[arg(long)]
        name: Option<String>,
        /// A concept it shall learn, by id; may be repeated
        #[arg(long = "concept", value_name = "ID", value_parser = values::concept)]
        concepts: Vec<Concept>,
        /// An input shows only one of them
        #[arg(long)]
        exclusive: bool,
    },
    /// Change the name or the concepts of a model
    Update {
        id: String,
        /// Its new name
        #[arg(long)]
        name: Option<String>,
        /// What to do with its concepts
        #[arg(long, value_enum, default_value_t)]
        action: Action,
        /// A concept, by id; may be repeated
        #[arg(long = "concept", value_name = "ID", value_parser = values::concept)]
        concepts: Vec<Concept>,
    },
    /// Delete models
    Delete(Doomed),
    /// List the versions of a model, page by page
    Versions {
        #[arg(value_name = "NAME|ID")]
        model: String,
        #[command(flatten)]
        pages: Pages,
    },
    /// Train a model with the inputs of the app
    Train {
        #[arg(value_name = "NAME|ID")]
        model: String,
        #[command(flatten)]
        waiting: Waiting,
    },
    /// Wait until a version of a model is trained
    Wait {
        #[arg(value_name = "NAME|ID")]
        model: String,
        /// The version, rather than the latest
        #[arg(long, value_name = "ID")]
        version: Option<String>,
        #[command(flatten)]
        timeout: Timeout,
    },
    /// Tell what a model should have seen in an input
    Feedback {
        #[arg(value_name = "NAME|ID")]
        model: String,
        /// Id of the input
        #[arg(long, value_name = "ID")]
        input: String,
        /// Where its picture is
        #[arg(long)]
        url: Option<String>,
        /// It shows this, by id; may be repeated
        #[arg(long = "concept", value_name = "ID", value_parser = values::concept)]
        concepts: Vec<Concept>,
        /// It does not show this, by id; may be repeated
        #[arg(long = "not-concept", value_name = "ID", value_parser = values::concept)]
        not_concepts: Vec<Concept>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Workflows {
    /// List the workflows of the app, page by page
    List {
        /// Those that are public
        #[arg(long)]
        public: bool,
        #[command(flatten)]
        pages: Pages,
    },
    /// Show a workflow
    Get { id: String },
    /// Say what the models of a workflow see in pictures or videos
    Predict {
        id: String,
        #[command(flatten)]
        sources: Sources,
        #[command(flatten)]
        answer: Answer,
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
