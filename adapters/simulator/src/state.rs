//! The state of the simulated service, separate for each application.

pub(crate) mod add_job;
pub(crate) mod annotation;
pub(crate) mod app_facts;
pub(crate) mod app_name;
pub(crate) mod concept;
pub(crate) mod dataset;
pub(crate) mod input;
pub(crate) mod inputs;
pub(crate) mod ledger;
pub(crate) mod model;
pub(crate) mod workflow;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::access_tokens::AccessTokens;
use crate::state::add_job::AddJob;
use crate::state::annotation::Annotation;
use crate::state::app_facts::AppFacts;
use crate::state::concept::Concept;
use crate::state::dataset::Dataset;
use crate::state::inputs::Inputs;
use crate::state::ledger::{Entry, fnv};
use crate::state::model::Model;
use crate::state::workflow::Workflow;

/// The whole state. [`Simulator::save`](crate::Simulator::save) writes it as JSON with these member names.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct State {
    /// Number of ids that have been given out.
    ids: u64,
    pub(crate) tokens: AccessTokens,
    /// By [`AppName::key`](app_name::AppName::key).
    pub(crate) apps: BTreeMap<String, Config>,
    pub(crate) ledger: Vec<Entry>,
}

impl State {
    /// Returns a new id of 32 hexadecimal digits.
    pub(crate) fn new_id(&mut self) -> String {
        self.ids += 1;
        // Two rounds of a mixing function: ids look random, so that no test can rely on their order.
        let mix = |n: u64| {
            let n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            n ^ (n >> 31)
        };
        format!("{:016x}{:016x}", mix(self.ids), mix(!self.ids))
    }

    /// Appends to the ledger: the operation, and the kind and id of its resource.
    pub(crate) fn record(
        &mut self,
        at: Duration,
        app: String,
        [operation, kind, id]: [&str; 3],
        content: &Value,
        refused: u32,
    ) {
        let content = content.to_string();
        self.ledger.push(Entry {
            at,
            app,
            operation: operation.to_owned(),
            kind: kind.to_owned(),
            id: id.to_owned(),
            content: format!("{:x}-{:016x}", content.len(), fnv(content.as_bytes())),
            refused: (refused != 0).then_some(refused),
        });
    }
}

/// The resources of one application.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Config {
    serial: u64,
    /// Present if the application was created, and not only used.
    pub(crate) facts: Option<AppFacts>,
    pub(crate) concepts: BTreeMap<String, Concept>,
    pub(crate) inputs: Inputs,
    /// By the id of their input, oldest first. The labels of the input itself are part of the input.
    pub(crate) annotations: BTreeMap<String, Vec<Annotation>>,
    pub(crate) datasets: BTreeMap<String, Dataset>,
    pub(crate) add_jobs: BTreeMap<String, AddJob>,
    pub(crate) models: BTreeMap<String, Model>,
    pub(crate) workflows: BTreeMap<String, Workflow>,
    /// Bodies of the feedback calls, as sent.
    pub(crate) feedback: Vec<Value>,
}

impl Config {
    /// Returns the next serial number. It gives the order of creation, which equal times do not.
    pub(crate) fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// Removes everything whose deletion is due.
    pub(crate) fn remove_expired(&mut self, now: Duration) {
        let stays = |gone: Option<Duration>| gone.is_none_or(|gone| gone > now);
        if self.inputs.remove_expired(now) {
            let inputs = &self.inputs;
            self.annotations.retain(|input, _| inputs.contains(input));
            for dataset in self.datasets.values_mut() {
                dataset.inputs.retain(|(input, _)| inputs.contains(input));
            }
        }
        self.models.retain(|_, model| stays(model.gone));
        for model in self.models.values_mut() {
            model.versions.retain(|version| stays(version.gone));
        }
    }

    /// Creates a concept unless it exists.
    pub(crate) fn ensure_concept(&mut self, id: &str, name: Option<&str>, now: Duration) {
        if !self.concepts.contains_key(id) {
            let serial = self.next_serial();
            self.concepts.insert(id.to_owned(), Concept::new(id, name, serial, now));
        }
    }

    /// Returns the id of the concept with this id or, without an id, with this name.
    pub(crate) fn concept_id(&self, id: Option<&str>, name: Option<&str>) -> Option<String> {
        if let Some(id) = id {
            return self.concepts.contains_key(id).then(|| id.to_owned());
        }
        let name = name?;
        self.concepts.values().find(|concept| concept.name.eq_ignore_ascii_case(name)).map(|concept| concept.id.clone())
    }
}
