//! `searches`: which inputs there are, and which of them fit best.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::answer::{Answer, Content, Refusal};
use crate::call::{Call, text};
use crate::classifier::{Classifier, dot};
use crate::geo::{Area, Point};
use crate::media::{Unusable, decode};
use crate::predict::number;
use crate::state::App;
use crate::state::concept::value;
use crate::state::input::{Input, Seen};
use crate::vision;

/// A condition: an input either meets it or not.
enum Filter {
    Id(String),
    Said { concept: String, fits: bool },
    Metadata(Value),
    Geo(Area),
    Url(String),
}

/// A measure from 0 to 1: inputs are sorted by it.
enum Rank {
    /// What the general model says.
    Predicted {
        concept: &'static str,
        fits: bool,
    },
    /// What a model of the application says.
    Taught {
        classifier: Arc<Classifier>,
        concept: String,
        fits: bool,
    },
    /// A concept that no model knows.
    Unknown,
    Similar(Arc<Seen>),
}

/// What is searched for. `true` beside a term is its opposite.
#[derive(Default)]
struct Query {
    filters: Vec<(Filter, bool)>,
    ranks: Vec<(Rank, bool)>,
    least: f32,
}

pub(super) fn search(call: &Call<'_>) -> Answer {
    let body = call.json()?;
    let page = call.page_in(&body)?;
    let searches = match &body["searches"] {
        Value::Array(searches) => searches.as_slice(),
        _ => std::slice::from_ref(&body),
    };
    let mut query = Query::default();
    for search in searches {
        query.read(call, search)?;
    }
    let id = call.new_id();
    let mut held = call.hold();
    let app = held.app();
    let mut hits: Vec<(f32, &Input)> = app
        .inputs
        .newest()
        .filter(|input| {
            input.is_processed(call.now) && query.filters.iter().all(|(one, not)| one.admits(input) != *not)
        })
        .filter_map(|input| Some((query.score(input)?, input)))
        .collect();
    // Equals stay the newest first.
    hits.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let hits: Vec<_> = page
        .of(hits)
        .map(|(score, input)| json!({"score": number(score), "input": input.json(app, &call.app, call.now)}))
        .collect();
    let query = searches.first().map(|search| &search["query"]);
    Ok(Content::ok(json!({"id": id, "query": query, "hits": hits})))
}

impl Query {
    fn read(&mut self, call: &Call<'_>, search: &Value) -> Result<(), Refusal> {
        let query = &search["query"];
        if !query.is_object() {
            return Err(Refusal::bad_format("Must supply the 'query' field. Check the JSON body of your request."));
        }
        let language = text(query, "language");
        if let Some(least) = search["min_value"].as_f64() {
            self.least = self.least.max(crate::predict::narrow(least));
        }
        let list = |name: &str| query[name].as_array().cloned().unwrap_or_default();
        for term in list("ands") {
            let not = term["negate"] == true;
            let before = self.filters.len() + self.ranks.len();
            self.filter(call, &term["input"], not)?;
            self.rank_by_concepts(call, &term["output"]["data"], language, not)?;
            self.rank_by_likeness(call, &term["output"]["input"], not)?;
            if self.filters.len() + self.ranks.len() == before {
                return Err(Refusal::bad_search("A term says nothing this stand-in can search for."));
            }
        }
        for term in list("filters") {
            let not = term["negate"] == true;
            self.filter(call, &term["annotation"], not)?;
            self.filter(call, &term["input"], not)?;
        }
        for term in list("ranks") {
            let not = term["negate"] == true;
            self.rank_by_concepts(call, &term["annotation"]["data"], language, not)?;
            let as_input = json!({"id": term["annotation"]["input_id"], "data": term["annotation"]["data"]});
            self.rank_by_likeness(call, &as_input, not)?;
        }
        Ok(())
    }

    fn filter(&mut self, call: &Call<'_>, input: &Value, not: bool) -> Result<(), Refusal> {
        let data = &input["data"];
        if let Some(id) = text(input, "id").or_else(|| text(input, "input_id")) {
            self.filters.push((Filter::Id(id.to_owned()), not));
        }
        for concept in data["concepts"].as_array().into_iter().flatten() {
            let found = call.hold().app().concept_id(text(concept, "id"), text(concept, "name"));
            let fits = value(concept) >= 0.5;
            self.filters.push((Filter::Said { concept: found.ok_or_else(|| unknown(concept))?, fits }, not));
        }
        if data["metadata"].is_object() {
            self.filters.push((Filter::Metadata(data["metadata"].clone()), not));
        }
        if data["geo"].is_object() {
            let area = Area::read(&data["geo"]).ok_or_else(|| Refusal::bad_search("geo is no area of the globe."))?;
            self.filters.push((Filter::Geo(area), not));
        }
        if let Some(url) = text(&data["image"], "url") {
            self.filters.push((Filter::Url(url.trim().to_owned()), not));
        }
        Ok(())
    }

    fn rank_by_concepts(
        &mut self,
        call: &Call<'_>,
        data: &Value,
        language: Option<&str>,
        not: bool,
    ) -> Result<(), Refusal> {
        for concept in data["concepts"].as_array().into_iter().flatten() {
            let fits = value(concept) >= 0.5;
            let (id, name) = (text(concept, "id"), text(concept, "name"));
            let known = vision::vocabulary().iter().find(|known| match (id, name) {
                (Some(id), _) => known.id == id,
                (None, Some(name)) => known
                    .name_in(language.unwrap_or("en"))
                    .is_some_and(|known| known.to_lowercase() == name.to_lowercase()),
                (None, None) => false,
            });
            let rank = if let Some(known) = known {
                Rank::Predicted { concept: known.id, fits }
            } else {
                let mut held = call.hold();
                let app = held.app();
                let concept = app.concept_id(id, name).ok_or_else(|| unknown(concept))?;
                taught(app, call, concept, fits)
            };
            self.ranks.push((rank, not));
        }
        Ok(())
    }

    fn rank_by_likeness(&mut self, call: &Call<'_>, input: &Value, not: bool) -> Result<(), Refusal> {
        let image = &input["data"]["image"];
        let url = text(image, "url").map(str::trim);
        let id = text(input, "id");
        if id.is_none() && url.is_none() && text(image, "base64").is_none() {
            return Ok(());
        }
        let known = {
            let mut held = call.hold();
            let inputs = &held.app().inputs;
            match id {
                Some(id) => {
                    Some(inputs.get(id).ok_or_else(|| Refusal::bad_search(format!("No input '{id}' in this app.")))?)
                }
                // What was fetched once need not be fetched again.
                None => url.and_then(|url| inputs.with_url(url).find(|input| input.failure.is_none())),
            }
            .cloned()
        };
        let refuse =
            |Unusable(_, description, details): Unusable| Refusal::bad_search(format!("{description}: {details}"));
        let limits = &call.simulator.limits.picture;
        let medium = match known {
            Some(known) => {
                let mut data = known.data.clone();
                if image["crop"].is_array() && data["image"].is_object() {
                    data["image"]["crop"] = image["crop"].clone();
                } else if let (true, Some(seen)) = (id.is_some(), &known.seen) {
                    self.ranks.push((Rank::Similar(Arc::clone(seen)), not));
                    return Ok(());
                } else if let Some(image) = data["image"].as_object_mut() {
                    image.remove("crop");
                }
                decode(&data, &known.bytes, limits)
            }
            None => call.open(&input["data"]),
        };
        let seen = Seen::of(&medium.map_err(refuse)?).ok_or_else(|| Refusal::bad_search("There is no frame."))?;
        self.ranks.push((Rank::Similar(Arc::new(seen)), not));
        Ok(())
    }

    /// The mean of all measures, or nothing where it does not fit at all.
    fn score(&self, input: &Input) -> Option<f32> {
        let seen = input.seen.as_ref()?;
        if self.ranks.is_empty() {
            return Some(1.0);
        }
        let measure = |(rank, not): &(Rank, bool)| {
            let measured = rank.measure(seen);
            if *not { 1.0 - measured } else { measured }
        };
        let total: f32 = self.ranks.iter().map(measure).sum();
        let score = total / crate::predict::count(self.ranks.len());
        (score > 0.0 && score >= self.least).then_some(score)
    }
}

impl Filter {
    fn admits(&self, input: &Input) -> bool {
        match self {
            Self::Id(id) => input.id == *id,
            Self::Said { concept, fits } => {
                let in_region = input.data["regions"].as_array().into_iter().flatten().any(|region| {
                    let said = region["data"]["concepts"].as_array().into_iter().flatten();
                    said.clone().any(|said| said["id"] == concept.as_str() && (value(said) >= 0.5) == *fits)
                });
                in_region || input.said(concept).is_some_and(|value| (value >= 0.5) == *fits)
            }
            // One of the members is enough, says the API's description.
            Self::Metadata(wanted) => wanted.as_object().is_some_and(|wanted| {
                let there = &input.data["metadata"];
                wanted.is_empty() || wanted.iter().any(|(key, wanted)| contains(&there[key], wanted))
            }),
            Self::Geo(area) => Point::read(&input.data["geo"]).is_some_and(|point| area.contains(point)),
            Self::Url(url) => input.url() == Some(url),
        }
    }
}

impl Rank {
    fn measure(&self, seen: &Seen) -> f32 {
        let when = |fits: bool, value: f32| if fits { value } else { 1.0 - value };
        match self {
            Self::Predicted { concept, fits } => {
                let found = seen.concepts.iter().find(|(id, _)| id == concept);
                when(*fits, found.map_or(0.0, |(_, value)| *value))
            }
            Self::Taught { classifier, concept, fits } => {
                let found = classifier.classify(&seen.embedding).into_iter().find(|(id, _)| id == concept);
                when(*fits, found.map_or(0.0, |(_, value)| value))
            }
            Self::Unknown => 0.0,
            Self::Similar(other) => dot(&seen.embedding, &other.embedding).clamp(0.0, 1.0),
        }
    }
}

/// A concept of the application as its newest trained model knows it.
fn taught(app: &App, call: &Call<'_>, concept: String, fits: bool) -> Rank {
    let mut models: Vec<_> = app.models.values().collect();
    models.sort_by_key(|model| std::cmp::Reverse(model.serial));
    let trained = models.into_iter().filter_map(|model| model.trained(call.now));
    let found = trained.filter(|version| version.concepts.contains(&concept)).find_map(|one| one.classifier(call.now));
    found.map_or(Rank::Unknown, |classifier| Rank::Taught { classifier: Arc::clone(classifier), concept, fits })
}

fn unknown(concept: &Value) -> Refusal {
    let (what, named) = match text(concept, "id") {
        Some(id) => ("ID", id),
        None => ("name", text(concept, "name").unwrap_or_default()),
    };
    Refusal::bad_search(format!("There is no concept with the {what} '{named}'."))
}

/// Whether all that is wanted is there: members of objects, and items of lists in any order.
fn contains(there: &Value, wanted: &Value) -> bool {
    match (there, wanted) {
        (Value::Object(there), Value::Object(wanted)) => {
            wanted.iter().all(|(key, wanted)| there.get(key).is_some_and(|there| contains(there, wanted)))
        }
        (Value::Array(there), Value::Array(wanted)) => {
            wanted.iter().all(|wanted| there.iter().any(|there| contains(there, wanted)))
        }
        (Value::Number(there), Value::Number(wanted)) => there.as_f64() == wanted.as_f64(),
        (there, wanted) => there == wanted,
    }
}
