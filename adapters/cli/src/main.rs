//! The command line of the Clarifai client for Rust. `clarifai --help` says what it can do.

#![forbid(unsafe_code)]

mod args;
mod client;
mod config;
mod dry_run;
mod exit;
mod file;
mod models;
mod output;
mod predict;
mod settings;
mod simulator;

use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use crate::args::{Cli, Command, Config};
use crate::exit::{Exit, Failure};
use crate::settings::Settings;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut out = anstream::stdout().lock();
    let exit = match run(cli, &mut out) {
        Ok(exit) => exit,
        Err(Failure::Pipe) => Exit::Good,
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
    if global.mount.is_some() && !global.simulator && !matches!(cli.command, Command::Simulator { .. }) {
        return Err(Failure::usage("--mount is for the simulator: add --simulator"));
    }
    // The simulator needs no settings, so a broken file is nothing to it.
    let settings = || if global.simulator { Ok(Settings::none(global)) } else { Settings::read(global) };
    match cli.command {
        Command::Predict(command) => return predict::run(&command, global, &settings()?, out),
        Command::Models(command) => models::run(&command, global, &settings()?, out)?,
        Command::Config { command } => config::run(command.unwrap_or(Config::Show), global, out)?,
        Command::Simulator { listen } => simulator::run(&listen, global, out)?,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "clarifai", &mut script);
            out.write_all(&script)?;
        }
    }
    out.flush()?;
    Ok(Exit::Good)
}
