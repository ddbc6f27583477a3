//! `workflows`: the application's own, and a public one.

use std::collections::BTreeSet;
use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use crate::answer::{Answer, Content, Refusal};
use crate::call::{AppName, Call, Held, text};
use crate::catalog::CATALOG;
use crate::state::workflow::{Node, Workflow};

/// The id of the public workflow: what is in a picture, and in which colours.
const PUBLIC: &str = "General";

/// The public workflow, with its application.
fn public() -> (Workflow, AppName) {
    let node = |id: &str, model: &crate::catalog::Entry| Node {
        id: id.to_owned(),
        model: model.old_id.to_owned(),
        model_version: Some(model.version.to_owned()),
        after: Vec::new(),
        suppress_output: false,
    };
    let workflow = Workflow {
        id: PUBLIC.to_owned(),
        serial: 0,
        created: Duration::from_secs(1_457_543_499),
        modified: Duration::from_secs(1_457_543_499),
        version: "510000000000000000000000000000f1".to_owned(),
        nodes: vec![node("general", &CATALOG[0]), node("color", &CATALOG[1])],
        metadata: json!({}),
    };
    (workflow, AppName { user: "clarifai".to_owned(), app: "main".to_owned() })
}

/// The workflow that is meant, and its JSON: the application's own before the public one.
pub(super) fn find(call: &Call<'_>, id: &str) -> Result<(Workflow, Value), Refusal> {
    let mut held = call.hold();
    let app = held.app();
    let (workflow, name) = match app.workflows.get(id) {
        Some(workflow) => (workflow.clone(), call.app.clone()),
        None if call.public && id == PUBLIC => public(),
        None => return Err(Refusal::no_workflow(id)),
    };
    let json = workflow.json(app, &name);
    Ok((workflow, json))
}

pub(super) fn create(call: &Call<'_>) -> Answer {
    let body = call.json()?;
    let items = call.items(&body, "workflows", Refusal::bad_workflow)?;
    let mut workflows = Vec::with_capacity(items.len());
    let mut held = call.hold();
    for item in items {
        let id = text(item, "id").map_or_else(|| held.new_id(), str::to_owned);
        let twice = workflows.iter().any(|(other, _): &(Workflow, &Value)| other.id == id);
        if twice || held.app().workflows.contains_key(&id) {
            held.note(call.now, "create", "workflow", &id, item, 22100);
            let details = format!("There is a workflow with the ID '{id}' already.");
            return Err(Refusal::new(StatusCode::BAD_REQUEST, 22100, "Duplicate workflow", details));
        }
        let nodes = nodes(call, &mut held, &item["nodes"])?;
        let (version, serial) = (held.new_id(), held.app().next_serial());
        let metadata = if item["metadata"].is_object() { item["metadata"].clone() } else { json!({}) };
        let (created, modified) = (call.now, call.now);
        workflows.push((Workflow { id, serial, created, modified, version, nodes, metadata }, item));
    }
    Ok(keep(call, &mut held, "create", workflows))
}

fn keep(call: &Call<'_>, held: &mut Held<'_>, operation: &str, workflows: Vec<(Workflow, &Value)>) -> Content {
    let mut answers = Vec::with_capacity(workflows.len());
    for (workflow, item) in workflows {
        answers.push(workflow.json(held.app(), &call.app));
        held.note(call.now, operation, "workflow", &workflow.id, item, 0);
        held.app().workflows.insert(workflow.id.clone(), workflow);
    }
    Content::ok(json!({"workflows": answers}))
}

/// Reads nodes: each has an id of its own, a model that exists, and comes after nodes that are there.
fn nodes(call: &Call<'_>, held: &mut Held<'_>, nodes: &Value) -> Result<Vec<Node>, Refusal> {
    let bad_graph = |details: String| Refusal::new(StatusCode::BAD_REQUEST, 22107, "Invalid workflow graph", details);
    let mut known = BTreeSet::new();
    let mut read = Vec::new();
    for node in nodes.as_array().into_iter().flatten() {
        let id = text(node, "id").ok_or_else(|| Refusal::bad_workflow("A node needs an id."))?;
        let model = text(&node["model"], "id").ok_or_else(|| Refusal::bad_workflow("A node needs a model."))?;
        // Public models are named from anywhere.
        if !held.app().models.contains_key(model) && crate::catalog::find(model).is_none() {
            return Err(not_there(call, model));
        }
        let after = node["node_inputs"].as_array().into_iter().flatten();
        let after: Vec<_> = after.filter_map(|input| text(input, "node_id")).map(str::to_owned).collect();
        if let Some(unknown) = after.iter().find(|id| !known.contains(id.as_str())) {
            return Err(bad_graph(format!("The node '{id}' comes after '{unknown}', which does not come before it.")));
        }
        if !known.insert(id) {
            return Err(bad_graph(format!("There are two nodes '{id}'.")));
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

fn not_there(call: &Call<'_>, model: &str) -> Refusal {
    let details = format!("There is no model '{model}' in the app '{}'.", call.app.app);
    Refusal::new(StatusCode::BAD_REQUEST, 22105, "Invalid workflow recipe", details)
}

/// The newest first.
pub(super) fn list(call: &Call<'_>) -> Answer {
    let page = call.page()?;
    let mut held = call.hold();
    let app = held.app();
    let mut workflows: Vec<_> = app.workflows.values().collect();
    workflows.sort_by_key(|workflow| std::cmp::Reverse(workflow.serial));
    let workflows: Vec<_> = page.of(workflows).map(|workflow| workflow.json(app, &call.app)).collect();
    Ok(Content::ok(json!({"workflows": workflows})))
}

pub(super) fn list_public(call: &Call<'_>) -> Answer {
    let (workflow, name) = public();
    let page = call.page()?;
    let json = workflow.json(call.hold().app(), &name);
    let workflows: Vec<_> = page.of([json]).collect();
    Ok(Content::ok(json!({"workflows": workflows})))
}

pub(super) fn get(call: &Call<'_>, id: &str) -> Answer {
    let (_, workflow) = find(call, id)?;
    Ok(Content::ok(json!({"workflow": workflow})))
}

/// Nodes are replaced by `overwrite`; by `merge` those of the same id are, and others are added; `remove` takes away.
pub(super) fn patch(call: &Call<'_>) -> Answer {
    let body = call.json()?;
    let items = call.items(&body, "workflows", Refusal::bad_workflow)?;
    let action = body["action"].as_str().unwrap_or("merge");
    if !["merge", "overwrite", "remove"].contains(&action) {
        return Err(Refusal::bad_workflow(format!("The action '{action}' is none for workflows.")));
    }
    let mut held = call.hold();
    let mut workflows = Vec::with_capacity(items.len());
    for item in items {
        let id = text(item, "id").ok_or_else(|| Refusal::bad_workflow("A workflow needs an id."))?;
        let mut workflow = held.app().workflows.get(id).cloned().ok_or_else(|| Refusal::no_workflow(id))?;
        if item["nodes"].is_array() {
            let named = |node: &Value| {
                item["nodes"].as_array().is_some_and(|list| list.iter().any(|one| one["id"] == node["id"]))
            };
            let kept = workflow.json(held.app(), &call.app)["nodes"].take();
            let kept = kept.as_array().into_iter().flatten().filter(|node| action != "overwrite" && !named(node));
            let mut new: Vec<Value> = kept.cloned().collect();
            if action != "remove" {
                new.extend(item["nodes"].as_array().into_iter().flatten().cloned());
            }
            workflow.nodes = nodes(call, &mut held, &new.into())?;
            workflow.version = held.new_id();
        }
        if item["metadata"].is_object() && action != "remove" {
            workflow.metadata = item["metadata"].clone();
        }
        workflow.modified = call.now;
        workflows.push((workflow, item));
    }
    Ok(keep(call, &mut held, "patch", workflows))
}

pub(super) fn delete(call: &Call<'_>, id: &str) -> Answer {
    let mut held = call.hold();
    held.app().workflows.remove(id).ok_or_else(|| Refusal::no_workflow(id))?;
    held.note(call.now, "delete", "workflow", id, &Value::Null, 0);
    Ok(Content::ok(json!({})))
}

pub(super) fn delete_many(call: &Call<'_>) -> Answer {
    let body = call.json()?;
    let ids = call.ids_to_delete(&body, Refusal::bad_workflow)?;
    let mut held = call.hold();
    let ids = ids.unwrap_or_else(|| held.app().workflows.keys().cloned().collect());
    for id in ids {
        if held.app().workflows.remove(&id).is_some() {
            held.note(call.now, "delete", "workflow", &id, &Value::Null, 0);
        }
    }
    Ok(Content::ok(json!({})))
}
