//! `workflows`: those of the application and the public ones.

use std::collections::BTreeSet;
use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use crate::call::{Call, text};
use crate::public_models;
use crate::recognition::Recognition;
use crate::response::{Content, Refusal, RouteResult};
use crate::state::app_name::AppName;
use crate::state::workflow::{Node, Workflow};
use crate::world::LockedApp;

/// A public workflow: its id, the id of its version, and its nodes with the legacy ids of their models.
type PublicWorkflow = (&'static str, &'static str, [(&'static str, &'static str); 2]);

const GENERAL: &str = "aaa03c23b3724a16a56b629203edc62c";
const COLOR: &str = "eeed0b6733a644cea07cf4c60f87ebb7";
const FOOD: &str = "bd367be194cf45149e75f01d59f77ba7";

const PUBLIC: [PublicWorkflow; 2] = [
    ("General", "510000000000000000000000000000f1", [("general", GENERAL), ("color", COLOR)]),
    ("food-and-general", "510000000000000000000000000000f2", [("food", FOOD), ("general", GENERAL)]),
];

/// Returns the public workflows whose models exist.
fn public(recognition: Recognition) -> Vec<Workflow> {
    let node = |(id, model): (&str, &str)| {
        let model = public_models::find(model, recognition)?;
        Some(Node {
            id: id.to_owned(),
            model: model.old_id.to_owned(),
            model_version: Some(model.version(recognition).to_owned()),
            after: Vec::new(),
            suppress_output: false,
        })
    };
    let workflow = |(id, version, nodes): PublicWorkflow| {
        Some(Workflow {
            id: id.to_owned(),
            serial: 0,
            created: Duration::from_secs(1_457_543_499),
            modified: Duration::from_secs(1_457_543_499),
            version: version.to_owned(),
            nodes: nodes.into_iter().map(node).collect::<Option<_>>()?,
            metadata: json!({}),
        })
    };
    PUBLIC.into_iter().filter_map(workflow).collect()
}

/// Returns the application of the public workflows.
fn public_app() -> AppName {
    AppName { user: "clarifai".to_owned(), app: "main".to_owned() }
}

/// Finds a workflow, first in the application and then the public one, and returns it with its JSON.
pub(super) fn find(call: &Call<'_>, id: &str) -> Result<(Workflow, Value), Refusal> {
    let mut locked = call.lock();
    let app = locked.app();
    let (workflow, name) = if let Some(workflow) = app.workflows.get(id) {
        (workflow.clone(), call.app.clone())
    } else {
        let mut visible = public(call.recognition()).into_iter().filter(|_| call.public);
        (visible.find(|workflow| workflow.id == id).ok_or_else(|| Refusal::no_workflow(id))?, public_app())
    };
    let json = workflow.json(&app.models, &name, call.recognition());
    Ok((workflow, json))
}

pub(super) fn create(call: &Call<'_>) -> RouteResult {
    let body = call.json()?;
    let items = call.items(&body, "workflows", Refusal::bad_workflow)?;
    let mut workflows = Vec::with_capacity(items.len());
    let mut locked = call.lock();
    for item in items {
        let id = text(item, "id").map_or_else(|| locked.new_id(), str::to_owned);
        let twice = workflows.iter().any(|(other, _): &(Workflow, &Value)| other.id == id);
        if twice || locked.app().workflows.contains_key(&id) {
            locked.record(call.now, "create", "workflow", &id, item, 22100);
            let details = format!("A workflow with the ID '{id}' already exists.");
            return Err(Refusal::new(StatusCode::BAD_REQUEST, 22100, "Duplicate workflow", details));
        }
        let nodes = nodes(call, &mut locked, &item["nodes"])?;
        let (version, serial) = (locked.new_id(), locked.app().next_serial());
        let metadata = if item["metadata"].is_object() { item["metadata"].clone() } else { json!({}) };
        let (created, modified) = (call.now, call.now);
        workflows.push((Workflow { id, serial, created, modified, version, nodes, metadata }, item));
    }
    Ok(store(call, &mut locked, "create", workflows))
}

fn store(call: &Call<'_>, locked: &mut LockedApp<'_>, operation: &str, workflows: Vec<(Workflow, &Value)>) -> Content {
    let mut results = Vec::with_capacity(workflows.len());
    for (workflow, item) in workflows {
        results.push(workflow.json(&locked.app().models, &call.app, call.recognition()));
        locked.record(call.now, operation, "workflow", &workflow.id, item, 0);
        locked.app().workflows.insert(workflow.id.clone(), workflow);
    }
    Content::ok(json!({"workflows": results}))
}

/// Reads nodes. Each needs a unique id, an existing model, and inputs only from nodes before it.
fn nodes(call: &Call<'_>, locked: &mut LockedApp<'_>, nodes: &Value) -> Result<Vec<Node>, Refusal> {
    let bad_graph = |details: String| Refusal::new(StatusCode::BAD_REQUEST, 22107, "Invalid workflow graph", details);
    let mut known = BTreeSet::new();
    let mut read = Vec::new();
    for node in nodes.as_array().into_iter().flatten() {
        let id = text(node, "id").ok_or_else(|| Refusal::bad_workflow("A node needs an id."))?;
        let model = text(&node["model"], "id").ok_or_else(|| Refusal::bad_workflow("A node needs a model."))?;
        // Public models can be used in every application.
        if !locked.app().models.contains_key(model) && public_models::find(model, call.recognition()).is_none() {
            return Err(unknown_model(call, model));
        }
        let after = node["node_inputs"].as_array().into_iter().flatten();
        let after: Vec<_> = after.filter_map(|input| text(input, "node_id")).map(str::to_owned).collect();
        if let Some(unknown) = after.iter().find(|id| !known.contains(id.as_str())) {
            return Err(bad_graph(format!(
                "The node '{id}' takes its input from '{unknown}', which is not a node before it."
            )));
        }
        if !known.insert(id) {
            return Err(bad_graph(format!("There are two nodes with the ID '{id}'.")));
        }
        read.push(Node {
            id: id.to_owned(),
            model: model.to_owned(),
            model_version: text(&node["model"]["model_version"], "id").map(str::to_owned),
            after,
            suppress_output: node["suppress_output"] == true,
        });
    }
    if read.is_empty() { Err(Refusal::bad_workflow("A workflow needs a node.")) } else { Ok(read) }
}

fn unknown_model(call: &Call<'_>, model: &str) -> Refusal {
    let details = format!("There is no model '{model}' in the app '{}'.", call.app.app);
    Refusal::new(StatusCode::BAD_REQUEST, 22105, "Invalid workflow recipe", details)
}

/// Newest first. The application `main` of the user `clarifai` has the public workflows.
pub(super) fn list(call: &Call<'_>) -> RouteResult {
    if call.app == public_app() {
        return list_public(call);
    }
    let page = call.page()?;
    let mut locked = call.lock();
    let app = locked.app();
    let mut workflows: Vec<_> = app.workflows.values().collect();
    workflows.sort_by_key(|workflow| std::cmp::Reverse(workflow.serial));
    let workflows: Vec<_> =
        page.of(workflows).map(|workflow| workflow.json(&app.models, &call.app, call.recognition())).collect();
    Ok(Content::ok(json!({"workflows": workflows})))
}

pub(super) fn list_public(call: &Call<'_>) -> RouteResult {
    let page = call.page()?;
    let mut locked = call.lock();
    let models = &locked.app().models;
    let json = |workflow: &Workflow| workflow.json(models, &public_app(), call.recognition());
    let workflows: Vec<_> = page.of(public(call.recognition()).iter().map(json)).collect();
    Ok(Content::ok(json!({"workflows": workflows})))
}

pub(super) fn get(call: &Call<'_>, id: &str) -> RouteResult {
    let (_, workflow) = find(call, id)?;
    Ok(Content::ok(json!({"workflow": workflow})))
}

/// `overwrite` replaces all nodes; `merge` replaces nodes with the same id and adds the others; `remove` removes nodes.
pub(super) fn patch(call: &Call<'_>) -> RouteResult {
    let body = call.json()?;
    let items = call.items(&body, "workflows", Refusal::bad_workflow)?;
    let action = body["action"].as_str().unwrap_or("merge");
    if !["merge", "overwrite", "remove"].contains(&action) {
        return Err(Refusal::bad_workflow(format!("'{action}' is not a valid action for workflows.")));
    }
    let mut locked = call.lock();
    let mut workflows = Vec::with_capacity(items.len());
    for item in items {
        let id = text(item, "id").ok_or_else(|| Refusal::bad_workflow("A workflow needs an id."))?;
        let mut workflow = locked.app().workflows.get(id).cloned().ok_or_else(|| Refusal::no_workflow(id))?;
        if item["nodes"].is_array() {
            let named = |node: &Value| {
                item["nodes"].as_array().is_some_and(|list| list.iter().any(|one| one["id"] == node["id"]))
            };
            let kept = workflow.json(&locked.app().models, &call.app, call.recognition())["nodes"].take();
            let kept = kept.as_array().into_iter().flatten().filter(|node| action != "overwrite" && !named(node));
            let mut new: Vec<Value> = kept.cloned().collect();
            if action != "remove" {
                new.extend(item["nodes"].as_array().into_iter().flatten().cloned());
            }
            workflow.nodes = nodes(call, &mut locked, &new.into())?;
            workflow.version = locked.new_id();
        }
        if item["metadata"].is_object() && action != "remove" {
            workflow.metadata = item["metadata"].clone();
        }
        workflow.modified = call.now;
        workflows.push((workflow, item));
    }
    Ok(store(call, &mut locked, "patch", workflows))
}

pub(super) fn delete(call: &Call<'_>, id: &str) -> RouteResult {
    let mut locked = call.lock();
    locked.app().workflows.remove(id).ok_or_else(|| Refusal::no_workflow(id))?;
    locked.record(call.now, "delete", "workflow", id, &Value::Null, 0);
    Ok(Content::ok(json!({})))
}

pub(super) fn delete_many(call: &Call<'_>) -> RouteResult {
    let body = call.json()?;
    let ids = call.ids_to_delete(&body, Refusal::bad_workflow)?;
    let mut locked = call.lock();
    let ids = ids.unwrap_or_else(|| locked.app().workflows.keys().cloned().collect());
    for id in ids {
        if locked.app().workflows.remove(&id).is_some() {
            locked.record(call.now, "delete", "workflow", &id, &Value::Null, 0);
        }
    }
    Ok(Content::ok(json!({})))
}
