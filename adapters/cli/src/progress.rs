//! How far something is, on standard error: a bar on a terminal, a line now and then elsewhere.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::args::Global;
use crate::output;

/// Lines are no closer than this, but for the first and the last.
const LINES_APART: Duration = Duration::from_secs(3);

/// Where a part of a whole is done, and how fast that goes.
const BAR: &str = "{spinner} {prefix}: {human_pos} of {human_len} {wide_bar} {rate} a second, {eta} left{msg}";
/// Where nobody knows how much there is.
const COUNT: &str = "{spinner} {prefix}: {human_pos}, {rate} a second{msg}";
/// Where there is nothing to count.
const SPINNER: &str = "{spinner} {prefix}{msg} ({elapsed})";

/// The bar that is on the screen. Whatever else is printed must put it aside.
static SHOWN: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Prints something while the bar is put aside.
pub(crate) fn aside<T>(print: impl FnOnce() -> T) -> T {
    let bar = SHOWN.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match bar {
        Some(bar) => bar.suspend(print),
        None => print(),
    }
}

/// How far something is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Far {
    /// How much is done, where that can be counted.
    pub(crate) done: Option<u64>,
    /// How much there is.
    pub(crate) total: Option<u64>,
    /// What else there is to say.
    pub(crate) more: String,
}

/// When lines are printed where there is no terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lines {
    /// One when it begins, one when it ends.
    Always,
    /// None unless it takes long.
    IfSlow,
}

/// Shows how far one thing is, until it is dropped.
pub(crate) struct Progress {
    what: String,
    form: Form,
    began: Instant,
}

enum Form {
    Nothing,
    Bar(ProgressBar),
    Lines { said: Far, at: Option<Instant>, always: bool },
}

impl Progress {
    /// Begins to show how far `what` is.
    pub(crate) fn new(global: &Global, what: impl Into<String>, lines: Lines) -> Self {
        let what = what.into();
        let target = ProgressDrawTarget::stderr_with_hz(10);
        let form = if global.quiet || global.dry_run {
            Form::Nothing
        } else if target.is_hidden() || global.verbose > 0 {
            let always = lines == Lines::Always;
            if always {
                output::note!("{what}: begun");
            }
            Form::Lines { said: Far::default(), at: always.then(Instant::now), always }
        } else {
            let bar = ProgressBar::with_draw_target(None, target).with_prefix(what.clone());
            *SHOWN.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar.clone());
            Form::Bar(bar)
        };
        Self { what, form, began: Instant::now() }
    }

    /// Shows how far it is now. May be called as often as one likes; it keeps a bar alive to be called often.
    pub(crate) fn show(&mut self, far: &Far) {
        match &mut self.form {
            Form::Nothing => {}
            Form::Bar(bar) => {
                let template = match (far.done, far.total) {
                    (Some(_), Some(_)) => BAR,
                    (Some(_), None) => COUNT,
                    (None, _) => SPINNER,
                };
                // The templates are constants, and a test shows that they are some.
                if let Ok(style) = ProgressStyle::with_template(template) {
                    bar.set_style(style.with_key("rate", rate));
                }
                if let Some(total) = far.total {
                    bar.set_length(total);
                }
                if let Some(done) = far.done {
                    bar.set_position(done);
                }
                let more = if far.more.is_empty() { String::new() } else { format!(", {}", output::tame(&far.more)) };
                bar.set_message(more);
                bar.tick();
            }
            Form::Lines { said, at, .. } => {
                let since = at.unwrap_or(self.began).elapsed();
                if since < LINES_APART || said == far {
                    return;
                }
                (*said, *at) = (far.clone(), Some(Instant::now()));
                output::note!("{}: {}", self.what, words(far, self.began.elapsed()));
            }
        }
    }

    /// Says how it ended, where lines are printed and one was printed before.
    pub(crate) fn end(self, words: &str) {
        if let Form::Lines { at, always, .. } = &self.form
            && (*always || at.is_some())
        {
            output::note!("{}: {}", self.what, output::tame(words));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Form::Bar(bar) = &self.form {
            bar.finish_and_clear();
            *SHOWN.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }
}

fn rate(state: &ProgressState, out: &mut dyn fmt::Write) {
    let _ = write!(out, "{:.1}", state.per_sec());
}

/// How far it is, in words: `128 of 300, 12.5 a second, 14 s left, 3 failed`.
#[expect(clippy::cast_precision_loss, reason = "nobody counts on the digits of a rate")]
fn words(far: &Far, took: Duration) -> String {
    let mut parts = Vec::new();
    if let Some(done) = far.done {
        let rate = done as f64 / took.as_secs_f64().max(0.001);
        parts.push(far.total.map_or_else(|| done.to_string(), |total| format!("{done} of {total}")));
        if done > 0 {
            parts.push(format!("{rate:.1} a second"));
            if let Some(total) = far.total {
                parts.push(format!("{:.0} s left", total.saturating_sub(done) as f64 / rate));
            }
        }
    }
    if !far.more.is_empty() {
        parts.push(output::tame(&far.more));
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_templates_are_templates() {
        for template in [BAR, COUNT, SPINNER] {
            ProgressStyle::with_template(template).unwrap();
        }
    }

    #[test]
    fn lines_have_counts_rate_and_time_left() {
        let far = |done, total, more: &str| Far { done, total, more: more.to_owned() };
        for (far, expected) in [
            (far(Some(128), Some(300), "3 failed"), "128 of 300, 12.8 a second, 13 s left, 3 failed"),
            (far(Some(0), Some(300), ""), "0 of 300"),
            (far(Some(50), None, ""), "50, 5.0 a second"),
            (far(None, None, "Model is queued"), "Model is queued"),
        ] {
            assert_eq!(words(&far, Duration::from_secs(10)), expected);
        }
    }
}
