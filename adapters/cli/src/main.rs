//! The command line of the Clarifai client for Rust. Run `clarifai --help` for a list of its commands.

#![forbid(unsafe_code)]

mod annotations;
mod apps;
mod args;
mod atomic_file;
mod chat;
mod client;
mod concepts;
mod config;
mod config_file;
mod context;
mod datasets;
mod dry_run;
mod exit;
mod input_jobs;
mod input_loader;
mod input_source;
mod inputs;
mod interrupt;
mod job;
mod json;
mod listing;
mod login;
mod message;
mod model_lookup;
mod models;
mod output;
mod predict;
mod progress;
mod request_log;
mod search;
mod settings;
mod simulator;
mod simulator_state;
mod sources;
mod terminal;
mod thumbnail;
mod update_check;
mod waits;
mod workflows;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use crate::args::{Cli, Command, ConfigCommand, GlobalArgs};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::settings::Settings;

fn main() -> ExitCode {
    let cli = Cli::parse();
    terminal::set_quiet(cli.global.quiet);
    // JSON has no colors, and must not lose the control characters that anstream removes from text.
    let mut out: Box<dyn Write> = match cli.global.json {
        true => Box::new(io::stdout().lock()),
        false => Box::new(anstream::stdout().lock()),
    };
    let exit = run(cli, &mut *out).unwrap_or_else(|failure| {
        // Output that was printed before the failure appears before its message.
        let _ = out.flush();
        failure.report()
    });
    ExitCode::from(exit.code())
}

fn run(cli: Cli, out: &mut dyn Write) -> Result<Exit, Failure> {
    let global = &cli.global;
    let is_simulated = global.simulator || matches!(cli.command, Command::Simulator(_));
    for (option, given) in [("--mount", global.mount.is_some()), ("--state", global.state.is_some())] {
        if given && !is_simulated {
            return Err(Failure::usage(format!("{option} requires --simulator")));
        }
    }
    match global.timeout {
        Some(seconds) if !cli.command.waits() && seconds == 0 => {
            return Err(Failure::usage("--timeout 0 requires a command that waits"));
        }
        Some(seconds) if !cli.command.waits() => interrupt::set_time_limit(seconds),
        _ => {}
    }
    match cli.command {
        Command::Predict(args) => call_service(global, out, |context| predict::run(&args, context)),
        Command::Chat(args) => call_service(global, out, |context| chat::run(&args, context)),
        Command::Concepts(command) => call_service(global, out, |context| concepts::run(&command, context)),
        Command::Annotations(command) => call_service(global, out, |context| annotations::run(&command, context)),
        Command::Datasets(command) => call_service(global, out, |context| datasets::run(&command, context)),
        Command::Inputs(command) => call_service(global, out, |context| inputs::run(&command, context)),
        Command::Search(args) => call_service(global, out, |context| search::run(&args, context)),
        Command::Models(command) => call_service(global, out, |context| models::run(&command, context)),
        Command::Workflows(command) => call_service(global, out, |context| workflows::run(&command, context)),
        Command::Apps(command) => call_service(global, out, |context| apps::run(&command, context)),
        Command::Whoami => call_service(global, out, login::whoami),
        Command::Login => finish(login::login(global, out), out),
        Command::Job(command) => job::commands::run(&command, global, out),
        Command::Config { command } => finish(config::run(command.unwrap_or(ConfigCommand::Show), global, out), out),
        Command::Simulator(args) => finish(simulator::run(&args, global, out), out),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "clarifai", &mut script);
            finish(out.write_all(&script).map_err(Failure::from), out)
        }
        Command::UpdateCheck(args) => finish(update_check::run(&args, global, out), out),
    }
}

/// Runs a command that sends requests to the service, or to the simulator in the process.
fn call_service(
    global: &GlobalArgs,
    out: &mut dyn Write,
    command: impl FnOnce(&mut Context<'_>) -> Result<(), Failure>,
) -> Result<Exit, Failure> {
    // The simulator uses no stored settings, so that it works even if the config file is invalid.
    let settings = match global.simulator {
        true => Settings::for_simulator(&global.settings),
        false => Settings::read(&global.settings)?,
    };
    settings.warn_about_unused();
    Context::new(global, &settings, out).run(command)
}

/// Ends a command that has no items and so cannot fail in part.
fn finish(result: Result<(), Failure>, out: &mut dyn Write) -> Result<Exit, Failure> {
    result?;
    out.flush()?;
    Ok(Exit::Success)
}
