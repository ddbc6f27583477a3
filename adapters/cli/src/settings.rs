//! The settings in effect: options take precedence over environment variables, and these over the file.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, FromArgMatches};
use clarifai_core::{AppRef, Config, Credentials};
use serde_json::Value;

use crate::config_file::{ConfigFile, SettingName};
use crate::exit::{Exit, Failure};
use crate::message::Message;
use crate::terminal;

/// Where the value of a setting comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Option,
    Environment,
    /// An environment variable that has this name for other Clarifai clients.
    Variable(&'static str),
    File(PathBuf),
    Default,
}

/// A setting and its value.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) name: SettingName,
    pub(crate) value: String,
    pub(crate) origin: Origin,
}

impl Setting {
    /// Returns the value for display: of a secret at most the last four characters.
    pub(crate) fn redacted(&self) -> String {
        if self.name == SettingName::BaseUrl && self.value.contains('@') {
            // Such a URL is rejected when it is used, but it may contain a password.
            return "****".to_owned();
        }
        if !self.name.is_secret() {
            return self.value.clone();
        }
        let characters: Vec<char> = self.value.chars().collect();
        match characters.len() {
            16.. => format!("****{}", characters[characters.len() - 4..].iter().collect::<String>()),
            _ => "****".to_owned(),
        }
    }

    /// Returns where the value comes from, as `clarifai config` shows it.
    pub(crate) fn source(&self) -> String {
        match &self.origin {
            Origin::Option => "flag".to_owned(),
            Origin::Environment => format!("env {}", self.name.variable()),
            Origin::Variable(name) => format!("env {name}"),
            Origin::File(path) => format!("file {}", path.display()),
            Origin::Default => "default".to_owned(),
        }
    }
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={} ({})", self.name.option(), self.redacted(), self.source())
    }
}

/// The settings given by options and environment variables: one option for each [`SettingName`].
#[derive(Clone, Debug, Default)]
pub(crate) struct GivenSettings {
    /// In effect: of a setting with an option and a variable, the option.
    given: Vec<Setting>,
    /// Environment variables that an option overrides.
    overridden: Vec<Setting>,
}

impl GivenSettings {
    /// Returns the value of a setting from an option, ignoring the environment.
    pub(crate) fn option(&self, name: SettingName) -> Option<&Setting> {
        self.get(name).filter(|setting| setting.origin == Origin::Option)
    }

    /// Returns the value of a setting from an environment variable, even if an option overrides it.
    fn variable(&self, name: SettingName) -> Option<&Setting> {
        let mut all = self.given.iter().chain(&self.overridden);
        all.find(|setting| setting.name == name && setting.origin == Origin::Environment)
    }

    fn get(&self, name: SettingName) -> Option<&Setting> {
        self.given.iter().find(|setting| setting.name == name)
    }
}

impl clap::Args for GivenSettings {
    fn augment_args(command: clap::Command) -> clap::Command {
        command.args(SettingName::ALL.map(option))
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for GivenSettings {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut settings = Self::default();
        settings.update_from_arg_matches(matches)?;
        Ok(settings)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for name in SettingName::ALL {
            let Some(value) = matches.get_one::<String>(name.option()) else { continue };
            if matches.value_source(name.option()) == Some(ValueSource::CommandLine) {
                self.given.push(Setting { name, value: value.clone(), origin: Origin::Option });
                // clap does not report the variable of an option that is given.
                let variable = std::env::var(name.variable()).ok();
                self.overridden.extend(variable.and_then(|value| from_environment(name, &value)));
            } else {
                self.given.extend(from_environment(name, value));
            }
        }
        // Not declared to clap, because `conflicts_with` also rejects an option and a variable.
        if self.option(SettingName::Key).is_some() && self.option(SettingName::Pat).is_some() {
            let text = "the argument '--key <KEY>' cannot be used with '--pat <TOKEN>'";
            return Err(clap::Error::raw(ErrorKind::ArgumentConflict, text));
        }
        Ok(())
    }
}

/// A variable without a value counts as not set.
fn from_environment(name: SettingName, value: &str) -> Option<Setting> {
    let value = value.trim();
    (!value.is_empty()).then(|| Setting { name, value: value.to_owned(), origin: Origin::Environment })
}

/// Returns the option of a setting.
fn option(name: SettingName) -> Arg {
    let arg = Arg::new(name.option())
        .long(name.option())
        .env(name.variable())
        // Of all settings, because a base URL can contain a password.
        .hide_env_values(true)
        .global(true)
        .help_heading("Account options");
    match name {
        SettingName::Pat => arg.value_name("TOKEN").help("Personal access token").long_help(
            "Personal access token of your account. Without --app it addresses Clarifai's public models.\n\n\
             Other users of the machine can see the options of running programs: prefer the environment variable, or \
             `clarifai config set pat -`.",
        ),
        SettingName::Key => arg.value_name("KEY").help("API key of one app").long_help(
            "API key of one app. It selects the app, so --user and --app are not needed. A personal access token is \
             accepted too, together with --app.",
        ),
        SettingName::OauthId => arg
            .value_name("ID")
            .hide_short_help(true)
            .help("App ID to exchange, with --app-secret, for an access token (legacy)"),
        SettingName::OauthSecret => arg
            .value_name("SECRET")
            .hide_short_help(true)
            .help("App secret to exchange, with --app-id, for an access token (legacy)"),
        SettingName::User => arg
            .value_name("ID")
            .help("User ID of the owner of --app [default: me]")
            .long_help("User ID of the owner of --app. The default, `me`, is the user that the credentials belong to."),
        SettingName::OwnApp => arg.value_name("ID").help("App ID").long_help(
            "App ID. The app holds your inputs, concepts, models and workflows; Clarifai's public models stay \
             available.",
        ),
        SettingName::BaseUrl => arg
            .value_name("URL")
            .hide_short_help(true)
            .help("URL of the API [default: https://api.clarifai.com]")
            .long_help(
                "URL of the API [default: https://api.clarifai.com]. Plain http is accepted for this machine only.",
            ),
    }
}

/// The kind of the credentials. It decides how public models are addressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CredentialKind {
    Pat,
    Key,
    AppSecret,
}

/// Credentials from one source.
#[derive(Clone, Debug)]
enum CredentialSource {
    Pat(Setting),
    Key(Setting),
    AppSecret { id: Setting, secret: Setting },
}

impl CredentialSource {
    /// Returns the credentials of one origin in order of precedence: a personal access token, then an API key, then an
    /// app ID and its secret.
    fn all(get: impl Fn(SettingName) -> Option<Setting>) -> impl Iterator<Item = Self> {
        let pair = get(SettingName::OauthId).zip(get(SettingName::OauthSecret));
        let pair = pair.map(|(id, secret)| Self::AppSecret { id, secret });
        [get(SettingName::Pat).map(Self::Pat), get(SettingName::Key).map(Self::Key), pair].into_iter().flatten()
    }

    fn kind(&self) -> CredentialKind {
        match self {
            Self::Pat(_) => CredentialKind::Pat,
            Self::Key(_) => CredentialKind::Key,
            Self::AppSecret { .. } => CredentialKind::AppSecret,
        }
    }

    fn settings(&self) -> Vec<&Setting> {
        match self {
            Self::Pat(one) | Self::Key(one) => vec![one],
            Self::AppSecret { id, secret } => vec![id, secret],
        }
    }

    fn has_same_values(&self, other: &Self) -> bool {
        let values = |source: &Self| source.settings().iter().map(|one| one.value.clone()).collect::<Vec<_>>();
        self.kind() == other.kind() && values(self) == values(other)
    }
}

impl fmt::Display for CredentialSource {
    /// The names of the settings, without their values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |setting: &&Setting| match &setting.origin {
            Origin::Option => format!("--{}", setting.name.option()),
            _ => setting.name.variable().to_owned(),
        };
        f.write_str(&self.settings().iter().map(name).collect::<Vec<_>>().join(" and "))?;
        match self.settings().first().map(|one| &one.origin) {
            Some(Origin::File(path)) => write!(f, " in {}", path.display()),
            _ => Ok(()),
        }
    }
}

/// All settings in effect.
pub(crate) struct Settings {
    /// Credentials in order of precedence. Only the first ones are used.
    credentials: Vec<CredentialSource>,
    base_url: Setting,
    user: Option<Setting>,
    app: Option<Setting>,
    /// Why the file could not be read, if it could not.
    file_problem: Option<Message>,
    /// What is set and not used.
    unused: Vec<String>,
}

impl Settings {
    /// Combines options and environment variables with the file.
    pub(crate) fn read(given: &GivenSettings) -> Result<Self, Failure> {
        // Without the file the other settings may suffice.
        let (file, file_problem) = match ConfigFile::read() {
            Ok(file) => (file, None),
            Err(Failure::Message(_, message)) => (ConfigFile::empty(), Some(message)),
            Err(failure) => return Err(failure),
        };
        let origin = Origin::File(file.path.clone());
        let stored = |name| Some(Setting { name, value: file.get(name)?.to_owned(), origin: origin.clone() });
        let any = |name| given.get(name).cloned().or_else(|| stored(name));
        let pair = [SettingName::OauthId, SettingName::OauthSecret];
        let pair_is_option = pair.iter().any(|name| given.option(*name).is_some());
        if pair_is_option && pair.iter().any(|name| given.get(*name).is_none()) {
            return Err(Failure::usage("--app-id and --app-secret must be given together"));
        }
        let mut credentials: Vec<_> = CredentialSource::all(|name| match name {
            // The secret may stay in the environment, where other users cannot see it.
            SettingName::OauthId | SettingName::OauthSecret => given.get(name).filter(|_| pair_is_option).cloned(),
            _ => given.option(name).cloned(),
        })
        .collect();
        credentials.extend(CredentialSource::all(|name| given.variable(name).cloned()));
        credentials.extend(CredentialSource::all(stored));
        let user = any(SettingName::User);
        let app = any(SettingName::OwnApp).or_else(|| {
            // All clients since 2022 name the app so, next to a token. With a secret it is that of old credentials.
            let variable = |name| given.variable(name).cloned();
            let of_environment =
                variable(SettingName::OauthId).filter(|_| variable(SettingName::OauthSecret).is_none());
            let of_environment =
                of_environment.map(|id| Setting { origin: Origin::Variable(id.name.variable()), ..id });
            let of_file = || stored(SettingName::OauthId).filter(|_| stored(SettingName::OauthSecret).is_none());
            let app = of_environment.or_else(of_file)?;
            Some(Setting { name: SettingName::OwnApp, ..app })
        });
        let mut unused: Vec<_> =
            file.unused().into_iter().map(|text| format!("{} {text}", file.path.display())).collect();
        unused.extend(unused_variables(given, user.as_ref(), app.as_ref()));
        if credentials.is_empty() {
            unused.extend(contexts_file().map(|path| {
                format!("{} is the contexts file of another Clarifai client, which is not read", path.display())
            }));
        }
        Ok(Self {
            credentials,
            base_url: any(SettingName::BaseUrl).unwrap_or_else(default_base_url),
            user,
            app,
            file_problem,
            unused,
        })
    }

    /// Returns the settings for the simulator, which uses neither the environment nor the file.
    pub(crate) fn for_simulator(given: &GivenSettings) -> Self {
        Self {
            credentials: Vec::new(),
            base_url: default_base_url(),
            user: given.option(SettingName::User).cloned(),
            app: given.option(SettingName::OwnApp).cloned(),
            file_problem: None,
            unused: Vec::new(),
        }
    }

    /// Returns the same settings with this personal access token, and without other credentials.
    pub(crate) fn with_token(self, token: &str) -> Self {
        let pat = Setting { name: SettingName::Pat, value: token.to_owned(), origin: Origin::Option };
        Self { credentials: vec![CredentialSource::Pat(pat)], ..self }
    }

    /// Returns the ID of the user whose apps are addressed; `me` is the owner of the credentials.
    pub(crate) fn user_id(&self) -> &str {
        self.user.as_ref().map_or("me", |user| &user.value)
    }

    /// Prints warnings about everything that is set and not used: other credentials, other names, an unreadable file.
    pub(crate) fn warn_about_unused(&self) {
        // Without credentials the problem is reported as an error.
        if let Some(problem) = self.file_problem.as_ref().filter(|_| !self.credentials.is_empty()) {
            terminal::warning(format_args!("{problem}; its settings are not used"));
        }
        for unused in &self.unused {
            terminal::warning(unused);
        }
        self.warn_about_ignored_credentials();
    }

    /// Returns the problem of the file, if its settings are needed because there are no other credentials.
    pub(crate) fn check_file(&self) -> Result<(), Failure> {
        match &self.file_problem {
            Some(problem) if self.credentials.is_empty() => Err(Failure::Message(Exit::Usage, problem.clone())),
            _ => Ok(()),
        }
    }

    /// Returns all settings in effect, for display.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Setting> {
        let credentials = self.credentials.first().map(CredentialSource::settings).unwrap_or_default();
        credentials.into_iter().chain([&self.base_url]).chain(&self.user).chain(&self.app)
    }

    /// Returns the settings that all runs of a job must have, without credentials.
    pub(crate) fn job_options(&self) -> BTreeMap<String, Value> {
        let value = |setting: &Option<Setting>| setting.as_ref().map(|setting| setting.value.clone()).into();
        BTreeMap::from([
            ("--base-url".to_owned(), self.base_url.value.clone().into()),
            ("--user".to_owned(), value(&self.user)),
            ("--app".to_owned(), value(&self.app)),
        ])
    }

    /// Returns the kind of the credentials.
    pub(crate) fn credential_kind(&self) -> Option<CredentialKind> {
        self.credentials.first().map(CredentialSource::kind)
    }

    /// Prints a warning if several credentials were found. It names the ones that are used and the ones that are
    /// ignored. Credentials with the same value are no reason for a warning.
    fn warn_about_ignored_credentials(&self) {
        let Some((used, others)) = self.credentials.split_first() else { return };
        let ignored = others.iter().filter(|other| !other.has_same_values(used));
        let ignored: Vec<_> = ignored.map(ToString::to_string).collect();
        if !ignored.is_empty() {
            let ignored = ignored.join(" and ");
            terminal::warning(format_args!("multiple credentials found: using {used}, ignoring {ignored}"));
        }
    }

    /// Returns the credentials.
    pub(crate) fn credentials(&self) -> Result<Credentials, Failure> {
        let credentials = match self.credentials.first() {
            Some(CredentialSource::Pat(pat)) => Credentials::personal_access_token(&pat.value),
            Some(CredentialSource::Key(key)) => Credentials::key(&key.value),
            Some(CredentialSource::AppSecret { id, secret }) => Credentials::app_secret(&id.value, &secret.value),
            None => {
                self.check_file()?;
                return Err(Failure::new(Exit::Credentials, "no credentials found").with_hint(
                    "set CLARIFAI_PAT or CLARIFAI_API_KEY, pass --pat or --key, or store a token with \
                     `clarifai config set pat -`; --simulator needs no account",
                ));
            }
        };
        Ok(credentials?)
    }

    /// Returns the user and app, if an app is set.
    pub(crate) fn scope(&self) -> Result<Option<AppRef>, Failure> {
        match (&self.user, &self.app) {
            (Some(user), Some(app)) => Ok(Some(AppRef::new(&user.value, &app.value))),
            // The service knows the caller as `me`.
            (None, Some(app)) => Ok(Some(AppRef::new("me", &app.value))),
            (Some(user), None) if user.origin == Origin::Option => Err(Failure::usage("--user requires --app")),
            _ => Ok(None),
        }
    }

    /// Returns the client configuration with these credentials.
    pub(crate) fn app_with(&self, credentials: Credentials) -> Result<Config, Failure> {
        let mut app = Config::new(credentials).with_base_url(&self.base_url.value)?;
        if let Some(scope) = self.scope()? {
            app = app.with_app(scope);
        }
        Ok(app)
    }
}

/// Returns the path of the file in which the newer Python client stores its settings, if it exists.
fn contexts_file() -> Option<PathBuf> {
    let folder = std::env::var_os("XDG_CONFIG_HOME").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let folder = folder.or_else(|| Some(std::env::home_dir()?.join(".config")))?;
    Some(folder.join("clarifai").join("config")).filter(|path| path.is_file())
}

/// Returns the environment variables of Clarifai clients that are set and not used, each with what to do.
fn unused_variables(given: &GivenSettings, user: Option<&Setting>, app: Option<&Setting>) -> Vec<String> {
    let mut unused = Vec::new();
    let is_set = |name: SettingName| given.variable(name).is_some();
    if app.is_none() && user.is_some_and(|user| user.origin != Origin::Option) {
        unused.push("CLARIFAI_USER_ID is set and not used: set CLARIFAI_APP_ID too, the app of that user".to_owned());
    }
    if is_set(SettingName::OauthSecret) && !is_set(SettingName::OauthId) && given.option(SettingName::OauthId).is_none()
    {
        unused.push("CLARIFAI_APP_SECRET is set and not used: set CLARIFAI_APP_ID too".to_owned());
    }
    let mut others: Vec<_> = std::env::vars_os()
        .filter(|(name, value)| !value.is_empty() && name.to_str().is_some_and(is_of_other_client))
        .map(|(name, _)| name.to_string_lossy().into_owned())
        .collect();
    others.sort();
    for name in others {
        let instead = match name.to_ascii_uppercase() {
            name if name.contains("CERT") => "SSL_CERT_FILE",
            name if name.contains("USER") => "CLARIFAI_USER_ID",
            name if name.contains("URL") || name.contains("BASE") || name.contains("HOST") => "CLARIFAI_API_BASE",
            name if name.contains("APP") => "CLARIFAI_APP_ID",
            name if name.contains("API_KEY") => "CLARIFAI_API_KEY",
            _ => "CLARIFAI_PAT",
        };
        unused.push(format!("{name} is set and not used: set {instead} instead"));
    }
    unused
}

/// Returns whether an environment variable that this program does not read looks like a setting of a Clarifai client.
fn is_of_other_client(name: &str) -> bool {
    const PARTS: [&str; 10] = ["KEY", "TOKEN", "PAT", "SECRET", "USER", "APP", "URL", "BASE", "HOST", "CERT"];
    let is_known = SettingName::ALL.iter().any(|known| known.variable() == name);
    let upper = name.to_ascii_uppercase();
    let rest = upper.strip_prefix("CLARIFAI").map(|rest| rest.trim_start_matches('_'));
    // A whole word of the name: `PAT` is not a part of `PATH`.
    let has_part = |rest: &str| rest.split('_').any(|word| PARTS.contains(&word) || word.starts_with("CERT"));
    !is_known && rest.is_some_and(has_part)
}

fn default_base_url() -> Setting {
    Setting { name: SettingName::BaseUrl, value: Config::BASE_URL.to_owned(), origin: Origin::Default }
}
