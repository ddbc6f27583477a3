//! The command line of the Clarifai client for Rust. `clarifai --help` says what it can do.

#![forbid(unsafe_code)]

mod args;
mod batches;
mod client;
mod concepts;
mod config;
mod context;
mod dry_run;
mod exit;
mod file;
mod inputs;
mod interrupt;
mod listing;
mod load;
mod models;
mod output;
mod predict;
mod progress;
mod search;
mod settings;
mod simulator;
mod state;
mod waits;
mod workflows;

use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use clarifai_simulator::faults::Faults;

use crate::args::{Cli, Command, Config, Global};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::settings::Settings;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut out = anstream::stdout().lock();
    let exit = match run(cli, &mut out) {
        Ok(exit) => exit,
        Err(Failure::Pipe) => Exit::Good,
        Err(Failure::Quiet(exit)) => exit,
        Err(Failure::Unwritten(problem)) => {
            output::error(&problem);
            Exit::Service
        }
        Err(Failure::Said(exit, message)) => {
            let _ = out.flush();
            output::error(&message);
            exit
        }
    };
    ExitCode::from(exit as u8)
}

fn run(cli: Cli, out: &mut dyn Write) -> Result<Exit, Failure> {
    let global = &cli.global;
    let simulated = global.simulator || matches!(cli.command, Command::Simulator { .. });
    for (option, given) in [("--mount", global.mount.is_some()), ("--state", global.state.is_some())] {
        if given && !simulated {
            return Err(Failure::usage(format!("{option} is for the simulator: add --simulator")));
        }
    }
    match cli.command {
        Command::Predict(command) => asking(global, out, |context| predict::run(&command, context)),
        Command::Concepts(command) => asking(global, out, |context| concepts::run(&command, context)),
        Command::Inputs(command) => asking(global, out, |context| inputs::run(&command, context)),
        Command::Search(command) => asking(global, out, |context| search::run(&command, context)),
        Command::Models(command) => asking(global, out, |context| models::run(&command, context)),
        Command::Workflows(command) => asking(global, out, |context| workflows::run(&command, context)),
        Command::Config { command } => done(config::run(command.unwrap_or(Config::Show), global, out), out),
        Command::Simulator { listen, faults, seed } => {
            done(simulator::run(&listen, Faults::new(seed, faults), global, out), out)
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "clarifai", &mut script);
            done(out.write_all(&script).map_err(Failure::from), out)
        }
    }
}

/// Carries out a command that asks the service.
fn asking(
    global: &Global,
    out: &mut dyn Write,
    command: impl FnOnce(&mut Context<'_>) -> Result<(), Failure>,
) -> Result<Exit, Failure> {
    // The simulator needs no settings, so a broken file is nothing to it.
    let settings = if global.simulator { Settings::none(global) } else { Settings::read(global)? };
    Context::new(global, &settings, out).carry_out(command)
}

fn done(ended: Result<(), Failure>, out: &mut dyn Write) -> Result<Exit, Failure> {
    ended?;
    out.flush()?;
    Ok(Exit::Good)
}
