//! `models/{id}/versions/{version}/metrics`: evaluation of a trained version on the inputs it was trained with.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::call::Call;
use crate::predict::{count, number};
use crate::response::{Content, Refusal, RouteResult, status};
use crate::routes::models::not_own;
use crate::state::Config;
use crate::state::model::Version;

/// Starts an evaluation. It ends after as long as a training takes.
pub(super) fn evaluate(call: &Call<'_>, id: &str, version: &str) -> RouteResult {
    let end = call.now.saturating_add(call.world.rules.delays.training);
    let mut locked = call.lock();
    let app = locked.app();
    let model = app.models.get_mut(id).ok_or_else(|| not_own(call, id))?;
    let found = model.versions.iter_mut().find(|one| one.id == version);
    let found = found.ok_or_else(|| Refusal::missing("version_id", version))?;
    if found.classifier(call.now).is_none() {
        return Err(Refusal::bad_model("Only a trained version can be evaluated."));
    }
    found.evaluated = Some(end);
    let json = describe(call, found, None);
    locked.record(call.now, "evaluate", "version", version, &Value::Null, 0);
    Ok(Content::ok(json!({"model_version": json})))
}

pub(super) fn get(call: &Call<'_>, id: &str, version: &str) -> RouteResult {
    let mut locked = call.lock();
    let app = &*locked.app();
    let model = app.models.get(id).ok_or_else(|| not_own(call, id))?;
    let found = model.version(version).ok_or_else(|| Refusal::missing("version_id", version))?;
    Ok(Content::ok(json!({"model_version": describe(call, found, Some(app))})))
}

/// Returns the version with its metrics, as far as the evaluation has come.
fn describe(call: &Call<'_>, version: &Version, app: Option<&Config>) -> Value {
    let mut json = version.json(call.now);
    json["metrics"] = match (version.evaluated, app) {
        (None, _) => json!({"status": status(21302, "Model not evaluated", "")}),
        (Some(end), Some(app)) if end <= call.now => measured(call, version, app),
        _ => json!({"status": status(21303, "Model is queued for evaluation", "")}),
    };
    json
}

/// Measures how often the best concept of an input is one that it is annotated with. The training inputs are the only
/// ones there are, so the values are those of an evaluation on known data.
fn measured(call: &Call<'_>, version: &Version, app: &Config) -> Value {
    let asked = |name: &str| {
        let query = call.request.uri().query().unwrap_or_default();
        query.split('&').any(|one| one == format!("fields.{name}=true"))
    };
    let Some(classifier) = version.classifier(call.now) else { return Value::Null };
    let mut matrix: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut labels: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut total, mut right) = (0, 0);
    for input in version.inputs.iter().filter_map(|id| app.inputs.get(id)) {
        let Some(analysis) = &input.analysis else { continue };
        let shows = |id: &&String| input.concept_value(id).is_some_and(|value| value >= 0.5);
        let shown: Vec<&String> = version.concepts.iter().filter(shows).collect();
        let scored = classifier.classify(&analysis.embedding);
        let (Some((best, _)), false) = (scored.first(), shown.is_empty()) else { continue };
        total += 1;
        right += usize::from(shown.iter().any(|id| id == best));
        for id in shown {
            *labels.entry(id).or_default() += 1;
            *matrix.entry(((*best).to_owned(), id.clone())).or_default() += 1;
        }
    }
    let share = |part: usize, whole: usize| number(count(part) / count(whole.max(1)));
    let mut metrics = json!({
        "status": status(21300, "Model is evaluated", ""),
        "summary": {"top1_accuracy": share(right, total)},
    });
    if asked("label_counts") {
        let counts = labels.iter().map(|(id, number)| json!({"concept": {"id": id}, "count": number}));
        metrics["label_counts"] = json!({"positive_label_counts": counts.collect::<Vec<_>>()});
    }
    if asked("confusion_matrix") {
        let entry = |((predicted, actual), number): (&(String, String), &usize)| {
            let value = share(*number, labels.get(actual.as_str()).copied().unwrap_or_default());
            json!({"predicted": predicted, "actual": actual, "value": value})
        };
        let entries: Vec<_> = matrix.iter().map(entry).collect();
        metrics["confusion_matrix"] = json!({"matrix": entries, "concept_ids": version.concepts});
    }
    metrics
}
