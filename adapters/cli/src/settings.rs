//! What is in effect: options before environment before file.

use std::fmt;
use std::path::PathBuf;

use clarifai_core::{App, Credentials, Scope};

use crate::args::Global;
use crate::exit::{Exit, Failure};
use crate::file::File;

/// A setting: what the command line calls it, and its name in the environment and in the file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) short: &'static str,
    pub(crate) variable: &'static str,
    pub(crate) secret: bool,
}

const fn name(short: &'static str, variable: &'static str, secret: bool) -> Name {
    Name { short, variable, secret }
}

pub(crate) static PAT: Name = name("pat", "CLARIFAI_PAT", true);
pub(crate) static KEY: Name = name("key", "CLARIFAI_API_KEY", true);
pub(crate) static APP_ID: Name = name("app-id", "CLARIFAI_APP_ID", false);
pub(crate) static APP_SECRET: Name = name("app-secret", "CLARIFAI_APP_SECRET", true);
pub(crate) static BASE_URL: Name = name("base-url", "CLARIFAI_API_BASE", false);
pub(crate) static USER: Name = name("user", "CLARIFAI_USER_ID", false);
pub(crate) static APP: Name = name("app", "CLARIFAI_APP_ID_SCOPE", false);

/// All settings there are.
pub(crate) static NAMES: [&Name; 7] = [&PAT, &KEY, &APP_ID, &APP_SECRET, &BASE_URL, &USER, &APP];

/// Where a setting comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Flag,
    Environment(&'static str),
    File(PathBuf),
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("flag"),
            Self::Environment(variable) => write!(f, "env {variable}"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A setting in effect.
#[derive(Clone)]
pub(crate) struct Setting {
    pub(crate) name: &'static Name,
    pub(crate) value: String,
    pub(crate) origin: Origin,
}

impl Setting {
    /// The value, or of a secret at most its end.
    pub(crate) fn shown(&self) -> String {
        if self.name == &BASE_URL && self.value.contains('@') {
            // It is refused when it is used, but a password in it must not be shown before that.
            return "****".to_owned();
        }
        if !self.name.secret {
            return self.value.clone();
        }
        let characters: Vec<char> = self.value.chars().collect();
        match characters.len() {
            16.. => format!("****{}", characters[characters.len() - 4..].iter().collect::<String>()),
            _ => "****".to_owned(),
        }
    }
}

/// What kind of credentials they are; it decides how public models are addressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Pat,
    Key,
    AppSecret,
}

/// All that is in effect.
pub(crate) struct Settings {
    /// One secret, or an app id and its secret. Empty where there are none.
    pub(crate) credentials: Vec<Setting>,
    pub(crate) base_url: Setting,
    /// User, where one is named.
    pub(crate) user: Option<Setting>,
    /// App, where one is named.
    pub(crate) app: Option<Setting>,
}

impl Settings {
    /// Reads options, environment and file.
    pub(crate) fn read(global: &Global) -> Result<Self, Failure> {
        let file = File::read()?;
        let flag = |name: &'static Name| {
            let value = match name.short {
                "pat" => &global.pat,
                "key" => &global.key,
                "base-url" => &global.base_url,
                "user" => &global.user,
                "app" => &global.app,
                _ => &None,
            };
            value.clone().map(|value| Setting { name, value, origin: Origin::Flag })
        };
        let environment = |name: &'static Name| {
            let value = std::env::var(name.variable).ok().filter(|value| !value.trim().is_empty())?;
            Some(Setting { name, value: value.trim().to_owned(), origin: Origin::Environment(name.variable) })
        };
        let stored = |name: &'static Name| {
            let value = file.get(name)?.to_owned();
            Some(Setting { name, value, origin: Origin::File(file.path.clone()) })
        };
        let any = |name| flag(name).or_else(|| environment(name)).or_else(|| stored(name));
        let credentials = credentials(&flag).or_else(|| credentials(&environment)).or_else(|| credentials(&stored));
        let default = || Setting { name: &BASE_URL, value: App::BASE.to_owned(), origin: Origin::Default };
        Ok(Self {
            credentials: credentials.unwrap_or_default(),
            base_url: any(&BASE_URL).unwrap_or_else(default),
            user: any(&USER),
            app: any(&APP),
        })
    }

    /// Settings of which none is set, for the simulator.
    pub(crate) fn none(global: &Global) -> Self {
        let set =
            |name, value: &Option<String>| value.clone().map(|value| Setting { name, value, origin: Origin::Flag });
        Self {
            credentials: Vec::new(),
            base_url: Setting { name: &BASE_URL, value: App::BASE.to_owned(), origin: Origin::Default },
            user: set(&USER, &global.user),
            app: set(&APP, &global.app),
        }
    }

    /// All of them, for people to see.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Setting> {
        self.credentials.iter().chain([&self.base_url]).chain(&self.user).chain(&self.app)
    }

    /// What kind of credentials there are.
    pub(crate) fn kind(&self) -> Option<Kind> {
        match self.credentials.first()?.name.short {
            "pat" => Some(Kind::Pat),
            "key" => Some(Kind::Key),
            _ => Some(Kind::AppSecret),
        }
    }

    /// The credentials, or which ways there are to give some.
    pub(crate) fn credentials(&self) -> Result<Credentials, Failure> {
        let credentials = match self.credentials.as_slice() {
            [id, secret] => Credentials::app_secret(&id.value, &secret.value),
            [one, ..] if one.name == &PAT => Credentials::personal_access_token(&one.value),
            [one, ..] => Credentials::key(&one.value),
            [] => {
                return Err(Failure::Said(
                    Exit::Credentials,
                    "no credentials. Give a key with --key or --pat; or set CLARIFAI_PAT or CLARIFAI_API_KEY in the \
                     environment; or keep one in the file with `clarifai config set pat -`. Without an account, try \
                     --simulator"
                        .to_owned(),
                ));
            }
        };
        Ok(credentials?)
    }

    /// Whose models are addressed, where that is said.
    pub(crate) fn scope(&self) -> Result<Option<Scope>, Failure> {
        match (&self.user, &self.app) {
            (Some(user), Some(app)) => Ok(Some(Scope::new(&user.value, &app.value))),
            // The service knows the caller as `me`.
            (None, Some(app)) => Ok(Some(Scope::new("me", &app.value))),
            (Some(user), None) if user.origin == Origin::Flag => Err(Failure::usage("--user needs --app beside it")),
            _ => Ok(None),
        }
    }

    /// Where calls go, with these credentials.
    pub(crate) fn app_with(&self, credentials: Credentials) -> Result<App, Failure> {
        let mut app = App::new(credentials).with_base(&self.base_url.value)?;
        if let Some(scope) = self.scope()? {
            app = app.with_scope(scope);
        }
        Ok(app)
    }
}

/// The credentials one source has: a token before a key before an app's secret.
fn credentials(source: &impl Fn(&'static Name) -> Option<Setting>) -> Option<Vec<Setting>> {
    let one = source(&PAT).or_else(|| source(&KEY)).map(|one| vec![one]);
    one.or_else(|| Some(vec![source(&APP_ID)?, source(&APP_SECRET)?]))
}
