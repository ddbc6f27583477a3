//! The file `~/.clarifai/config`: an INI file, shared with the older Python client.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use ini::{Ini, ParseOption};

use crate::exit::Failure;
use crate::settings::Name;

const SECTION: &str = "clarifai";

/// The file as it was read; an absent file is empty.
///
/// Reading is the INI crate's. Writing changes the lines in question only, so that comments and whatever else people
/// keep in the file stay as they are.
pub(crate) struct File {
    pub(crate) path: PathBuf,
    text: String,
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
        let Ok(path) = path() else { return Self::parse(PathBuf::new(), String::new()) };
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Failure::usage(format!("cannot read {}: {error}", path.display()))),
        };
        Self::parse(path, text)
    }

    fn parse(path: PathBuf, text: String) -> Result<Self, Failure> {
        // Python's parser, which wrote the older files, knows neither quotes nor escapes.
        let options = ParseOption { enabled_quote: false, enabled_escape: false, ..ParseOption::default() };
        // The error's text could quote a line, and a line could be a secret: the place is enough.
        let ini = Ini::load_from_str_opt(&text, options)
            .map_err(|error| Failure::usage(format!("{} is no INI file: see line {}", path.display(), error.line)))?;
        Ok(Self { path, text, ini })
    }

    /// The value of a setting. Names of either case are the same, as for Python.
    pub(crate) fn get(&self, name: &Name) -> Option<&str> {
        let section = self.ini.section(Some(SECTION))?;
        let found = section.iter().find(|(key, _)| key.eq_ignore_ascii_case(name.variable));
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// The file with this value in it.
    pub(crate) fn with(self, name: &Name, value: &str) -> Result<Self, Failure> {
        let mut lines: Vec<_> = lines_without(&self.text, name).into_iter().map(str::to_owned).collect();
        let line = format!("{} = {value}", name.variable);
        match lines.iter().position(|line| is_section(line)) {
            Some(section) => lines.insert(section + 1, line),
            None => lines.extend([format!("[{SECTION}]"), line]),
        }
        let changed = Self::parse(self.path, lines.join("\n") + "\n")?;
        match changed.get(name) == Some(value) {
            true => Ok(changed),
            false => {
                Err(Failure::usage(format!("{} cannot hold this value of {}", changed.path.display(), name.short)))
            }
        }
    }

    /// The file without a value of that name. `None` if there is none.
    pub(crate) fn without(self, name: &Name) -> Result<Option<Self>, Failure> {
        let lines = lines_without(&self.text, name);
        match lines.len() == self.text.lines().count() {
            true => Ok(None),
            false => Self::parse(self.path, lines.join("\n") + "\n").map(Some),
        }
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
        file.write_all(self.text.as_bytes())?;
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

fn is_section(line: &str) -> bool {
    line.trim().strip_prefix('[').and_then(|line| line.split_once(']')).is_some_and(|(name, _)| name.trim() == SECTION)
}

/// The lines of the file but those that set `name` in the section, and those that go on with its value.
fn lines_without<'a>(text: &'a str, name: &Name) -> Vec<&'a str> {
    let mut within = false;
    let mut dropping = false;
    let mut kept = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with('[') {
            within = is_section(line);
        }
        let continues = line.starts_with([' ', '\t']) && !line.trim().is_empty() && !line.contains(['=', ':']);
        let key = line.split(['=', ':']).next().unwrap_or_default().trim();
        dropping = (dropping && continues) || (within && key.eq_ignore_ascii_case(name.variable));
        if !dropping {
            kept.push(line);
        }
    }
    kept
}
