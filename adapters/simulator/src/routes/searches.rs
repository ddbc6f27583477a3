//! `searches`: filters and ranks the inputs of an application.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::call::{Call, text};
use crate::classifier::{Classifier, dot};
use crate::geo::{Area, Point};
use crate::media::{InputError, decode};
use crate::output_options::{count, narrow, number};
use crate::parallel;
use crate::response::{Content, Refusal, RouteResult};
use crate::rules::Rules;
use crate::state::Config;
use crate::state::concept::{numbers, value};
use crate::state::input::{Input, still};
use crate::vision;
use crate::vocabulary::PublicConcept;

/// A condition that an input must meet.
enum Filter {
    Id(String),
    Concept { concept: String, present: bool },
    Metadata(Value),
    Geo(Area),
    Url(String),
}

/// A score from 0 to 1 that hits are sorted by.
enum Rank {
    /// Value of a concept from the general model.
    Predicted { concept: &'static PublicConcept, present: bool },
    /// Value of a concept from a trained model of the application.
    Trained { classifier: Arc<Classifier>, concept: String, present: bool },
    /// A concept without a trained model: the score is 0.
    Untrained,
    /// Similarity to an image.
    Similar(Vec<f32>),
}

/// A parsed search. `true` next to a term negates it.
#[derive(Default)]
pub(super) struct Query {
    filters: Vec<(Filter, bool)>,
    ranks: Vec<(Rank, bool)>,
    /// Minimum score of a hit.
    min_score: f32,
}

pub(super) fn search(call: &Call<'_>) -> RouteResult {
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
    query.prepare(call);
    let mut locked = call.lock();
    let app = locked.app();
    let mut hits: Vec<(f32, &Input)> = app
        .inputs
        .newest()
        .filter(|input| {
            input.is_processed(call.now) && query.filters.iter().all(|(one, not)| one.accepts(input) != *not)
        })
        .filter_map(|input| Some((query.score(input, &call.world.rules)?, input)))
        .collect();
    // The sort is stable: hits with the same score stay newest first.
    hits.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let hits: Vec<_> = page
        .of(hits)
        .map(|(score, input)| json!({"score": number(score), "input": input.json(&app.concepts, &call.app, call.now)}))
        .collect();
    let mut query = searches.first().map(|search| search["query"].clone());
    query.iter_mut().for_each(numbers);
    Ok(Content::ok(json!({"id": id, "query": query, "hits": hits})))
}

impl Query {
    fn read(&mut self, call: &Call<'_>, search: &Value) -> Result<(), Refusal> {
        let query = &search["query"];
        if !query.is_object() {
            return Err(Refusal::bad_format("Must supply the 'query' field. Check the JSON body of your request."));
        }
        let language = text(query, "language");
        let list = |name: &str| query[name].as_array().cloned().unwrap_or_default();
        for term in list("ands") {
            let not = term["negate"] == true;
            let before = self.filters.len() + self.ranks.len();
            self.filter(call, &term["input"], not)?;
            self.rank_by_concepts(call, &term["output"]["data"], language, not)?;
            self.rank_by_similarity(call, &term["output"]["input"], not)?;
            if self.filters.len() + self.ranks.len() == before {
                return Err(Refusal::bad_search("The term contains nothing that the simulator can search for."));
            }
        }
        for term in list("filters") {
            let not = term["negate"] == true;
            self.filter(call, &term["annotation"], not)?;
            self.filter(call, &term["input"], not)?;
        }
        self.read_ranks(call, search)
    }

    /// Reads the ranks of a search, and its minimum score.
    pub(super) fn read_ranks(&mut self, call: &Call<'_>, search: &Value) -> Result<(), Refusal> {
        let query = &search["query"];
        let language = text(query, "language");
        if let Some(min) = search["min_value"].as_f64() {
            self.min_score = self.min_score.max(narrow(min));
        }
        for term in query["ranks"].as_array().into_iter().flatten() {
            let not = term["negate"] == true;
            let (annotation, before) = (&term["annotation"], self.ranks.len());
            self.rank_by_concepts(call, &annotation["data"], language, not)?;
            let as_input = json!({"id": annotation["input_id"], "data": annotation["data"]});
            self.rank_by_similarity(call, &as_input, not)?;
            self.rank_by_embedding(&annotation["data"]["embeddings"], not)?;
            if self.ranks.len() == before {
                return Err(Refusal::bad_search("The rank contains nothing that the simulator can sort by."));
            }
        }
        Ok(())
    }

    fn rank_by_embedding(&mut self, embeddings: &Value, not: bool) -> Result<(), Refusal> {
        for embedding in embeddings.as_array().into_iter().flatten() {
            let numbers = embedding["vector"].as_array().into_iter().flatten();
            let vector: Vec<f32> = numbers.filter_map(Value::as_f64).map(narrow).collect();
            let length = dot(&vector, &vector).sqrt();
            if vector.len() != vision::EMBEDDING_LEN || length.is_nan() || length <= 0.0 {
                let details = format!("An embedding has {} numbers, not all 0.", vision::EMBEDDING_LEN);
                return Err(Refusal::bad_search(details));
            }
            let unit = vector.iter().map(|number| number / length).collect();
            self.ranks.push((Rank::Similar(unit), not));
        }
        Ok(())
    }

    fn filter(&mut self, call: &Call<'_>, input: &Value, not: bool) -> Result<(), Refusal> {
        let data = &input["data"];
        if let Some(id) = text(input, "id").or_else(|| text(input, "input_id")) {
            self.filters.push((Filter::Id(id.to_owned()), not));
        }
        for concept in data["concepts"].as_array().into_iter().flatten() {
            let (id, name) = (text(concept, "id"), text(concept, "name"));
            let found = call.lock().app().concept_id(id, name);
            // A public concept is known even if no input is annotated with it.
            let public = || call.recognition().vocabulary().find(id, name, "en").map(|public| public.id.clone());
            let present = value(concept) >= 0.5;
            let concept = found.or_else(public).ok_or_else(|| unknown(concept))?;
            self.filters.push((Filter::Concept { concept, present }, not));
        }
        if data["metadata"].is_object() {
            self.filters.push((Filter::Metadata(data["metadata"].clone()), not));
        }
        if data["geo"].is_object() {
            let area =
                Area::read(&data["geo"]).ok_or_else(|| Refusal::bad_search("geo is not a valid area of the globe."))?;
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
            let present = value(concept) >= 0.5;
            let (id, name) = (text(concept, "id"), text(concept, "name"));
            let public = call.recognition().vocabulary().find(id, name, language.unwrap_or("en"));
            let mut locked = call.lock();
            let app = locked.app();
            let own = app.concept_id(id, name).map(|own| trained_rank(app, call, own, present));
            // A concept that a model of the application has learned stands for what was taught.
            let rank = match (own, public) {
                (Some(own @ Rank::Trained { .. }), _) => own,
                (_, Some(concept)) => Rank::Predicted { concept, present },
                (Some(own), None) => own,
                (None, None) => return Err(unknown(concept)),
            };
            self.ranks.push((rank, not));
        }
        Ok(())
    }

    fn rank_by_similarity(&mut self, call: &Call<'_>, input: &Value, not: bool) -> Result<(), Refusal> {
        let image = &input["data"]["image"];
        let url = text(image, "url").map(str::trim);
        let id = text(input, "id");
        if id.is_none() && url.is_none() && text(image, "base64").is_none() {
            return Ok(());
        }
        let known = {
            let mut locked = call.lock();
            let inputs = &locked.app().inputs;
            match id {
                Some(id) => {
                    Some(inputs.get(id).ok_or_else(|| Refusal::bad_search(format!("No input '{id}' in this app.")))?)
                }
                // An image that is already an input is not fetched again.
                None => url.and_then(|url| inputs.with_url(url).find(|input| input.failure.is_none())),
            }
            .cloned()
        };
        let refuse =
            |InputError(_, description, details): InputError| Refusal::bad_search(format!("{description}: {details}"));
        let limits = &call.world.rules.limits.image;
        let medium = match known {
            Some(known) => {
                let mut data = known.data.clone();
                if image["crop"].is_array() && data["image"].is_object() {
                    data["image"]["crop"] = image["crop"].clone();
                } else if let (true, Some(embedding)) = (id.is_some(), known.embedding(&call.world.rules)) {
                    self.ranks.push((Rank::Similar(embedding.to_vec()), not));
                    return Ok(());
                } else if let Some(image) = data["image"].as_object_mut() {
                    image.remove("crop");
                }
                decode(&data, &known.bytes, limits)
            }
            None => call.open(&input["data"]),
        };
        let medium = medium.map_err(refuse)?;
        let image = still(&medium).ok_or_else(|| Refusal::bad_search("The video has no frames."))?;
        self.ranks.push((Rank::Similar(call.recognition().embedding(image)), not));
        Ok(())
    }

    /// Computes what the ranks need of all inputs that pass the filters, on all cores. The state must not be locked,
    /// because this takes time.
    pub(super) fn prepare(&self, call: &Call<'_>) {
        if self.ranks.is_empty() {
            return;
        }
        let inputs: Vec<Input> = {
            let mut locked = call.lock();
            let inputs = locked.app().inputs.iter().filter(|input| input.is_processed(call.now));
            inputs.filter(|input| self.filters.iter().all(|(one, not)| one.accepts(input) != *not)).cloned().collect()
        };
        parallel::map(&inputs, |input| self.score(input, &call.world.rules));
    }

    /// Returns the mean score of all ranks, or `None` if the input is not a hit.
    pub(super) fn score(&self, input: &Input, rules: &Rules) -> Option<f32> {
        if self.ranks.is_empty() {
            return Some(1.0);
        }
        let score = |(rank, not): &(Rank, bool)| {
            let score = rank.score(input, rules)?;
            Some(if *not { 1.0 - score } else { score })
        };
        let total = self.ranks.iter().map(score).sum::<Option<f32>>()?;
        let score = total / count(self.ranks.len());
        (score > 0.0 && score >= self.min_score).then_some(score)
    }
}

impl Filter {
    fn accepts(&self, input: &Input) -> bool {
        match self {
            Self::Id(id) => input.id == *id,
            Self::Concept { concept, present } => {
                let in_region = input.data["regions"].as_array().into_iter().flatten().any(|region| {
                    let mut annotations = region["data"]["concepts"].as_array().into_iter().flatten();
                    annotations.any(|one| one["id"] == concept.as_str() && (value(one) >= 0.5) == *present)
                });
                in_region || input.concept_value(concept).is_some_and(|value| (value >= 0.5) == *present)
            }
            // One matching member is enough, according to the API's description.
            Self::Metadata(wanted) => wanted.as_object().is_some_and(|wanted| {
                let metadata = &input.data["metadata"];
                wanted.is_empty() || wanted.iter().any(|(key, wanted)| contains(&metadata[key], wanted))
            }),
            Self::Geo(area) => Point::read(&input.data["geo"]).is_some_and(|point| area.contains(point)),
            Self::Url(url) => input.url() == Some(url),
        }
    }
}

impl Rank {
    /// Returns the score of an input, or `None` if its processing failed.
    fn score(&self, input: &Input, rules: &Rules) -> Option<f32> {
        let when = |present: bool, value: f32| if present { value } else { 1.0 - value };
        Some(match self {
            Self::Predicted { concept, present } => {
                let found = input.predicted(rules)?.iter().find(|(known, _)| known.id == concept.id);
                when(*present, found.map_or(0.0, |(_, value)| *value))
            }
            Self::Trained { classifier, concept, present } => {
                let found = classifier.classify(input.embedding(rules)?).into_iter().find(|(id, _)| id == concept);
                when(*present, found.map_or(0.0, |(_, value)| value))
            }
            Self::Untrained => 0.0,
            Self::Similar(other) => dot(input.embedding(rules)?, other).clamp(0.0, 1.0),
        })
    }
}

/// Returns the rank of a concept by the newest trained model that has it.
fn trained_rank(app: &Config, call: &Call<'_>, concept: String, present: bool) -> Rank {
    let mut models: Vec<_> = app.models.values().collect();
    models.sort_by_key(|model| std::cmp::Reverse(model.serial));
    let trained = models.into_iter().filter_map(|model| model.latest_trained(call.now));
    let found = trained.filter(|version| version.concepts.contains(&concept)).find_map(|one| one.classifier(call.now));
    found.map_or(Rank::Untrained, |classifier| Rank::Trained { classifier: Arc::clone(classifier), concept, present })
}

fn unknown(concept: &Value) -> Refusal {
    let (what, named) = match text(concept, "id") {
        Some(id) => ("ID", id),
        None => ("name", text(concept, "name").unwrap_or_default()),
    };
    Refusal::bad_search(format!("There is no concept with the {what} '{named}'."))
}

/// Returns whether a value contains all members of the wanted objects and all items of the wanted lists, in any order.
pub(super) fn contains(value: &Value, wanted: &Value) -> bool {
    match (value, wanted) {
        (Value::Object(value), Value::Object(wanted)) => {
            wanted.iter().all(|(key, wanted)| value.get(key).is_some_and(|value| contains(value, wanted)))
        }
        (Value::Array(value), Value::Array(wanted)) => {
            wanted.iter().all(|wanted| value.iter().any(|value| contains(value, wanted)))
        }
        (Value::Number(value), Value::Number(wanted)) => value.as_f64() == wanted.as_f64(),
        (value, wanted) => value == wanted,
    }
}
