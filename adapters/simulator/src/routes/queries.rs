//! `inputs/searches` and `annotations/searches`: filters that every hit meets, and ranks that sort the hits.

use clarifai_core::types::{StatusCode, Timestamp};
use serde_json::{Value, json};

use super::annotations::of_input;
use super::searches::{Query, contains, search};
use crate::call::{Call, text};
use crate::geo::{Area, Point};
use crate::output_options::number;
use crate::response::{Content, Refusal, RouteResult};
use crate::state::Config;
use crate::state::concept::value;
use crate::state::input::Input;

/// What is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Inputs,
    Annotations,
}

/// A filter whose members were checked. Concept names were replaced by ids.
struct Filter {
    negate: bool,
    annotation: Option<Value>,
    input: Option<Value>,
    /// First and last time of a change, as nanoseconds since 1970.
    updated: Option<(u128, u128)>,
}

/// Searches inputs. An older form of the body, without `searches`, is searched like `searches`.
pub(super) fn of_inputs(call: &Call<'_>) -> RouteResult {
    let body = call.json()?;
    match body["searches"].as_array() {
        None => search(call),
        Some(searches) => run(call, &body, searches, Kind::Inputs),
    }
}

pub(super) fn of_annotations(call: &Call<'_>) -> RouteResult {
    let body = call.json()?;
    let searches =
        body["searches"].as_array().ok_or_else(|| Refusal::bad_format("Must supply the 'searches' field."))?;
    run(call, &body, searches, Kind::Annotations)
}

fn run(call: &Call<'_>, body: &Value, searches: &[Value], kind: Kind) -> RouteResult {
    let page = call.page_in(body)?;
    let [search] = searches else { return Err(Refusal::bad_search("The simulator runs one search per request.")) };
    let mut filters = Vec::new();
    for filter in search["query"]["filters"].as_array().into_iter().flatten() {
        filters.push(Filter::read(call, filter)?);
    }
    let mut query = Query::default();
    query.read_ranks(call, search)?;
    query.prepare(call);
    let mut locked = call.lock();
    let app = locked.app();
    let mut hits: Vec<(f32, &Input, Option<Value>)> = Vec::new();
    for input in app.inputs.newest().filter(|input| input.is_processed(call.now)) {
        let Some(score) = query.score(input, &call.world.rules) else { continue };
        let annotations = of_input(app, input, &call.app, call.now);
        let accepts =
            |annotations: &[Value]| filters.iter().all(|filter| filter.accepts(call, app, input, annotations));
        match kind {
            Kind::Inputs if accepts(&annotations) => hits.push((score, input, None)),
            Kind::Inputs => {}
            Kind::Annotations => {
                let found = annotations.into_iter().filter(|one| accepts(std::slice::from_ref(one)));
                hits.extend(found.map(|one| (score, input, Some(one))));
            }
        }
    }
    if body["only_count"] == true {
        return Ok(Content::ok(json!({"hits": [], "hit_counts": [{"estimated_total": hits.len().to_string()}]})));
    }
    // The sort is stable: hits with the same score stay newest first.
    hits.sort_by(|(one, ..), (other, ..)| other.total_cmp(one));
    let hits: Vec<_> = page
        .of(hits)
        .map(|(score, input, annotation)| {
            let input = input.json(&app.concepts, &call.app, call.now);
            let mut hit = json!({"score": number(score), "input": input,
                "user_id": call.app.user, "app_id": call.app.app});
            if let Some(annotation) = annotation {
                hit["annotation"] = annotation;
            }
            hit
        })
        .collect();
    Ok(Content::ok(json!({"hits": hits, "searches": searches})))
}

/// Members of a filter that the simulator knows, by the place that they are in.
const ANNOTATION: [&str; 9] =
    ["data", "status", "input_level", "trusted", "annotation_info", "worker", "input_id", "id", "task_id"];
const DATA: [&str; 7] = ["concepts", "metadata", "geo", "regions", "frames", "time_segments", "clusters"];
const INPUT: [&str; 4] = ["data", "dataset_ids", "status", "id"];

/// Refuses members that would be ignored: a filter that does nothing finds too much.
fn check_members(value: &Value, known: &[&str]) -> Result<(), Refusal> {
    match value.as_object().into_iter().flatten().find(|(key, _)| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some((key, _)) => Err(Refusal::bad_search(format!("The simulator has no filter by '{key}'."))),
    }
}

impl Filter {
    fn read(call: &Call<'_>, filter: &Value) -> Result<Self, Refusal> {
        check_members(filter, &["negate", "annotation", "input", "last_updated_time_range"])?;
        let (mut annotation, input) = (filter.get("annotation").cloned(), filter.get("input").cloned());
        if let Some(annotation) = &mut annotation {
            check_members(annotation, &ANNOTATION)?;
            check_members(&annotation["data"], &DATA)?;
            let concepts = annotation.get_mut("data").and_then(|data| data.get_mut("concepts"));
            for concept in concepts.and_then(Value::as_array_mut).into_iter().flatten() {
                let found = call.lock().app().concept_id(text(concept, "id"), text(concept, "name"));
                concept["id"] =
                    found.ok_or_else(|| Refusal::bad_search(format!("There is no concept {concept}.")))?.into();
            }
            let geo = &annotation["data"]["geo"];
            if !geo.is_null() && Area::read(geo).is_none() {
                return Err(Refusal::bad_search("geo is not a valid area of the globe."));
            }
        }
        if let Some(input) = &input {
            check_members(input, &INPUT)?;
            check_members(&input["data"], &["image", "video", "audio", "text"])?;
        }
        let range = &filter["last_updated_time_range"];
        let updated = match range.is_object() {
            false => None,
            true => Some((time(&range["start_time"], 0)?, time(&range["end_time"], u128::MAX)?)),
        };
        Ok(Self { negate: filter["negate"] == true, annotation, input, updated })
    }

    /// Returns whether the input and at least one of the annotations meet the filter.
    fn accepts(&self, call: &Call<'_>, app: &Config, input: &Input, annotations: &[Value]) -> bool {
        let of_input = self.input.as_ref().is_none_or(|wanted| accepts_input(call, app, input, wanted));
        let in_time = |one: &Value| {
            self.updated
                .is_none_or(|(first, last)| time(&one["modified_at"], 0).is_ok_and(|at| (first..=last).contains(&at)))
        };
        let of_annotation = if let Some(wanted) = &self.annotation {
            annotations.iter().any(|one| accepts_annotation(one, wanted) && in_time(one))
        } else {
            let changed = input.modified.as_nanos();
            self.updated.is_none_or(|(first, last)| (first..=last).contains(&changed))
        };
        (of_input && of_annotation) != self.negate
    }
}

/// Returns a time as nanoseconds since 1970.
fn time(value: &Value, absent: u128) -> Result<u128, Refusal> {
    let Some(text) = value.as_str() else { return Ok(absent) };
    let time = Timestamp::new(text).duration_since_epoch();
    time.map(|time| time.as_nanos()).ok_or_else(|| Refusal::bad_search(format!("'{text}' is not a valid time.")))
}

fn same_code(one: &Value, other: &Value) -> bool {
    let code = |value: &Value| serde_json::from_value::<StatusCode>(value.clone()).ok().and_then(|code| code.number());
    other.is_null() || code(one) == code(other)
}

fn accepts_input(call: &Call<'_>, app: &Config, input: &Input, wanted: &Value) -> bool {
    let media = wanted["data"].as_object().into_iter().flatten();
    let has_media = media.into_iter().all(|(medium, wanted)| {
        input.data.get(medium).is_some_and(|medium| match text(wanted, "url") {
            Some(url) => medium["url"] == url.trim(),
            None => true,
        })
    });
    let datasets = wanted["dataset_ids"].as_array();
    let in_dataset = datasets.is_none_or(|ids| {
        let mut datasets = ids.iter().filter_map(|id| app.datasets.get(id.as_str()?));
        datasets.any(|dataset| dataset.contains(&input.id))
    });
    let has_id = text(wanted, "id").is_none_or(|id| id == input.id);
    has_media && in_dataset && has_id && same_code(&input.status(call.now)["code"], &wanted["status"]["code"])
}

fn accepts_annotation(one: &Value, wanted: &Value) -> bool {
    let equal = ["input_level", "trusted", "input_id", "id", "task_id"];
    equal.iter().all(|key| wanted.get(*key).is_none_or(|wanted| one[*key] == *wanted))
        && same_code(&one["status"]["code"], &wanted["status"]["code"])
        && wanted.get("annotation_info").is_none_or(|info| has_a_member(&one["annotation_info"], info))
        && wanted.get("worker").is_none_or(|worker| contains(&one["worker"], worker))
        && wanted.get("data").is_none_or(|wanted| accepts_data(&one["data"], wanted))
}

/// Of several members, one is enough, according to the API's description.
fn has_a_member(value: &Value, wanted: &Value) -> bool {
    wanted.as_object().is_some_and(|wanted| {
        wanted.is_empty()
            || wanted.iter().any(|(key, wanted)| value.get(key).is_some_and(|value| contains(value, wanted)))
    })
}

fn accepts_data(data: &Value, wanted: &Value) -> bool {
    let list = |key: &str| data[key].as_array().map(Vec::as_slice).unwrap_or_default();
    let parts = ["regions", "frames", "time_segments"];
    // No member at all selects the labels of the whole input.
    if wanted.as_object().is_some_and(serde_json::Map::is_empty) {
        return parts.iter().all(|part| list(part).is_empty());
    }
    let concepts = || {
        let inner = parts.iter().flat_map(|part| list(part)).filter_map(|part| part["data"]["concepts"].as_array());
        list("concepts").iter().chain(inner.flatten())
    };
    let accepts_concepts = |wanted: &Value| {
        let mut wanted = wanted.as_array().into_iter().flatten();
        wanted.any(|wanted| {
            concepts().any(|one| one["id"] == wanted["id"] && (value(one) >= 0.5) == (value(wanted) >= 0.5))
        })
    };
    let accepts_parts = |key: &str, wanted: &Value| {
        let mut wanted = wanted.as_array().into_iter().flatten();
        wanted.all(|wanted| list(key).iter().any(|part| accepts_part(part, wanted)))
    };
    wanted.as_object().into_iter().flatten().all(|(key, wanted)| match key.as_str() {
        "concepts" => accepts_concepts(wanted),
        "metadata" => has_a_member(&data["metadata"], wanted),
        "geo" => {
            Point::read(&data["geo"]).is_some_and(|point| Area::read(wanted).is_some_and(|area| area.contains(point)))
        }
        // The simulator makes no clusters.
        "clusters" => false,
        key => accepts_parts(key, wanted),
    })
}

/// Returns whether a part has the wanted members, where an empty object stands for any value.
fn accepts_part(part: &Value, wanted: &Value) -> bool {
    wanted.as_object().into_iter().flatten().all(|(key, wanted)| match (part.get(key), wanted) {
        (None, _) => false,
        (Some(_), Value::Object(wanted)) if wanted.is_empty() => true,
        (Some(part), Value::Object(_)) => accepts_part(part, wanted),
        (Some(part), wanted) => part == wanted,
    })
}
