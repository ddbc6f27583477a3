//! Standard error and text for terminals: messages, the active progress bar, and what may be printed.

use std::fmt::{self, Display};
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use anstyle::{AnsiColor, Style};
use http::HeaderValue;
use indicatif::ProgressBar;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// The progress bar on the screen. Anything else that is printed must suspend it first.
static ACTIVE_BAR: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Whether only errors are printed.
static QUIET: AtomicBool = AtomicBool::new(false);

/// Suppresses notes, hints and warnings from now on.
pub(crate) fn set_quiet(quiet: bool) {
    QUIET.store(quiet, Ordering::Relaxed);
}

fn is_quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}

/// Registers the progress bar on the screen, or `None` after it ended.
pub(crate) fn set_active_bar(bar: Option<ProgressBar>) {
    *ACTIVE_BAR.lock().unwrap_or_else(PoisonError::into_inner) = bar;
}

/// Hides the progress bar while `print` runs.
pub(crate) fn suspend_bar<T>(print: impl FnOnce() -> T) -> T {
    let bar = ACTIVE_BAR.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match bar {
        Some(bar) => bar.suspend(print),
        None => print(),
    }
}

/// Prints a line to standard error as it is, for logs and progress.
pub(crate) fn log(line: fmt::Arguments<'_>) {
    // Unlike `eprintln!`, this does not panic when standard error is closed.
    suspend_bar(|| _ = writeln!(std::io::stderr(), "{line}"));
}

/// Prints `error: <message>` to standard error.
pub(crate) fn error(message: impl Display) {
    message_line("error", ERROR, &message);
}

/// Prints `hint: <message>` to standard error after an error: what the user can do about it.
pub(crate) fn error_hint(message: impl Display) {
    message_line("hint", HINT, &message);
}

/// Prints `warning: <message>` to standard error, unless messages other than errors are suppressed.
pub(crate) fn warning(message: impl Display) {
    if !is_quiet() {
        message_line("warning", WARNING, &message);
    }
}

/// Prints `hint: <message>` to standard error, unless messages other than errors are suppressed.
pub(crate) fn hint(message: impl Display) {
    if !is_quiet() {
        message_line("hint", HINT, &message);
    }
}

/// Prints `note: <message>` to standard error, unless messages other than errors are suppressed.
pub(crate) fn note(message: impl Display) {
    if !is_quiet() {
        message_line("note", Style::new().bold(), &message);
    }
}

fn message_line(label: &str, style: Style, message: &dyn Display) {
    let message = sanitize(&message.to_string());
    suspend_bar(|| _ = writeln!(anstream::stderr(), "{style}{label}:{style:#} {message}"));
}

/// Returns text from files and responses without control characters, line breaks and marks that change the direction
/// of writing, so that it cannot take over a terminal.
pub(crate) fn sanitize(text: &str) -> String {
    text.chars()
        .filter(|character| !matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
        .map(|character| match character {
            '\n' | '\r' | '\t' => ' ',
            character if character.is_control() => '\u{fffd}',
            character => character,
        })
        .collect()
}

/// Returns text like [`sanitize`], but keeps its line breaks and tabs.
pub(crate) fn sanitize_lines(text: &str) -> String {
    let keeps = |character: char| matches!(character, '\n' | '\t');
    text.split_inclusive(keeps)
        .map(|line| match line.chars().next_back().filter(|end| keeps(*end)) {
            Some(end) => sanitize(&line[..line.len() - 1]) + end.encode_utf8(&mut [0; 4]),
            None => sanitize(line),
        })
        .collect()
}

/// Returns the value of a header for display. Of a header that holds credentials only the scheme is shown.
pub(crate) fn redact_header(value: &HeaderValue) -> String {
    let text = value.to_str().unwrap_or("(not text)");
    match (value.is_sensitive(), text.split_once(' ')) {
        (false, _) => sanitize(text),
        (true, Some((scheme, _))) => format!("{scheme} ***"),
        (true, None) => "***".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sanitize_removes_control_characters_and_direction_marks() {
        assert_eq!(sanitize("a\tb\u{1b}[31m\u{202e}c\r\n"), "a b\u{fffd}[31mc  ");
    }

    #[test]
    fn sanitize_lines_keeps_line_breaks_and_tabs() {
        assert_eq!(sanitize_lines("a\n\n\tb\u{1b}[31m\r\nc"), "a\n\n\tb\u{fffd}[31m \nc");
        assert_eq!(sanitize_lines(""), "");
    }

    #[test]
    fn redact_header_hides_sensitive_values() {
        let mut value = HeaderValue::from_static("Key sentinel");
        assert_eq!(redact_header(&value), "Key sentinel");
        value.set_sensitive(true);
        assert_eq!(redact_header(&value), "Key ***");
        let mut value = HeaderValue::from_static("sentinel");
        value.set_sensitive(true);
        assert_eq!(redact_header(&value), "***");
    }
}
