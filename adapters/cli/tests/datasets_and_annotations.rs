//! Datasets and annotations of an app.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::{Cli, CliOutput, image};
use serde_json::Value;

/// A new app with the inputs `coffee` and `rocket`, whose state is kept between commands.
struct TestApp {
    cli: Cli,
    state: String,
}

impl TestApp {
    fn new() -> Self {
        let cli = Cli::new();
        let state = cli.home.path().join("state.json").to_str().unwrap().to_owned();
        let app = Self { cli, state };
        for id in ["coffee", "rocket"] {
            app.run(&["inputs", "create", &image(&format!("{id}.jpg")), "--id", id]).expect_code(0);
        }
        app
    }

    fn run(&self, arguments: &[&str]) -> CliOutput {
        self.cli.run(&[&["--simulator", "-q", "--state", &self.state], arguments].concat())
    }

    /// Runs a command with `--json` and returns its output.
    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Vec<Value> {
        self.run(&[arguments, &["--json"]].concat()).expect_code(0).json_lines()
    }
}

#[test]
fn datasets_are_created_filled_and_deleted() {
    let app = TestApp::new();
    app.run(&["datasets", "list"]).expect_code(0).expect_text(&["No datasets."], &[]);
    let created = app.json(&["datasets", "create", "boats", "--description", "Boats", "--metadata", "{\"n\": 1.50}"]);
    assert_eq!((&created[0]["id"], &created[0]["metadata"]["n"]), (&"boats".into(), &1.5.into()));
    app.run(&["datasets", "create", "trains"]).expect_code(0).expect_text(&["ID           trains"], &[]);
    app.run(&["datasets", "create", "boats"]).expect_code(5).expect_text(&[], &["11102"]);
    app.run(&["datasets", "create", "a/b"]).expect_code(2).expect_text(&[], &["datasets[0] id"]);
    app.run(&["datasets", "get", "boats"]).expect_code(0).expect_text(&["Description  Boats"], &[]);
    app.run(&["datasets", "list"]).expect_code(0).expect_text(&["Description", "boats", "trains"], &[]);
    assert_eq!(app.json(&["datasets", "list", "--search", "train"]).len(), 1);

    app.run(&["datasets", "add", "boats", "coffee"]).expect_code(0).expect_text(&["Added", "coffee"], &[]);
    app.run(&["datasets", "add", "boats", "coffee", "rocket", "none"])
        .expect_code(1)
        .expect_text(&["rocket"], &["coffee: 64101", "none: 30102"]);
    assert_eq!(app.json(&["datasets", "inputs", "boats", "--all"]).len(), 2);
    app.run(&["datasets", "remove", "boats", "coffee"]).expect_code(0).expect_text(&["Removed 1 inputs"], &[]);
    assert_eq!(app.json(&["datasets", "inputs", "boats"])[0]["input"]["id"], "rocket");
    app.run(&["datasets", "delete", "boats"]).expect_code(0).expect_text(&["Deleted dataset boats."], &[]);
    app.run(&["datasets", "get", "boats"]).expect_code(5);
    assert_eq!(app.json(&["inputs", "list"]).len(), 2, "the inputs remain");
}

#[test]
fn annotations_are_created_listed_and_deleted() {
    let app = TestApp::new();
    app.run(&["annotations", "list"]).expect_code(0).expect_text(&["No annotations."], &[]);
    app.run(&["annotations", "create", "coffee", "--id", "a1", "--concept", "cup", "--not-concept", "car"])
        .expect_code(0)
        .expect_text(&["ID", "Input", "a1", "coffee", "Annotation success", "cup, not car"], &[]);
    let boxes = ["--box", "0,0.25,0.5,1", "--box", "0.5,0,1,1"];
    let created =
        app.json(&[&["annotations", "create", "rocket", "--id", "a2", "--concept", "engine"], &boxes[..]].concat());
    assert_eq!(created[0]["data"]["regions"].as_array().unwrap().len(), 2);
    assert_eq!(created[0]["data"]["regions"][0]["region_info"]["bounding_box"]["left_col"], 0.25);
    app.run(&["annotations", "list", "--input", "rocket"]).expect_code(0).expect_text(&["2 regions", "engine"], &[]);
    assert_eq!(app.json(&["annotations", "list", "--input", "rocket", "--input", "coffee", "--all"]).len(), 2);

    app.run(&["annotations", "create", "coffee"]).expect_code(2);
    app.run(&["annotations", "create", "coffee", "--concept", "cup", "--box", "0,0,1,2"])
        .expect_code(2)
        .expect_text(&[], &["fractions from 0 to 1"]);
    app.run(&["annotations", "create", "none", "--concept", "cup"]).expect_code(1).expect_text(&[], &["none: 30102"]);

    app.run(&["annotations", "delete", "coffee", "a1"]).expect_code(0).expect_text(&["Deleted annotation a1."], &[]);
    app.run(&["annotations", "delete", "coffee", "a1"]).expect_code(5);
    app.run(&["annotations", "delete", "rocket"]).expect_code(2);
    app.run(&["annotations", "delete", "rocket", "--all"])
        .expect_code(0)
        .expect_text(&["Deleted all annotations"], &[]);
    assert!(app.json(&["annotations", "list"]).is_empty());
    app.run(&["annotations", "delete", "rocket", "x", "y", "--dry-run"])
        .expect_code(0)
        .expect_text(&["DELETE", "/annotations"], &[]);
}
