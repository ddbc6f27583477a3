//! What the simulator remembers, for each application on its own.

pub(crate) mod concept;
pub(crate) mod input;
pub(crate) mod inputs;
pub(crate) mod ledger;
pub(crate) mod model;
pub(crate) mod workflow;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::state::concept::Concept;
use crate::state::inputs::Inputs;
use crate::state::ledger::{Entry, fnv};
use crate::state::model::Model;
use crate::state::workflow::Workflow;
use crate::token::Tokens;

/// How long the service takes for what it does after it has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delays {
    /// From an input's arrival to its being processed, or failed.
    pub processing: Duration,
    /// How long a training waits in the queue, once all inputs are processed.
    pub queueing: Duration,
    /// How long the training itself takes.
    pub training: Duration,
    /// From the answer to a deletion to the end of what is deleted.
    pub deleting: Duration,
}

impl Default for Delays {
    fn default() -> Self {
        let second = Duration::from_secs(1);
        Self { processing: second, queueing: second, training: second, deleting: second }
    }
}

/// All of it.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct State {
    ids: u64,
    pub(crate) tokens: Tokens,
    pub(crate) apps: BTreeMap<String, App>,
    pub(crate) ledger: Vec<Entry>,
}

impl State {
    /// A new id of 32 hexadecimal digits.
    pub(crate) fn new_id(&mut self) -> String {
        self.ids += 1;
        // Two rounds of a mixing function, so that ids look like ids and sort like none.
        let mix = |n: u64| {
            let n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            n ^ (n >> 31)
        };
        format!("{:016x}{:016x}", mix(self.ids), mix(!self.ids))
    }

    /// Writes into the ledger: operation, kind and id of what it was done to.
    pub(crate) fn note(
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

/// What belongs to one application.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct App {
    serial: u64,
    pub(crate) concepts: BTreeMap<String, Concept>,
    pub(crate) inputs: Inputs,
    pub(crate) models: BTreeMap<String, Model>,
    pub(crate) workflows: BTreeMap<String, Workflow>,
    /// What was sent as feedback, as it was sent.
    pub(crate) feedback: Vec<Value>,
}

impl App {
    /// The next number in the order of creation, which the clock alone would not tell.
    pub(crate) fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// Lets go of what is deleted by now.
    pub(crate) fn settle(&mut self, now: Duration) {
        let stays = |gone: Option<Duration>| gone.is_none_or(|gone| gone > now);
        self.inputs.settle(now);
        self.models.retain(|_, model| stays(model.gone));
        for model in self.models.values_mut() {
            model.versions.retain(|version| stays(version.gone));
        }
    }

    /// Brings a concept into being unless it is there.
    pub(crate) fn meet(&mut self, id: &str, name: Option<&str>, now: Duration) {
        if !self.concepts.contains_key(id) {
            let serial = self.next_serial();
            self.concepts.insert(id.to_owned(), Concept::new(id, name, serial, now));
        }
    }

    /// The id of the concept with this id, or else with this name.
    pub(crate) fn concept_id(&self, id: Option<&str>, name: Option<&str>) -> Option<String> {
        if let Some(id) = id {
            return self.concepts.contains_key(id).then(|| id.to_owned());
        }
        let name = name?;
        self.concepts.values().find(|concept| concept.name.eq_ignore_ascii_case(name)).map(|concept| concept.id.clone())
    }
}
