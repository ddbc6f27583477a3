//! The file `~/.clarifai/config`: an INI file, shared with the older Python client.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use ini::{EscapePolicy, Ini, ParseOption, WriteOption};

use crate::exit::Failure;
use crate::settings::Name;

const SECTION: &str = "clarifai";

/// The file as it was read; an absent file is empty.
pub(crate) struct File {
    pub(crate) path: PathBuf,
    ini: Ini,
}

/// Where the file is, whether it exists or not.
pub(crate) fn path() -> Result<PathBuf, Failure> {
    let home = std::env::home_dir().filter(|home| !home.as_os_str().is_empty());
    home.map(|home| home.join(".clarifai").join("config"))
        .ok_or_else(|| Failure::usage("cannot tell where the home folder is: set HOME"))
}

impl File {
    pub(crate) fn read() -> Result<Self, Failure> {
        // Without a home there is no file, and nothing is amiss.
        let Ok(path) = path() else { return Ok(Self { path: PathBuf::new(), ini: Ini::new() }) };
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Failure::usage(format!("cannot read {}: {error}", path.display()))),
        };
        // Python's parser, which wrote the older files, knows neither quotes nor escapes.
        let options = ParseOption { enabled_quote: false, enabled_escape: false, ..ParseOption::default() };
        // The error's text could quote a line, and a line could be a secret: the place is enough.
        let ini = Ini::load_from_str_opt(&text, options)
            .map_err(|error| Failure::usage(format!("{} is no INI file: see line {}", path.display(), error.line)))?;
        Ok(Self { path, ini })
    }

    /// The value of a setting. Names of either case are the same, as for Python.
    pub(crate) fn get(&self, name: &Name) -> Option<&str> {
        let section = self.ini.section(Some(SECTION))?;
        let found = section.iter().find(|(key, _)| key.eq_ignore_ascii_case(name.variable));
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    pub(crate) fn set(&mut self, name: &Name, value: &str) {
        self.unset(name);
        self.ini.set_to(Some(SECTION), name.variable.to_owned(), value.to_owned());
    }

    /// Whether there was anything to remove.
    pub(crate) fn unset(&mut self, name: &Name) -> bool {
        let Some(section) = self.ini.section_mut(Some(SECTION)) else { return false };
        let keys: Vec<_> = section.iter().map(|(key, _)| key.to_owned()).collect();
        let mut removed = false;
        for key in keys.iter().filter(|key| key.eq_ignore_ascii_case(name.variable)) {
            removed |= section.remove_all(key).count() > 0;
        }
        removed
    }

    /// Writes the file whole or not at all, for nobody but its owner to read.
    pub(crate) fn write(&self) -> Result<(), Failure> {
        self.replace().map_err(|error| Failure::usage(format!("cannot write {}: {error}", self.path.display())))
    }

    fn replace(&self) -> io::Result<()> {
        // A link stays a link: what it leads to is replaced.
        let path = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let folder = path.parent().unwrap_or(Path::new("."));
        make_folder(folder)?;
        // In the same folder, so that moving it into place is one step. Its mode is 600 from the start.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        let options =
            WriteOption { escape_policy: EscapePolicy::Nothing, kv_separator: " = ", ..WriteOption::default() };
        self.ini.write_to_opt(&mut file, options)?;
        file.flush()?;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|error| error.error)?;
        Ok(())
    }
}

fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
