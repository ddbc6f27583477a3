//! A test that needs its own process: it runs again in a child process of the test program.

use std::env;
use std::process::{Command, Stdio};

use super::secrets;

/// Set in the environment of the child process.
const CHILD: &str = "CLARIFAI_TEST_CHILD";

/// Returns whether this process is the child.
pub(super) fn is_here() -> bool {
    env::var_os(CHILD).is_some()
}

/// Runs the test with this name again in a child process, with these variables, and returns its output.
///
/// # Panics
///
/// If the test fails or does not exist, or if its output contains a secret.
pub(super) fn run<'a>(test: &str, variables: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let program = env::current_exe().expect("the program's own path");
    let mut command = Command::new(program);
    command.args(["--exact", test, "--nocapture"]).envs(variables).env(CHILD, "1");
    command.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "1");
    let output = command.stdin(Stdio::null()).output().expect("a process");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!secrets::shows(text.as_bytes()), "the key shows in what a process printed");
    assert!(output.status.success() && text.contains("test result: ok. 1 passed"), "{text}");
    text
}
