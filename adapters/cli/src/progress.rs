//! Progress on standard error: a bar on a terminal, an occasional line elsewhere.

use std::fmt;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::args::GlobalArgs;
use crate::terminal::{self, sanitize};

/// Minimum time between two lines, except the first and the last one.
const LINE_INTERVAL: Duration = Duration::from_secs(3);

/// Template if the total is known.
const BAR: &str = "{spinner} {prefix}: {human_pos} of {human_len} {wide_bar} {rate}/s, {eta} left{msg}";
/// Template if only the number of completed items is known.
const COUNT: &str = "{spinner} {prefix}: {human_pos}, {rate}/s{msg}";
/// Template if there is nothing to count.
const SPINNER: &str = "{spinner} {prefix}{msg} ({elapsed})";

/// The state of an operation at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ProgressUpdate {
    /// Number of completed items, if they can be counted.
    pub(crate) done: Option<u64>,
    /// Number of all items, if it is known.
    pub(crate) total: Option<u64>,
    /// Further information, such as `3 failed`.
    pub(crate) details: String,
}

/// When lines are printed if there is no terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lines {
    /// Always one at the start and one at the end.
    Always,
    /// Only if the operation takes long.
    IfSlow,
}

/// Shows the progress of one operation until it is dropped.
pub(crate) struct Progress {
    title: String,
    display: Display,
    start: Instant,
}

enum Display {
    Hidden,
    Bar(ProgressBar),
    Lines { last: ProgressUpdate, printed_at: Option<Instant>, always: bool },
}

impl Progress {
    /// Starts to show the progress of `title`.
    pub(crate) fn new(global: &GlobalArgs, title: impl Into<String>, lines: Lines) -> Self {
        let title = title.into();
        let target = ProgressDrawTarget::stderr_with_hz(10);
        let display = if global.quiet || global.dry_run {
            Display::Hidden
        } else if target.is_hidden() || global.verbose > 0 {
            let always = lines == Lines::Always;
            if always {
                terminal::log(format_args!("{title}: started"));
            }
            Display::Lines { last: ProgressUpdate::default(), printed_at: always.then(Instant::now), always }
        } else {
            let bar = ProgressBar::with_draw_target(None, target).with_prefix(title.clone());
            terminal::set_active_bar(Some(bar.clone()));
            Display::Bar(bar)
        };
        Self { title, display, start: Instant::now() }
    }

    /// Shows an update. Can be called at any rate; frequent calls keep the spinner moving.
    pub(crate) fn show(&mut self, update: &ProgressUpdate) {
        match &mut self.display {
            Display::Hidden => {}
            Display::Bar(bar) => {
                let template = match (update.done, update.total) {
                    (Some(_), Some(_)) => BAR,
                    (Some(_), None) => COUNT,
                    (None, _) => SPINNER,
                };
                // The templates are constants, and a test parses them.
                if let Ok(style) = ProgressStyle::with_template(template) {
                    bar.set_style(style.with_key("rate", write_rate));
                }
                if let Some(total) = update.total {
                    bar.set_length(total);
                }
                if let Some(done) = update.done {
                    bar.set_position(done);
                }
                let details = &update.details;
                bar.set_message(if details.is_empty() { String::new() } else { format!(", {}", sanitize(details)) });
                bar.tick();
            }
            Display::Lines { last, printed_at, .. } => {
                let since = printed_at.unwrap_or(self.start).elapsed();
                if since < LINE_INTERVAL || last == update {
                    return;
                }
                (*last, *printed_at) = (update.clone(), Some(Instant::now()));
                terminal::log(format_args!("{}: {}", self.title, line(update, self.start.elapsed())));
            }
        }
    }

    /// Prints the outcome, if lines are printed at all.
    pub(crate) fn finish(self, outcome: &str) {
        if let Display::Lines { printed_at, always, .. } = &self.display
            && (*always || printed_at.is_some())
        {
            terminal::log(format_args!("{}: {}", self.title, sanitize(outcome)));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Display::Bar(bar) = &self.display {
            bar.finish_and_clear();
            terminal::set_active_bar(None);
        }
    }
}

fn write_rate(state: &ProgressState, out: &mut dyn fmt::Write) {
    let _ = write!(out, "{:.1}", state.per_sec());
}

/// Returns an update as text: `128 of 300, 12.5/s, 14 s left, 3 failed`.
#[expect(clippy::cast_precision_loss, reason = "a rate with one decimal needs no more precision")]
fn line(update: &ProgressUpdate, elapsed: Duration) -> String {
    let mut parts = Vec::new();
    if let Some(done) = update.done {
        let rate = done as f64 / elapsed.as_secs_f64().max(0.001);
        parts.push(update.total.map_or_else(|| done.to_string(), |total| format!("{done} of {total}")));
        if done > 0 {
            parts.push(format!("{rate:.1}/s"));
            if let Some(total) = update.total {
                parts.push(format!("{:.0} s left", total.saturating_sub(done) as f64 / rate));
            }
        }
    }
    if !update.details.is_empty() {
        parts.push(sanitize(&update.details));
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn templates_are_valid() {
        for template in [BAR, COUNT, SPINNER] {
            ProgressStyle::with_template(template).unwrap();
        }
    }

    #[test]
    fn lines_contain_counts_rate_and_time_left() {
        let update = |done, total, details: &str| ProgressUpdate { done, total, details: details.to_owned() };
        for (update, expected) in [
            (update(Some(128), Some(300), "3 failed"), "128 of 300, 12.8/s, 13 s left, 3 failed"),
            (update(Some(0), Some(300), ""), "0 of 300"),
            (update(Some(50), None, ""), "50, 5.0/s"),
            (update(None, None, "Model is queued"), "Model is queued"),
        ] {
            assert_eq!(line(&update, Duration::from_secs(10)), expected);
        }
    }
}
