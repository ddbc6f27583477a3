//! Runs the program in an empty home folder and without the settings of the user.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_clarifai");

/// The program, with a temporary home folder.
pub struct Cli {
    pub home: tempfile::TempDir,
    environment: Vec<(&'static str, String)>,
}

/// Exit code and output of a run.
#[derive(Debug)]
pub struct CliOutput {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Cli {
    pub fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap(), environment: Vec::new() }
    }

    pub fn env(mut self, name: &'static str, value: &str) -> Self {
        self.environment.push((name, value.to_owned()));
        self
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy().into_owned();
            if text.starts_with("CLARIFAI") || text.starts_with("CLICOLOR") || text.to_lowercase().contains("proxy") {
                command.env_remove(name);
            }
        }
        command.env_remove("NO_COLOR").env_remove("COLORTERM").env("HOME", self.home.path());
        command.envs(self.environment.iter().map(|(name, value)| (name, value))).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> CliOutput {
        self.run_with(arguments, b"")
    }

    pub fn run_with(&self, arguments: &[&str], input: &[u8]) -> CliOutput {
        let mut child = self.command(arguments).spawn().unwrap();
        // A program that reads no input may have ended already.
        let _ = child.stdin.take().unwrap().write_all(input);
        CliOutput::new(&child.wait_with_output().unwrap())
    }

    /// Writes the config file.
    pub fn write_config(&self, text: &str) {
        let folder = self.home.path().join(".clarifai");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("config"), text).unwrap();
    }

    pub fn config_path(&self) -> PathBuf {
        self.home.path().join(".clarifai").join("config")
    }
}

impl CliOutput {
    pub fn new(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self { code: output.status.code().unwrap(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    #[track_caller]
    pub fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }

    /// Parses each line of standard output as JSON.
    #[track_caller]
    pub fn json_lines(&self) -> Vec<Value> {
        self.out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
            .collect()
    }

    /// Checks that standard output and standard error contain these texts.
    #[track_caller]
    pub fn expect_text(self, out: &[&str], err: &[&str]) -> Self {
        for text in out {
            assert!(self.out.contains(text), "no `{text}` in standard output: {self:?}");
        }
        for text in err {
            assert!(self.err.contains(text), "no `{text}` in standard error: {self:?}");
        }
        self
    }
}

/// Sends a signal such as `-INT` to a process. Uses the shell's built-in `kill`, because not every system has a program
/// for it.
#[cfg(unix)]
pub fn kill(signal: &str, process: u32) {
    let status = Command::new("sh").args(["-c", "kill \"$0\" \"$1\"", signal, &process.to_string()]).status();
    assert!(status.unwrap().success(), "{signal} to {process}");
}

/// Returns the path of an image of the test data.
pub fn image(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/images").join(name);
    path.to_str().unwrap().to_owned()
}
