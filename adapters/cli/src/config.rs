//! `clarifai config`: shows the settings in effect and keeps some in the file.

use std::io::{self, Read as _, Write};

use clarifai_core::{App, Credentials};
use serde_json::json;

use crate::args::{Config, Global};
use crate::exit::Failure;
use crate::file::{self, File};
use crate::output;
use crate::settings::{self, NAMES, Name, Settings};

pub(crate) fn run(command: Config, global: &Global, out: &mut dyn Write) -> Result<(), Failure> {
    match command {
        Config::Show => show(global, out),
        Config::Path => Ok(writeln!(out, "{}", file::path()?.display())?),
        Config::Set { name, value } => {
            let name = find(&name)?;
            let value = if value == "-" { from_stdin()? } else { value };
            let value = value.trim();
            check(name, value)?;
            file::path()?;
            File::read()?.with(name, value)?.write()
        }
        Config::Unset { name } => {
            let name = find(&name)?;
            match File::read()?.without(name)? {
                Some(file) => file.write()?,
                None if global.quiet => {}
                None => output::note!("note: {} was not set in {}", name.short, file::path()?.display()),
            }
            Ok(())
        }
    }
}

fn show(global: &Global, out: &mut dyn Write) -> Result<(), Failure> {
    let settings = Settings::read(global)?;
    if global.json {
        for one in settings.all() {
            let line = json!({"name": one.name.short, "value": one.shown(), "source": one.origin.to_string()});
            writeln!(out, "{line}")?;
        }
        return Ok(());
    }
    let mut table = output::table(&["Setting", "Value", "Source"]);
    for one in settings.all() {
        table.add_row([one.name.short.to_owned(), output::tame(&one.shown()), one.origin.to_string()]);
    }
    output::write_table(&table, "", out)?;
    if settings.credentials.is_empty() && !global.quiet {
        output::note!("note: no credentials are set");
    }
    Ok(())
}

/// The setting of this name, in the spelling of the command line or of the file.
fn find(asked: &str) -> Result<&'static Name, Failure> {
    let is = |name: &&&Name| asked.eq_ignore_ascii_case(name.short) || asked.eq_ignore_ascii_case(name.variable);
    NAMES.iter().find(is).copied().ok_or_else(|| {
        let names: Vec<_> = NAMES.iter().map(|name| name.short).collect();
        Failure::usage(format!("no setting is called `{}`; there are {}", output::tame(asked), names.join(", ")))
    })
}

/// Refuses what no request could carry, before it is kept.
fn check(name: &'static Name, value: &str) -> Result<(), Failure> {
    if value.is_empty() || value.chars().any(char::is_control) {
        return Err(Failure::usage(format!("the value of {} is empty or more than one line", name.short)));
    }
    if name == &settings::BASE_URL {
        App::new(Credentials::key("key")?).with_base(value)?;
    } else if name == &settings::PAT || name == &settings::KEY {
        Credentials::key(value).map_err(|_| {
            Failure::usage(format!("this cannot be a {}: it holds spaces or characters that no key has", name.short))
        })?;
    }
    Ok(())
}

fn from_stdin() -> Result<String, Failure> {
    let mut value = String::new();
    io::stdin()
        .take(64 * 1024)
        .read_to_string(&mut value)
        .map_err(|error| Failure::usage(format!("cannot read the value from standard input: {error}")))?;
    Ok(value)
}
