//! `clarifai config`: shows the settings in effect, and changes the config file.

use std::io::{self, Read as _, Write};

use clarifai_core::{Config, Credentials, repair};
use serde_json::json;

use crate::args::{ConfigCommand, GlobalArgs};
use crate::config_file::{ConfigFile, SettingName};
use crate::exit::Failure;
use crate::output;
use crate::settings::Settings;
use crate::terminal::{self, sanitize};

pub(crate) fn run(command: ConfigCommand, global: &GlobalArgs, out: &mut dyn Write) -> Result<(), Failure> {
    match command {
        ConfigCommand::Show => show(global, out),
        ConfigCommand::Path => Ok(writeln!(out, "{}", ConfigFile::path()?.display())?),
        ConfigCommand::Set { name, value } => {
            let value = if value == "-" { read_stdin()? } else { value };
            let value = value.trim();
            check(name, value)?;
            // Reading works without a home folder, storing does not.
            ConfigFile::path()?;
            ConfigFile::read()?.with(name, value)?.write()
        }
        ConfigCommand::Unset { name } => {
            if let Some(file) = ConfigFile::read()?.without(name)? {
                file.write()?;
            } else {
                let path = ConfigFile::path()?;
                terminal::warning(format_args!("{} is not set in {}", name.option(), path.display()));
            }
            Ok(())
        }
    }
}

fn show(global: &GlobalArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let settings = Settings::read(&global.settings)?;
    settings.warn_about_unused();
    settings.check_file()?;
    if global.json {
        for one in settings.all() {
            let line = json!({"name": one.name.option(), "value": one.redacted(), "source": one.source()});
            writeln!(out, "{line}")?;
        }
        return Ok(());
    }
    let mut table = output::new_table(&["Setting", "Value", "Source"]);
    for one in settings.all() {
        table.add_row([one.name.option().to_owned(), sanitize(&one.redacted()), one.source()]);
    }
    output::write_table(&table, "", out)?;
    if settings.credential_kind().is_none() {
        terminal::warning("no credentials found");
        terminal::hint("store a personal access token with `clarifai config set pat -`");
    }
    Ok(())
}

/// Rejects values that no request could use, before they are stored.
pub(crate) fn check(name: SettingName, value: &str) -> Result<(), Failure> {
    if value.is_empty() || value.chars().any(char::is_control) {
        return Err(Failure::usage(format!("the value of {} must be one line that is not empty", name.option())));
    }
    match name {
        SettingName::BaseUrl => {
            Config::new(Credentials::key("key")?).with_base_url(value)?;
        }
        SettingName::Pat | SettingName::Key => {
            // Without the reason, which could quote the value.
            Credentials::key(value).map_err(|_| {
                Failure::usage(format!("the value of {} contains spaces or invalid characters", name.option()))
            })?;
        }
        _ => {}
    }
    Ok(())
}

pub(crate) fn read_stdin() -> Result<String, Failure> {
    let mut bytes = Vec::new();
    io::stdin()
        .take(64 * 1024)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::usage(format!("cannot read from stdin: {error}")))?;
    // Windows PowerShell writes UTF-16 or a byte order mark into a pipe.
    repair::text(&bytes).ok_or_else(|| Failure::usage("stdin is not text in UTF-8"))
}
