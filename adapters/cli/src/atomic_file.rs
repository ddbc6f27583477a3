//! Replacing a file in one step.

use std::fs;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// Replaces the file at `path` with these bytes, or creates it: completely or not at all. On Unix only the owner can
/// read and write it.
///
/// The folder must exist. If `path` is a symbolic link, the file it points to is replaced.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut draft = Draft::new(path)?;
    draft.write_all(bytes)?;
    draft.publish(true)
}

/// New content of a file that is written part by part. The file does not change before [`Draft::publish`], and a draft
/// that is dropped before is deleted.
pub(crate) struct Draft {
    path: PathBuf,
    file: BufWriter<NamedTempFile>,
}

impl Draft {
    /// Starts new content for the file at `path`, with the rules of [`replace`].
    pub(crate) fn new(path: &Path) -> io::Result<Self> {
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        // In the same folder, because only a rename within one file system is atomic. Created with mode 600.
        let file = NamedTempFile::new_in(folder_of(&path))?;
        Ok(Self { path, file: BufWriter::new(file) })
    }

    /// Puts the content in place. Fails if the file exists and `overwrite` is false.
    pub(crate) fn publish(self, overwrite: bool) -> io::Result<()> {
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        // Without this, a power failure after the rename could leave an empty file.
        file.as_file().sync_all()?;
        let persisted = if overwrite { file.persist(&self.path) } else { file.persist_noclobber(&self.path) };
        persisted.map(drop).map_err(|error| error.error)
    }
}

impl io::Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Returns the folder of a file; that of a bare name is the current one.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn replaces_the_file_and_leaves_no_temporary_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for text in ["one", "two"] {
            replace(&path, text.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(replace(&folder.path().join("none/file"), b"").is_err());
    }

    #[test]
    fn a_draft_replaces_nothing_before_it_is_published() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let mut draft = Draft::new(&path).unwrap();
        draft.write_all(b"one").unwrap();
        assert!(!path.exists());
        drop(draft);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        replace(&path, b"two").unwrap();
        let mut draft = Draft::new(&path).unwrap();
        draft.write_all(b"three").unwrap();
        assert_eq!(draft.publish(false).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
    }

    #[cfg(unix)]
    #[test]
    fn replaces_the_target_of_a_symbolic_link() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        replace(&target, b"one").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        replace(&link, b"two").unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "two");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&target).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn folder_of_a_bare_name_is_the_current_one() {
        assert_eq!(folder_of(Path::new("file")), Path::new("."));
        assert_eq!(folder_of(Path::new("a/file")), Path::new("a"));
    }
}
