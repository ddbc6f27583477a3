//! `clarifai login` and `clarifai whoami`: a personal access token, and whom it belongs to.

use std::io::{self, IsTerminal as _, Write};

use clarifai_core::types::User;
use clarifai_core::users::GetUser;

use crate::args::GlobalArgs;
use crate::client::Client;
use crate::config;
use crate::config_file::{ConfigFile, SettingName};
use crate::context::Context;
use crate::exit::Failure;
use crate::settings::Settings;
use crate::terminal::{self, sanitize};

/// Where tokens are created.
const TOKENS_URL: &str = "https://clarifai.com/settings/security";

pub(crate) fn whoami(context: &mut Context<'_>) -> Result<(), Failure> {
    context.one::<User>(GetUser::me())
}

/// Asks for a token, checks it with a request, and stores it.
pub(crate) fn login(global: &GlobalArgs, out: &mut dyn Write) -> Result<(), Failure> {
    if global.simulator || global.dry_run {
        return Err(Failure::usage("login stores a token of an account: --simulator and --dry-run need none"));
    }
    // Before the question, because a token that cannot be stored would be lost.
    let file = ConfigFile::read()?;
    let path = ConfigFile::path()?;
    let token = match ask_secretly(&format!("Personal access token (create one at {TOKENS_URL}): "))? {
        Some(token) => token,
        None => config::read_stdin()?,
    };
    let token = token.trim();
    config::check(SettingName::Pat, token)?;
    let settings = Settings::read(&global.settings)?.with_token(token);
    let client = Client::new(global, &settings, None)?;
    let user = client.call(GetUser::me())?;
    file.with(SettingName::Pat, token)?.with(SettingName::User, &user.id)?.write()?;
    writeln!(out, "Logged in as {}.", sanitize(&user.id))?;
    terminal::note(format_args!("the token is stored in {}", path.display()));
    Ok(())
}

/// Asks for a text that is not shown while it is typed. Returns `None` if standard input is no terminal.
fn ask_secretly(question: &str) -> Result<Option<String>, Failure> {
    if !io::stdin().is_terminal() {
        return Ok(None);
    }
    let _ = write!(io::stderr(), "{question}");
    let _ = io::stderr().flush();
    let text = console::Term::stderr().read_secure_line();
    text.map(Some).map_err(|error| Failure::usage(format!("cannot read from the terminal: {error}")))
}
