//! Waits for uploads, deletions and trainings. The outcome is printed as text, or as one JSON object.

use std::time::{Duration, Instant};

use clarifai_core::error::{Error, ErrorKind, WaitCause, WaitError};
use clarifai_core::machine::{
    AllInputsDeleted, AllInputsProcessed, AllModelsDeleted, Condition, InputDeleted, InputsProcessed, IntoMachine as _,
    ModelDeleted, ModelTrained, Processed, SomeInputsProcessed, Train, Training, Wait,
};
use clarifai_core::models::ModelRef;
use clarifai_core::types::{ModelVersion, Status};
use serde_json::{Map, Value, json};

use crate::args::DeleteArgs;
use crate::client::Stopped;
use crate::context::Context;
use crate::dry_run;
use crate::exit::{Exit, Failure, exit_for};
use crate::interrupt;
use crate::message::Message;
use crate::output::{self, Record as _};
use crate::progress::{Lines, Progress, ProgressUpdate};
use crate::terminal::{self, sanitize};

/// A condition whose progress can be shown.
trait ShowProgress: Condition {
    /// Returns the progress. `most_left` is the largest number of remaining items so far, and is updated.
    fn progress(&self, _most_left: &mut u64) -> ProgressUpdate {
        ProgressUpdate::default()
    }
}

/// Returns the progress if only the number of remaining items is known: the largest one counts as the total.
fn remaining(left: Option<u64>, most_left: &mut u64) -> ProgressUpdate {
    let Some(left) = left else { return ProgressUpdate::default() };
    *most_left = left.max(*most_left);
    ProgressUpdate { done: Some(*most_left - left), total: Some(*most_left), details: String::new() }
}

fn failed_text(count: u64) -> String {
    if count > 0 { format!("{count} failed") } else { String::new() }
}

impl ShowProgress for AllInputsProcessed {
    fn progress(&self, most_left: &mut u64) -> ProgressUpdate {
        let counts = self.counts();
        let left = counts.map(|counts| counts.to_process.unwrap_or(0) + counts.processing.unwrap_or(0));
        let details = failed_text(counts.and_then(|counts| counts.errors).unwrap_or(0));
        ProgressUpdate { details, ..remaining(left, most_left) }
    }
}

impl ShowProgress for SomeInputsProcessed {
    fn progress(&self, _: &mut u64) -> ProgressUpdate {
        let failed = self.done().filter(|input| !input.is_success()).count() as u64;
        let total = self.count() as u64;
        ProgressUpdate { done: Some(total - self.open() as u64), total: Some(total), details: failed_text(failed) }
    }
}

impl ShowProgress for ModelTrained {
    fn progress(&self, _: &mut u64) -> ProgressUpdate {
        self.last().map(training_progress).unwrap_or_default()
    }
}

impl ShowProgress for AllInputsDeleted {
    fn progress(&self, _: &mut u64) -> ProgressUpdate {
        let text = |count| if count < 20 { format!("{count} left") } else { "20 or more left".to_owned() };
        ProgressUpdate { details: self.first_page().map(text).unwrap_or_default(), ..ProgressUpdate::default() }
    }
}

impl ShowProgress for AllModelsDeleted {
    fn progress(&self, most_left: &mut u64) -> ProgressUpdate {
        remaining(self.left(), most_left)
    }
}

impl ShowProgress for InputDeleted {}

impl ShowProgress for ModelDeleted {}

fn training_progress(version: &ModelVersion) -> ProgressUpdate {
    let status = version.status.as_ref();
    let percent = status.and_then(|status| status.percent_completed).map(|percent| format!("{percent} %"));
    let parts = [Some(output::status_text(status)), percent].into_iter().flatten();
    let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
    ProgressUpdate { details: parts.join(", "), ..ProgressUpdate::default() }
}

/// Waits until these inputs are processed, or all inputs of the app if there are no IDs.
pub(crate) fn inputs_processed(
    context: &mut Context<'_>,
    ids: &[String],
    timeout: Option<Duration>,
) -> Result<(), Failure> {
    if ids.is_empty() {
        let Some(counts) = wait(context, || InputsProcessed::all().wait(), "waiting for all inputs", timeout, None)?
        else {
            return Ok(());
        };
        if context.global.json {
            return print_outcome(context, "processed", json!({"counts": counts}));
        }
        return counts.write(context.out);
    }
    let title = format!("waiting for {}", count(ids, "input"));
    let Some(inputs) = wait(context, || InputsProcessed::of(ids).wait(), &title, timeout, None)? else {
        return Ok(());
    };
    let failed: Vec<_> = inputs.iter().filter(|input| !input.is_success()).collect();
    if context.global.json {
        let outcome = if failed.is_empty() { "processed" } else { "failed" };
        let member = |input: &Processed| match input.missing {
            true => json!({"id": input.id, "missing": true}),
            false => json!({"id": input.id, "status": input.status}),
        };
        print_outcome(context, outcome, json!({"inputs": inputs.iter().map(member).collect::<Vec<_>>()}))?;
    } else {
        writeln!(context.out, "{} of {} processed.", inputs.len() - failed.len(), count(ids, "input"))?;
    }
    for input in &failed {
        let problem = input.status.as_ref().map_or_else(|| "no such input in the app".to_owned(), Status::to_string);
        terminal::error(format_args!("{}: {problem}", input.id));
    }
    context.failed += failed.len();
    Ok(())
}

/// Waits until the deleted inputs do not exist any more.
pub(crate) fn inputs_deleted(context: &mut Context<'_>, delete: &DeleteArgs) -> Result<(), Failure> {
    deleted(context, delete, "input", || AllInputsDeleted::new().wait(), |id| InputDeleted::new(id).wait())
}

/// Waits until the deleted models do not exist any more.
pub(crate) fn models_deleted(context: &mut Context<'_>, delete: &DeleteArgs) -> Result<(), Failure> {
    deleted(context, delete, "model", || AllModelsDeleted::new().wait(), |id| ModelDeleted::new(id).wait())
}

fn deleted<All: ShowProgress, One: ShowProgress>(
    context: &mut Context<'_>,
    delete: &DeleteArgs,
    kind: &str,
    all: impl FnOnce() -> Wait<All>,
    one: impl Fn(&str) -> Wait<One>,
) -> Result<(), Failure> {
    let timeout = context.global.wait_timeout();
    let what = match delete.ids.as_slice() {
        _ if delete.all => format!("all {kind}s"),
        [id] => format!("{kind} {}", sanitize(id)),
        ids => count(ids, kind),
    };
    let title = format!("deleting {what}");
    let ids = if delete.all {
        wait(context, all, &title, timeout, None)?;
        json!("all")
    } else {
        each_deleted(context, &delete.ids, one, &title, timeout)?;
        json!(delete.ids)
    };
    match context.global.json {
        true => print_outcome(context, "deleted", json!({format!("{kind}s"): ids})),
        false => Ok(writeln!(context.out, "Deleted {what}.")?),
    }
}

/// Waits until each of these is deleted, with one timeout for all of them.
fn each_deleted<One: ShowProgress>(
    context: &mut Context<'_>,
    ids: &[String],
    one: impl Fn(&str) -> Wait<One>,
    title: &str,
    timeout: Option<Duration>,
) -> Result<(), Failure> {
    let [first, others @ ..] = ids else { return Ok(()) };
    if others.is_empty() || context.global.dry_run {
        return wait(context, || one(first), title, timeout, None).map(drop);
    }
    let client = context.client()?;
    let mut progress = Progress::new(context.global, title, Lines::Always);
    let (start, mut done) = (Instant::now(), 0);
    let mut wait_for_all = || {
        for id in ids {
            let wait = one(id);
            let left = timeout.unwrap_or(Wait::<One>::DEFAULT_DEADLINE).saturating_sub(start.elapsed());
            let update = ProgressUpdate { done: Some(done), total: Some(ids.len() as u64), details: String::new() };
            client.run_watched(&mut wait.deadline(left).into_machine(client.config()), |_| progress.show(&update))?;
            done += 1;
        }
        Ok(())
    };
    let result: Result<(), Stopped> = wait_for_all();
    progress.finish(&format!("{done} of {} deleted after {:.1} s", ids.len(), start.elapsed().as_secs_f64()));
    match result {
        Ok(()) => Ok(()),
        Err(stopped) => Err(report_stopped(context, stopped, json!({"gone": done}), None)?),
    }
}

/// Starts a training and waits for its end.
pub(crate) fn train(context: &mut Context<'_>, model: &ModelRef, timeout: Option<Duration>) -> Result<(), Failure> {
    let client = context.client()?;
    let mut train = Train::new(model.clone());
    if let Some(timeout) = timeout {
        train = train.deadline(timeout);
    }
    let mut train = train.into_machine(client.config());
    let mut progress = Progress::new(context.global, format!("training {}", sanitize(model.id())), Lines::Always);
    let result = client.run_watched(&mut train, |train| {
        progress.show(&train.progress().map(training_progress).unwrap_or_default());
    });
    progress.finish(match &result {
        Ok(Training::Trained(_)) => "trained",
        Ok(Training::TimedOut(_)) => "timed out",
        Ok(_) | Err(Stopped::Failed(_)) => "failed",
        Err(Stopped::Interrupted) => "interrupted",
    });
    match result {
        Ok(Training::Trained(version)) => print_trained(context, model, &version),
        Ok(Training::Failed(version)) => {
            let reason = version.status.as_ref().map(Status::to_string).unwrap_or_default();
            print_version(context, "failed", model, Some(&version))?;
            Err(Failure::new(Exit::Failed, format!("training of {} failed: {reason}", model.id())))
        }
        Ok(training) => {
            let version = training.version();
            print_version(context, "timed out", model, Some(version))?;
            let text = format!("timed out while waiting for the training of {}", model.id());
            Err(Failure::new(Exit::Timeout, text).with_hint(resume_hint(model, &version.id)))
        }
        Err(Stopped::Interrupted) => {
            let version = train.progress();
            print_version(context, "interrupted", model, version)?;
            let hint = version.map_or_else(
                || format!("check whether the training was started with `clarifai models versions {}`", model.id()),
                |version| resume_hint(model, &version.id),
            );
            let (exit, text) = interrupt::reason();
            Err(Failure::new(exit, text).with_hint(hint))
        }
        Err(Stopped::Failed(error)) => {
            let hint = train.progress().map(|version| resume_hint(model, &version.id));
            Err(report_failed(context, &error, hint)?)
        }
    }
}

/// Waits until a version of a model is trained.
pub(crate) fn model_trained(
    context: &mut Context<'_>,
    model: &ModelRef,
    version: &str,
    timeout: Option<Duration>,
) -> Result<(), Failure> {
    let title = format!("training {}", sanitize(model.id()));
    let hint = resume_hint(model, version);
    let new = || ModelTrained::new(model.clone(), version).wait();
    let trained = wait(context, new, &title, timeout, Some(hint))?;
    trained.map_or(Ok(()), |version| print_trained(context, model, &version))
}

fn resume_hint(model: &ModelRef, version: &str) -> String {
    let (model, version) = (sanitize(model.id()), sanitize(version));
    format!("the training continues; wait for it with `clarifai models wait {model} --version {version}`")
}

fn print_trained(context: &mut Context<'_>, model: &ModelRef, version: &ModelVersion) -> Result<(), Failure> {
    match context.global.json {
        true => print_version(context, "trained", model, Some(version)),
        false => version.write(context.out),
    }
}

/// With `--json`, prints the outcome of a training.
fn print_version(
    context: &mut Context<'_>,
    outcome: &str,
    model: &ModelRef,
    version: Option<&ModelVersion>,
) -> Result<(), Failure> {
    match context.global.json {
        true => print_outcome(context, outcome, json!({"model": {"id": model.id()}, "model_version": version})),
        false => Ok(()),
    }
}

/// Waits and shows the progress. In a dry run, prints the first request and returns `None`. `hint` says how to continue
/// if the wait ends early.
fn wait<G: ShowProgress>(
    context: &mut Context<'_>,
    new: impl FnOnce() -> Wait<G>,
    title: &str,
    timeout: Option<Duration>,
    hint: Option<String>,
) -> Result<Option<G::Output>, Failure> {
    if context.global.dry_run {
        let app = dry_run::app(context.settings)?;
        let request = new().condition().request();
        dry_run::show(&app, request, context.global.json, context.out)?;
        return Ok(None);
    }
    let client = context.client()?;
    let mut wait = new();
    if let Some(timeout) = timeout {
        wait = wait.deadline(timeout);
    }
    let mut wait = wait.into_machine(client.config());
    let mut progress = Progress::new(context.global, title, Lines::Always);
    let mut most_left = 0;
    let result = client.run_watched(&mut wait, |wait| progress.show(&wait.condition().progress(&mut most_left)));
    let seconds = wait.waited().as_secs_f64();
    progress.finish(&match &result {
        Ok(_) => format!("done after {seconds:.1} s"),
        Err(Stopped::Interrupted) => format!("interrupted after {seconds:.1} s"),
        Err(Stopped::Failed(_)) => format!("ended after {seconds:.1} s"),
    });
    match result {
        Ok(output) => Ok(Some(output)),
        Err(stopped) => Err(report_stopped(context, stopped, json!({"last": wait.condition().last_state()}), hint)?),
    }
}

/// With `--json`, prints the outcome of a wait that was interrupted or failed. Returns the failure to end with.
fn report_stopped(
    context: &mut Context<'_>,
    stopped: Stopped,
    known: Value,
    hint: Option<String>,
) -> Result<Failure, Failure> {
    match stopped {
        Stopped::Interrupted => {
            if context.global.json {
                print_outcome(context, "interrupted", known)?;
            }
            let (exit, text) = interrupt::reason();
            Ok(Failure::Message(exit, Message { text, hint }))
        }
        Stopped::Failed(error) => report_failed(context, &error, hint),
    }
}

/// With `--json`, prints the outcome of a wait that failed. Returns the failure to end with.
fn report_failed(context: &mut Context<'_>, error: &Error, hint: Option<String>) -> Result<Failure, Failure> {
    let (outcome, last) = match error.kind() {
        ErrorKind::Wait(WaitError { cause: WaitCause::Deadline, last, .. }) => ("timed out", last),
        ErrorKind::Wait(WaitError { cause: WaitCause::Failed(_), last, .. }) => ("failed", last),
        ErrorKind::Wait(WaitError { last, .. }) => ("unknown", last),
        // There was nothing to wait for, for example because a training could not be started.
        _ => return Ok(Failure::Message(exit_for(error), Message::from(error))),
    };
    let mut message = Message::from(error);
    if context.global.json {
        print_outcome(context, outcome, json!({"last": last, "error": message.text}))?;
    }
    // Only what exists and is accessible can be waited for again.
    let can_continue = outcome != "failed" && !error.is_not_found() && !error.is_auth();
    if let Some(hint) = hint.filter(|_| can_continue) {
        message = message.with_hint(hint);
    }
    Ok(Failure::Message(exit_for(error), message))
}

/// Prints the JSON object of a wait.
fn print_outcome(context: &mut Context<'_>, outcome: &str, members: Value) -> Result<(), Failure> {
    let mut object = Map::new();
    object.insert("outcome".to_owned(), outcome.into());
    if let Value::Object(members) = members {
        object.extend(members);
    }
    output::write_json(&Value::Object(object), context.out)
}

/// Returns `1 input` or `3 inputs`.
fn count(ids: &[String], kind: &str) -> String {
    match ids.len() {
        1 => format!("1 {kind}"),
        count => format!("{count} {kind}s"),
    }
}
