//! Waiting: for uploads, deletions and trainings. What came of it is a line for people, or one JSON object.

use std::time::{Duration, Instant};

use clarifai_core::App;
use clarifai_core::error::{Error, ErrorKind, WaitCause, WaitError};
use clarifai_core::machine::{
    AllProcessed, Goal, InputGone, ModelGone, NoInputs, NoModels, TheseProcessed, Train, Trained, Training, Wait,
    WaitForInputDeleted, WaitForInputsDeleted, WaitForModelDeleted, WaitForModelsDeleted, WaitForTraining,
    WaitForUploads, WaitForUploadsOf,
};
use clarifai_core::model::{ModelVersion, Status};
use clarifai_core::models::ModelRef;
use serde_json::{Map, Value, json};

use crate::args::Doomed;
use crate::client::Stopped;
use crate::context::Context;
use crate::exit::{Exit, Failure, words_of};
use crate::output::{self, Shown as _};
use crate::progress::{Far, Lines, Progress};

/// A goal whose way there can be seen.
trait Seen: Goal {
    /// How far it is. `most` is the largest number of things that were left so far.
    fn far(&self, most: &mut u64) -> Far;
}

/// So many are left of at most so many.
fn left(left: Option<u64>, most: &mut u64) -> Far {
    let Some(left) = left else { return Far::default() };
    *most = left.max(*most);
    Far { done: Some(*most - left), total: Some(*most), more: String::new() }
}

impl Seen for AllProcessed {
    fn far(&self, most: &mut u64) -> Far {
        let open = self.counts().map(|counts| counts.to_process.unwrap_or(0) + counts.processing.unwrap_or(0));
        let more = self.counts().and_then(|counts| counts.errors).filter(|errors| *errors > 0);
        Far { more: more.map(|errors| format!("{errors} failed")).unwrap_or_default(), ..left(open, most) }
    }
}

impl Seen for TheseProcessed {
    fn far(&self, _: &mut u64) -> Far {
        let bad = self.done().filter(|one| !one.is_good()).count();
        let more = if bad > 0 { format!("{bad} failed") } else { String::new() };
        let total = self.count() as u64;
        Far { done: Some(total - self.open() as u64), total: Some(total), more }
    }
}

impl Seen for Trained {
    fn far(&self, _: &mut u64) -> Far {
        self.last().map(trained_so_far).unwrap_or_default()
    }
}

impl Seen for NoInputs {
    fn far(&self, _: &mut u64) -> Far {
        let words = |count| if count < 20 { format!("{count} left") } else { "20 or more left".to_owned() };
        Far { more: self.first_page().map(words).unwrap_or_default(), ..Far::default() }
    }
}

impl Seen for NoModels {
    fn far(&self, most: &mut u64) -> Far {
        left(self.left(), most)
    }
}

impl Seen for InputGone {
    fn far(&self, _: &mut u64) -> Far {
        Far::default()
    }
}

impl Seen for ModelGone {
    fn far(&self, _: &mut u64) -> Far {
        Far::default()
    }
}

/// What a version says of its training.
fn trained_so_far(version: &ModelVersion) -> Far {
    let status = version.status.as_ref();
    let percent = status.and_then(|status| status.percent_completed).map(|percent| format!("{percent} %"));
    let parts: Vec<_> =
        [Some(output::state(status)), percent].into_iter().flatten().filter(|part| !part.is_empty()).collect();
    Far { more: parts.join(", "), ..Far::default() }
}

/// Until inputs are processed: these, or all of the app.
pub(crate) fn uploads(context: &mut Context<'_>, ids: &[String], deadline: Option<Duration>) -> Result<(), Failure> {
    if ids.is_empty() {
        let Some(counts) = wait(context, WaitForUploads::new, "waiting for all inputs", deadline, None)? else {
            return Ok(());
        };
        if context.global.json {
            return say(context, "processed", json!({"counts": counts}));
        }
        return counts.write(context.out);
    }
    let what = format!("waiting for {}", some(ids, "input"));
    let Some(inputs) = wait(context, |app| WaitForUploadsOf::new(app, ids), &what, deadline, None)? else {
        return Ok(());
    };
    let bad: Vec<_> = inputs.iter().filter(|input| !input.is_good()).collect();
    let failed = bad.len();
    if context.global.json {
        let outcome = if failed == 0 { "processed" } else { "failed" };
        let each = |input: &clarifai_core::machine::Processed| match input.missing {
            true => json!({"id": input.id, "missing": true}),
            false => json!({"id": input.id, "status": input.status}),
        };
        say(context, outcome, json!({"inputs": inputs.iter().map(each).collect::<Vec<_>>()}))?;
    } else {
        writeln!(context.out, "{} of {} processed.", inputs.len() - failed, some(ids, "input"))?;
    }
    for input in bad {
        let problem = input.status.as_ref().map_or_else(|| "the app has no such input".to_owned(), Status::to_string);
        output::error(&format!("{}: {problem}", input.id));
    }
    context.failed += failed;
    Ok(())
}

/// Until what was deleted is gone.
pub(crate) fn inputs_gone(context: &mut Context<'_>, doomed: &Doomed) -> Result<(), Failure> {
    gone(context, doomed, "input", WaitForInputsDeleted::new, |app, id| WaitForInputDeleted::new(app, id))
}

/// Until what was deleted is gone.
pub(crate) fn models_gone(context: &mut Context<'_>, doomed: &Doomed) -> Result<(), Failure> {
    gone(context, doomed, "model", WaitForModelsDeleted::new, |app, id| WaitForModelDeleted::new(app, id))
}

fn gone<All: Seen, One: Seen>(
    context: &mut Context<'_>,
    doomed: &Doomed,
    kind: &str,
    all: impl FnOnce(&App) -> Wait<All>,
    one: impl Fn(&App, &str) -> Wait<One>,
) -> Result<(), Failure> {
    let deadline = doomed.waiting.deadline();
    let what = match doomed.ids.as_slice() {
        _ if doomed.all => format!("deleting all {kind}s"),
        [id] => format!("deleting {}", output::tame(id)),
        ids => format!("deleting {}", some(ids, kind)),
    };
    let member = format!("{kind}s");
    if doomed.all {
        wait(context, all, &what, deadline, None)?;
        return match context.global.json {
            true => say(context, "deleted", json!({member: "all"})),
            false => Ok(writeln!(context.out, "All {kind}s are deleted.")?),
        };
    }
    all_gone(context, &doomed.ids, one, &what, deadline)?;
    if context.global.json {
        return say(context, "deleted", json!({member: doomed.ids}));
    }
    let words = match doomed.ids.as_slice() {
        [id] => format!("The {kind} {} is deleted.", output::tame(id)),
        ids => format!("{} are deleted.", some(ids, kind)),
    };
    Ok(writeln!(context.out, "{words}")?)
}

/// Until each of these is gone, all of them by one deadline.
fn all_gone<One: Seen>(
    context: &mut Context<'_>,
    ids: &[String],
    one: impl Fn(&App, &str) -> Wait<One>,
    what: &str,
    deadline: Option<Duration>,
) -> Result<(), Failure> {
    let [first, others @ ..] = ids else { return Ok(()) };
    if others.is_empty() || context.global.dry_run {
        return wait(context, |app| one(app, first), what, deadline, None).map(drop);
    }
    let client = context.client()?;
    let mut progress = Progress::new(context.global, what, Lines::Always);
    let (begin, mut gone) = (Instant::now(), 0);
    let mut all = || {
        for id in ids {
            let wait = one(client.app(), id);
            // Those that go last go with those that went first.
            let deadline = deadline.unwrap_or(Wait::<One>::DEADLINE).saturating_sub(begin.elapsed());
            let far = Far { done: Some(gone), total: Some(ids.len() as u64), more: String::new() };
            client.watched(&mut wait.deadline(deadline), |_| progress.show(&far))?;
            gone += 1;
        }
        Ok(())
    };
    let ended: Result<(), Stopped> = all();
    progress.end(&format!("{gone} of {} gone after {:.1} s", ids.len(), begin.elapsed().as_secs_f64()));
    match ended {
        Ok(()) => Ok(()),
        Err(stopped) => Err(ended_early(context, stopped, json!({"gone": gone}), None)?),
    }
}

/// Starts a training, and waits for its end.
pub(crate) fn train(context: &mut Context<'_>, model: &ModelRef, deadline: Option<Duration>) -> Result<(), Failure> {
    let client = context.client()?;
    let mut train = Train::new(client.app(), model.clone());
    if let Some(deadline) = deadline {
        train = train.deadline(deadline);
    }
    let mut progress = Progress::new(context.global, format!("training {}", output::tame(model.id())), Lines::Always);
    let ended = client.watched(&mut train, |train| {
        progress.show(&train.progress().map(trained_so_far).unwrap_or_default());
    });
    progress.end(match &ended {
        Ok(Training::Trained(_)) => "trained",
        Ok(Training::TimedOut(_)) => "not trained in time",
        Ok(_) | Err(Stopped::Failed(_)) => "failed",
        Err(Stopped::Interrupted) => "interrupted",
    });
    match ended {
        Ok(Training::Trained(version)) => trained(context, model, &version),
        Ok(Training::Failed(version)) => {
            let why = version.status.as_ref().map(Status::to_string).unwrap_or_default();
            say_version(context, "failed", model, Some(&version))?;
            Err(Failure::Said(Exit::Items, format!("the training of {} failed: {why}", model.id())))
        }
        Ok(training) => {
            let version = training.version();
            say_version(context, "timed out", model, Some(version))?;
            Err(Failure::Said(Exit::Late, goes_on(model, &version.id)))
        }
        Err(Stopped::Interrupted) => {
            let version = train.progress();
            say_version(context, "interrupted", model, version)?;
            let on = version.map_or_else(
                || "; whether the training was started, `clarifai models versions` tells".to_owned(),
                |version| format!(": {}", goes_on(model, &version.id)),
            );
            Err(Failure::Said(Exit::Interrupted, format!("interrupted{on}")))
        }
        Err(Stopped::Failed(error)) => {
            Err(unreached(context, &error, train.progress().map(|version| goes_on(model, &version.id)))?)
        }
    }
}

/// Waits until a version is trained.
pub(crate) fn training(
    context: &mut Context<'_>,
    model: &ModelRef,
    version: &str,
    deadline: Option<Duration>,
) -> Result<(), Failure> {
    let what = format!("training {}", output::tame(model.id()));
    let on = goes_on(model, version);
    let waited = wait(context, |app| WaitForTraining::new(app, model.clone(), version), &what, deadline, Some(on))?;
    waited.map_or(Ok(()), |version| trained(context, model, &version))
}

fn goes_on(model: &ModelRef, version: &str) -> String {
    let (model, version) = (output::tame(model.id()), output::tame(version));
    format!("the training goes on; wait on with `clarifai models wait {model} --version {version}`")
}

fn trained(context: &mut Context<'_>, model: &ModelRef, version: &ModelVersion) -> Result<(), Failure> {
    match context.global.json {
        true => say_version(context, "trained", model, Some(version)),
        false => version.write(context.out),
    }
}

fn say_version(
    context: &mut Context<'_>,
    outcome: &str,
    model: &ModelRef,
    version: Option<&ModelVersion>,
) -> Result<(), Failure> {
    match context.global.json {
        true => say(context, outcome, json!({"model": {"id": model.id()}, "model_version": version})),
        false => Ok(()),
    }
}

/// Waits, and shows how far it is. In a dry run shows the first question, and has no answer. `on` tells how to go on
/// where it ends too early.
fn wait<G: Seen>(
    context: &mut Context<'_>,
    new: impl FnOnce(&App) -> Wait<G>,
    what: &str,
    deadline: Option<Duration>,
    on: Option<String>,
) -> Result<Option<G::Output>, Failure> {
    if context.global.dry_run {
        let app = crate::dry_run::app(context.settings)?;
        let question = new(&app).goal().question();
        crate::dry_run::show(&app, question, context.global.json, context.out)?;
        return Ok(None);
    }
    let client = context.client()?;
    let mut wait = new(client.app());
    if let Some(deadline) = deadline {
        wait = wait.deadline(deadline);
    }
    let mut progress = Progress::new(context.global, what, Lines::Always);
    let mut most = 0;
    let ended = client.watched(&mut wait, |wait| progress.show(&wait.goal().far(&mut most)));
    let seconds = wait.waited().as_secs_f64();
    progress.end(&match &ended {
        Ok(_) => format!("done after {seconds:.1} s"),
        Err(Stopped::Interrupted) => format!("interrupted after {seconds:.1} s"),
        Err(Stopped::Failed(_)) => format!("ended after {seconds:.1} s"),
    });
    match ended {
        Ok(output) => Ok(Some(output)),
        Err(stopped) => Err(ended_early(context, stopped, json!({"last": wait.goal().known()}), on)?),
    }
}

/// Says that a wait was interrupted, and what is `known` by then, or that it failed.
fn ended_early(
    context: &mut Context<'_>,
    stopped: Stopped,
    known: Value,
    on: Option<String>,
) -> Result<Failure, Failure> {
    match stopped {
        Stopped::Interrupted => {
            if context.global.json {
                say(context, "interrupted", known)?;
            }
            let on = on.map(|on| format!(": {on}")).unwrap_or_default();
            Ok(Failure::Said(Exit::Interrupted, format!("interrupted{on}")))
        }
        Stopped::Failed(error) => unreached(context, &error, on),
    }
}

/// Says that a wait ended before its goal, and gives the failure for the program to end with.
fn unreached(context: &mut Context<'_>, error: &Error, on: Option<String>) -> Result<Failure, Failure> {
    let (outcome, last) = match error.kind() {
        ErrorKind::Wait(WaitError { cause: WaitCause::Deadline, last, .. }) => ("timed out", last),
        ErrorKind::Wait(WaitError { cause: WaitCause::Failed(_), last, .. }) => ("failed", last),
        ErrorKind::Wait(WaitError { last, .. }) => ("unknown", last),
        // There was nothing to wait for, such as a training that could not be started.
        _ => return Ok(Failure::Said(crate::exit::exit_of(error), words_of(error))),
    };
    if context.global.json {
        say(context, outcome, json!({"last": last, "error": words_of(error)}))?;
    }
    let exit = crate::exit::exit_of(error);
    // Of what is not there, or not for this caller, nobody knows whether it goes on.
    let on = on
        .filter(|_| outcome != "failed" && !error.is_not_found() && !error.is_auth())
        .map(|on| format!("; {on}"))
        .unwrap_or_default();
    Ok(Failure::Said(exit, format!("{}{on}", words_of(error))))
}

/// Prints the one JSON object of a wait.
fn say(context: &mut Context<'_>, outcome: &str, members: Value) -> Result<(), Failure> {
    let mut object = Map::new();
    object.insert("outcome".to_owned(), outcome.into());
    if let Value::Object(members) = members {
        object.extend(members);
    }
    output::line(&Value::Object(object), context.out)
}

/// `1 input`, `3 inputs`.
fn some(ids: &[String], kind: &str) -> String {
    match ids.len() {
        1 => format!("1 {kind}"),
        count => format!("{count} {kind}s"),
    }
}
