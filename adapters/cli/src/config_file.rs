//! The file `~/.clarifai/config`, an INI file that the legacy Python client reads too, and the names of its settings.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use clap::builder::PossibleValue;
use clarifai_core::repair;
use ini::{Ini, ParseOption};

use crate::atomic_file;
use crate::exit::Failure;
use crate::terminal::sanitize;

const SECTION: &str = "clarifai";

/// The name of a setting. Each setting is an option, an environment variable and an entry of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SettingName {
    Pat,
    Key,
    OauthId,
    OauthSecret,
    BaseUrl,
    User,
    OwnApp,
}

impl SettingName {
    /// All settings.
    pub(crate) const ALL: [Self; 7] =
        [Self::Pat, Self::Key, Self::OauthId, Self::OauthSecret, Self::User, Self::OwnApp, Self::BaseUrl];

    /// Returns the name of the option without its hyphens, which is also the name in `clarifai config set`.
    pub(crate) const fn option(self) -> &'static str {
        match self {
            Self::Pat => "pat",
            Self::Key => "key",
            Self::OauthId => "app-id",
            Self::OauthSecret => "app-secret",
            Self::BaseUrl => "base-url",
            Self::User => "user",
            Self::OwnApp => "app",
        }
    }

    /// Returns the name of the environment variable, which is also the name in the file.
    pub(crate) const fn variable(self) -> &'static str {
        match self {
            Self::Pat => "CLARIFAI_PAT",
            Self::Key => "CLARIFAI_API_KEY",
            Self::OauthId => "CLARIFAI_APP_ID",
            Self::OauthSecret => "CLARIFAI_APP_SECRET",
            Self::BaseUrl => "CLARIFAI_API_BASE",
            Self::User => "CLARIFAI_USER_ID",
            Self::OwnApp => "CLARIFAI_APP_ID_SCOPE",
        }
    }

    /// Whether the value must not be displayed.
    pub(crate) const fn is_secret(self) -> bool {
        matches!(self, Self::Pat | Self::Key | Self::OauthSecret)
    }
}

impl ValueEnum for SettingName {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.option()).alias(self.variable()))
    }
}

/// The content of the file. A missing file is empty.
///
/// A library parses it. Writing changes only the lines of one setting, so that comments and other entries are kept.
pub(crate) struct ConfigFile {
    pub(crate) path: PathBuf,
    /// The content, without a byte order mark.
    text: String,
    ini: Ini,
}

impl ConfigFile {
    /// Returns the path of the file, whether or not it exists.
    pub(crate) fn path() -> Result<PathBuf, Failure> {
        let home = std::env::home_dir().filter(|home| !home.as_os_str().is_empty());
        home.map(|home| home.join(".clarifai").join("config"))
            .ok_or_else(|| Failure::usage("home folder is unknown").with_hint("set the environment variable HOME"))
    }

    /// Reads the file.
    pub(crate) fn read() -> Result<Self, Failure> {
        // Without a home folder there is no file, which is fine for reading.
        let Ok(path) = Self::path() else { return Ok(Self::empty()) };
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(Failure::usage(format!("cannot read {}: {error}", path.display()))),
        };
        // Some editors begin a file with a byte order mark, or write UTF-16.
        let text = repair::text(&bytes).ok_or_else(|| {
            let problem = format!("cannot read {}: it is in another encoding than UTF-8", path.display());
            Failure::usage(problem).with_hint("save the file as UTF-8")
        })?;
        Self::parse(path, text)
    }

    /// Returns a file without settings.
    pub(crate) fn empty() -> Self {
        Self { path: PathBuf::new(), text: String::new(), ini: Ini::new() }
    }

    /// Returns what the file contains and is not used, as texts that continue "PATH ".
    pub(crate) fn unused(&self) -> Vec<String> {
        let mut unused = Vec::new();
        let lines =
            || self.text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', ';']));
        if lines().any(|line| line == "contexts:" || line.starts_with("current_context:")) {
            unused.push(
                "is the contexts file of another Clarifai client, which is not read: set CLARIFAI_PAT, or run \
                 `clarifai config set pat -`"
                    .to_owned(),
            );
            return unused;
        }
        let known = |name: &str| SettingName::ALL.iter().any(|known| known.variable().eq_ignore_ascii_case(name));
        for (section, entries) in &self.ini {
            let is_ours = section.is_some_and(|section| section.eq_ignore_ascii_case(SECTION));
            for (name, _) in entries {
                let name = sanitize(name);
                let plain = name.strip_prefix("export ").map_or(name.as_str(), str::trim);
                let looks_like_ours = name.to_ascii_uppercase().contains("CLARIFAI");
                if is_ours && !known(&name) {
                    let hint =
                        if known(plain) { "remove `export`" } else { "see `clarifai config set --help` for names" };
                    unused.push(format!("contains `{name}`, which is not a setting and not used: {hint}"));
                } else if !is_ours && looks_like_ours {
                    unused.push(format!(
                        "contains `{name}` outside of the section [{SECTION}], which is not used: put it below a line \
                         `[{SECTION}]`"
                    ));
                }
            }
        }
        unused
    }

    fn parse(path: PathBuf, text: String) -> Result<Self, Failure> {
        // Python's parser, which wrote the older files, knows neither quotes nor escapes.
        let options = ParseOption { enabled_quote: false, enabled_escape: false, ..ParseOption::default() };
        // Not an INI file, but known: `unused` reports it.
        if text.lines().any(|line| line.trim_end() == "contexts:") {
            return Ok(Self { path, text, ini: Ini::new() });
        }
        // Only the line number is reported: the parser's own message could quote a line that holds a secret.
        let ini = Ini::load_from_str_opt(&text, options).map_err(|error| {
            Failure::usage(format!("{} is not a valid INI file: error in line {}", path.display(), error.line))
        })?;
        Ok(Self { path, text, ini })
    }

    /// Returns the value of a setting. Names are case-insensitive, as in Python.
    pub(crate) fn get(&self, name: SettingName) -> Option<&str> {
        // Python's parser knows this section only as it is written here, so that comes first.
        let is_ours = |section: Option<&str>| section.is_some_and(|section| section.eq_ignore_ascii_case(SECTION));
        let others = self.ini.iter().filter(|(section, _)| is_ours(*section) && *section != Some(SECTION));
        let sections = self.ini.section(Some(SECTION)).into_iter().chain(others.map(|(_, entries)| entries));
        let mut entries = sections.flat_map(|section| section.iter());
        let entry = entries.find(|(key, _)| key.eq_ignore_ascii_case(name.variable()));
        entry.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// Sets a setting.
    pub(crate) fn with(self, name: SettingName, value: &str) -> Result<Self, Failure> {
        let end = line_end(&self.text);
        let mut lines: Vec<_> = lines_without(&self.text, name).into_iter().map(str::to_owned).collect();
        if let Some(last) = lines.last_mut().filter(|last| !last.ends_with('\n')) {
            last.push_str(end);
        }
        let line = format!("{} = {value}{end}", name.variable());
        match lines.iter().position(|line| is_section(line)) {
            Some(section) => lines.insert(section + 1, line),
            None => lines.extend([format!("[{SECTION}]{end}"), line]),
        }
        let changed = Self::parse(self.path, lines.concat())?;
        match changed.get(name) == Some(value) {
            true => Ok(changed),
            false => Err(Failure::usage(format!(
                "the value of {} cannot be represented in {}",
                name.option(),
                changed.path.display()
            ))),
        }
    }

    /// Removes a setting. Returns `None` if it is not set.
    pub(crate) fn without(self, name: SettingName) -> Result<Option<Self>, Failure> {
        let lines = lines_without(&self.text, name);
        match lines.len() == self.text.lines().count() {
            true => Ok(None),
            false => Self::parse(self.path, lines.concat()).map(Some),
        }
    }

    /// Writes the file in one step, readable by its owner only.
    pub(crate) fn write(&self) -> Result<(), Failure> {
        create_folder(atomic_file::folder_of(&self.path))
            .and_then(|()| atomic_file::replace(&self.path, self.text.as_bytes()))
            .map_err(|error| Failure::usage(format!("cannot write {}: {error}", self.path.display())))
    }
}

fn create_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn is_section(line: &str) -> bool {
    let name = line.trim().strip_prefix('[').and_then(|line| line.split_once(']')).map(|(name, _)| name.trim());
    name.is_some_and(|name| name.eq_ignore_ascii_case(SECTION))
}

/// Returns the end of the lines of a text.
fn line_end(text: &str) -> &'static str {
    let first = text.split_inclusive('\n').next().unwrap_or_default();
    if first.ends_with("\r\n") { "\r\n" } else { "\n" }
}

/// Returns the lines of the file, with their ends, except those that set `name` in the section, including their
/// continuation lines.
fn lines_without(text: &str, name: SettingName) -> Vec<&str> {
    let mut in_section = false;
    let mut dropping = false;
    let mut kept = Vec::new();
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with('[') {
            in_section = is_section(line);
        }
        let continues = line.starts_with([' ', '\t']) && !line.trim().is_empty() && !line.contains(['=', ':']);
        let key = line.split(['=', ':']).next().unwrap_or_default().trim();
        dropping = (dropping && continues) || (in_section && key.eq_ignore_ascii_case(name.variable()));
        if !dropping {
            kept.push(line);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readme_lists_the_settings() {
        let readme = include_str!("../README.md");
        let rows: Vec<_> = readme.lines().filter(|line| line.starts_with("| `--")).collect();
        assert_eq!(rows.len(), SettingName::ALL.len());
        for (row, name) in rows.into_iter().zip(SettingName::ALL) {
            let (option, variable) = (name.option(), name.variable());
            assert!(row.starts_with(&format!("| `--{option}` | `{variable}` | `{option}` |")), "{row}");
        }
    }
}
