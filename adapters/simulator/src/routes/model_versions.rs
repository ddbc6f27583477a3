//! `models/{id}/versions`: each training makes one.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::answer::{Answer, Content, Refusal};
use crate::call::Call;
use crate::catalog;
use crate::classifier::{Classifier, Example};
use crate::routes::models::not_own;
use crate::state::App;
use crate::state::input::Seen;
use crate::state::model::{Outcome, Training, Version};

/// An input to learn from: its id, what is seen in it, and of each concept of the model whether it fits, where that
/// was said.
struct Lesson {
    input: String,
    seen: Arc<Seen>,
    said: Vec<Option<bool>>,
}

/// Plans a training. How it ends is settled now and told later; it begins once all inputs are processed.
pub(super) fn train(call: &Call<'_>, id: &str) -> Answer {
    let mut held = call.hold();
    let app = held.app();
    let model = app.models.get(id).ok_or_else(|| not_own(call, id))?;
    if model.concepts.is_empty() {
        return Err(Refusal::bad_model("The model has no concepts yet; add some with PATCH /models."));
    }
    let (concepts, exclusive) = (model.concepts.clone(), model.flag("concepts_mutually_exclusive"));
    let closed = exclusive || model.flag("closed_environment");
    let lessons = lessons(app, &concepts);
    let processed = app.inputs.iter().map(|input| input.ready).max().unwrap_or_default().max(call.now);
    let version = held.new_id();
    // Learning takes time, which others need not wait for.
    drop(held);
    let outcome = learn(&concepts, &lessons, exclusive, closed);
    let start = processed.saturating_add(call.simulator.delays.queueing);
    let training = Training::Planned { start, end: start.saturating_add(call.simulator.delays.training), outcome };
    let inputs = lessons.into_iter().map(|lesson| lesson.input).collect();
    let mut held = call.hold();
    let model = held.app().models.get_mut(id).ok_or_else(|| Refusal::no_model(id))?;
    model.versions.push(Version { id: version.clone(), created: call.now, concepts, inputs, training, gone: None });
    let json = model.json(&call.app, None, call.now);
    held.note(call.now, "train", "version", &version, &json!({"model": id}), 0);
    Ok(Content::ok(json!({"model": json})))
}

fn lessons(app: &App, concepts: &[String]) -> Vec<Lesson> {
    let inputs = app.inputs.iter().filter(|input| input.gone.is_none() && input.failure.is_none());
    let lesson = |input: &crate::state::input::Input| {
        let said: Vec<_> = concepts.iter().map(|id| input.said(id).map(|value| value >= 0.5)).collect();
        let seen = input.seen.clone().filter(|_| said.iter().any(Option::is_some))?;
        Some(Lesson { input: input.id.clone(), seen, said })
    };
    inputs.filter_map(lesson).collect()
}

fn learn(concepts: &[String], lessons: &[Lesson], exclusive: bool, closed: bool) -> Outcome {
    if lessons.is_empty() {
        return Outcome::NoData;
    }
    let shown = |index: usize, fits: bool| lessons.iter().any(|lesson| lesson.said[index] == Some(fits));
    if !(0..concepts.len()).all(|index| shown(index, true)) {
        return Outcome::NoPositives;
    }
    if closed && concepts.len() == 1 && !shown(0, false) {
        return Outcome::SingleClass;
    }
    let examples = |index: usize| -> Vec<Example<'_>> {
        let example = |lesson| {
            let Lesson { seen, said, .. }: &Lesson = lesson;
            // A picture of something else is a picture of not this, unless it was said to be of both.
            let fits = said[index].or_else(|| said.contains(&Some(true)).then_some(false))?;
            Some((seen.embedding.as_slice(), fits))
        };
        lessons.iter().filter_map(example).collect()
    };
    let taught = concepts.iter().enumerate().map(|(index, id)| (id.clone(), examples(index)));
    Outcome::Trained(Arc::new(Classifier::fit(taught, exclusive)))
}

/// The newest first.
pub(super) fn list(call: &Call<'_>, id: &str) -> Answer {
    let page = call.page()?;
    let mut held = call.hold();
    let versions: Vec<_> = match held.app().models.get(id) {
        Some(model) => page.of(model.versions.iter().rev()).map(|version| version.json(call.now)).collect(),
        None => page.of([public(call, id)?]).collect(),
    };
    Ok(Content::ok(json!({"model_versions": versions})))
}

pub(super) fn get(call: &Call<'_>, id: &str, version: &str) -> Answer {
    let missing = || Refusal::missing("version_id", version);
    let mut held = call.hold();
    let json = match held.app().models.get(id) {
        Some(model) => model.version(version).ok_or_else(missing)?.json(call.now),
        None => Some(public(call, id)?).filter(|json| json["id"] == version).ok_or_else(missing)?,
    };
    Ok(Content::ok(json!({"model_version": json})))
}

/// The one version of a public model.
fn public(call: &Call<'_>, id: &str) -> Result<Value, Refusal> {
    let entry: &catalog::Entry = call.public_model(id).ok_or_else(|| Refusal::no_model(id))?;
    Ok(entry.json(None, false)["model_version"].take())
}

pub(super) fn delete(call: &Call<'_>, id: &str, version: &str) -> Answer {
    let gone = call.now.saturating_add(call.simulator.delays.deleting);
    let mut held = call.hold();
    let model = held.app().models.get_mut(id).ok_or_else(|| not_own(call, id))?;
    let found = model.versions.iter_mut().find(|one| one.id == version);
    let found = found.ok_or_else(|| Refusal::missing("version_id", version))?;
    if found.gone.is_none() {
        found.gone = Some(gone);
        held.note(call.now, "delete", "version", version, &Value::Null, 0);
    }
    Ok(Content::ok(json!({})))
}
