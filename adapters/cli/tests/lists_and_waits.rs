//! Lists, waits, and the outcomes of many inputs, with the simulator.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::{Cli, CliOutput, image};
use serde_json::Value;

/// A new app whose state is kept between commands.
struct TestApp {
    cli: Cli,
    state: String,
}

impl TestApp {
    fn new() -> Self {
        let cli = Cli::new();
        let state = cli.home.path().join("state.json").to_str().unwrap().to_owned();
        Self { cli, state }
    }

    /// Creates an app with a model and images to train it with.
    fn with_model() -> Self {
        let app = Self::new();
        app.run(&["inputs", "create", &image("chelsea.jpg"), "--id", "cat", "--concept", "animal"]).expect_code(0);
        app.run(&["inputs", "create", &image("rocket.jpg"), "--id", "rocket", "--not-concept", "animal"])
            .expect_code(0);
        app.run(&["models", "create", "sorter", "--concept", "animal"]).expect_code(0);
        app
    }

    /// Runs a command without `--quiet`, because these tests check notes and progress.
    fn run(&self, arguments: &[&str]) -> CliOutput {
        self.cli.run(&[&["--simulator", "--state", &self.state], arguments].concat())
    }
}

fn strings(lines: &[Value], member: &str) -> Vec<String> {
    lines.iter().map(|line| line[member].as_str().unwrap_or_default().to_owned()).collect()
}

/// URLs that cannot be downloaded, which the app detects while it processes them.
fn urls(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("https://example.com/{number}.jpg")).collect()
}

fn with<'a>(arguments: &[&'a str], inputs: &'a [String]) -> Vec<&'a str> {
    arguments.iter().copied().chain(inputs.iter().map(String::as_str)).collect()
}

#[test]
fn lists_are_read_up_to_the_limit() {
    let app = TestApp::new();
    let urls = urls(250);
    app.run(&with(&["inputs", "create", "-q"], &urls)).expect_code(0);
    let count = |arguments: &[&str]| {
        let ran = app.run(&[&["inputs", "list", "--json", "-v"], arguments].concat()).expect_code(0);
        let (lines, requests) = (ran.json_lines(), ran.err.matches("GET ").count());
        let mut ids = strings(&lines, "id");
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), lines.len(), "no item is printed twice");
        assert!(!ran.err.contains("there may be more"), "{}", ran.err);
        (lines.len(), requests)
    };
    for (arguments, expected) in [
        (&["--all"][..], (250, 4)),
        (&["--all", "--per-page", "250"], (250, 2)),
        (&["--limit", "1"], (1, 1)),
        (&["--limit", "100"], (100, 1)),
        (&["--limit", "150"], (150, 2)),
        (&["--limit", "150", "--per-page", "50"], (150, 3)),
        (&["--limit", "999"], (250, 4)),
        (&["--page", "3", "--per-page", "100", "-q"], (50, 1)),
    ] {
        assert_eq!(count(arguments), expected, "{arguments:?}");
    }
    for arguments in
        [&["--all", "--page", "2"][..], &["--all", "--limit", "2"], &["--limit", "2", "--page", "1"], &["--limit", "0"]]
    {
        app.run(&[&["inputs", "list"], arguments].concat()).expect_code(2);
    }
    // Inputs that failed are omitted on all pages.
    app.run(&["inputs", "create", &image("coffee.jpg"), "--id", "coffee"]).expect_code(0);
    assert_eq!(count(&["--all", "--exclude-failed"]), (1, 4));
    let table = app.run(&["inputs", "list", "--all"]).expect_code(0);
    assert_eq!(table.out.lines().count(), 252, "headings once");
    let column = table.out.lines().next().unwrap().find("Status").unwrap();
    assert!(
        table.out.lines().skip(1).all(|line| !line[column - 1..].starts_with("  ") && line[..column].ends_with(' '))
    );
    app.run(&["inputs", "list"])
        .expect_code(0)
        .expect_text(&[], &["hint: there may be more items: pass --page 2 or --all"]);
}

#[test]
fn every_list_command_accepts_all_and_limit() {
    let app = TestApp::with_model();
    for (arguments, member, expected) in [
        (&["concepts", "list"][..], "id", Some(&["animal"][..])),
        // The concept of the app, and the public one of the same name.
        (&["concepts", "search", "ani*"], "id", Some(&["animal", "ai_l9ctuzXO"])),
        (&["search"], "score", None),
        (&["models", "list", "--own"], "id", Some(&["sorter"])),
        (&["models", "list", "--public"], "id", None),
        (&["models", "search", "sort*"], "id", Some(&["sorter"])),
        (&["models", "versions", "sorter"], "id", None),
        (&["workflows", "list", "--public"], "id", Some(&["General", "food-and-general"])),
    ] {
        let all = app.run(&[arguments, &["--all", "--json", "--per-page", "1"]].concat()).expect_code(0).json_lines();
        assert!(!all.is_empty(), "{arguments:?}");
        if let Some(expected) = expected {
            assert_eq!(strings(&all, member), expected, "{arguments:?}");
        }
        let one = app.run(&[arguments, &["--limit", "1", "--json"]].concat()).expect_code(0).json_lines();
        assert_eq!(one[..], all[..1], "{arguments:?}");
    }
    let public = app.run(&["models", "list", "--public", "--all", "--json"]).expect_code(0).json_lines();
    assert!(public.len() >= 3 && strings(&public, "id").iter().all(|id| id != "sorter"));
    app.run(&["concepts", "search", "none*", "--all"]).expect_code(0).expect_text(&["No concepts."], &[]);
}

#[test]
fn waits_for_a_training() {
    let app = TestApp::with_model();
    let ran = app.run(&["models", "train", "sorter", "--wait", "--json"]).expect_code(0);
    let [line] = &ran.json_lines()[..] else { panic!("{ran:?}") };
    assert_eq!((&line["outcome"], &line["model"]["id"]), (&"trained".into(), &"sorter".into()));
    assert_eq!(line["model_version"]["status"]["code"], 21100);
    assert!(
        ran.err.contains("training sorter: started\n") && ran.err.contains("training sorter: trained\n"),
        "{}",
        ran.err
    );
    app.run(&["models", "train", "sorter", "--wait", "-q"])
        .expect_code(0)
        .expect_text(&["Model is trained and ready"], &[]);
    let version = line["model_version"]["id"].as_str().unwrap();
    let waited = app.run(&["models", "wait", "sorter", "--version", version, "--json"]).expect_code(0).json_lines();
    assert_eq!((&waited[0]["outcome"], &waited[0]["model_version"]["id"]), (&"trained".into(), &version.into()));
    app.run(&["models", "wait", "sorter"]).expect_code(0).expect_text(&["Model is trained and ready"], &[]);

    // Without a state file, the simulator has the delays of a service, on a virtual clock.
    let late = Cli::new().run(&["--simulator", "models", "train", "none", "--wait"]).expect_code(5);
    assert!(!late.err.contains("started"), "{late:?}");
    app.run(&["models", "create", "blank"]).expect_code(0);
    let refused = app
        .run(&["models", "train", "blank", "--wait", "--json"])
        .expect_code(5)
        .expect_text(&[], &["no concepts yet"]);
    assert_eq!(refused.out, "", "there was nothing to wait for");
    app.run(&["models", "create", "empty", "--concept", "unseen"]).expect_code(0);
    let failed = app.run(&["models", "train", "empty", "--wait", "--json"]).expect_code(1);
    assert_eq!(failed.json_lines()[0]["outcome"], "failed", "{failed:?}");
    failed.expect_text(&[], &["error: training of empty failed: 211"]);
    let ran = app.run(&["models", "train", "sorter", "--wait", "--timeout", "0", "--json"]).expect_code(6);
    assert_eq!(ran.json_lines()[0]["outcome"], "timed out");
    let version = ran.json_lines()[0]["model_version"]["id"].as_str().unwrap().to_owned();
    ran.expect_text(
        &[],
        &[
            "error: timed out while waiting",
            &format!("wait for it with `clarifai models wait sorter --version {version}`"),
        ],
    );
    app.run(&["models", "wait", "sorter", "--version", &version]).expect_code(0);
    // Without --wait the time limit is that of the command.
    app.run(&["models", "train", "sorter", "--timeout", "5"]).expect_code(0);
    app.run(&["models", "train", "sorter", "--timeout", "0"])
        .expect_code(2)
        .expect_text(&[], &["a command that waits"]);
    let dry_run = app.run(&["models", "wait", "sorter", "--version", "v", "--dry-run"]).expect_code(0);
    dry_run.expect_text(&["GET https://api.clarifai.com/v2/models/sorter/versions/v\n"], &[]);
}

#[test]
fn waits_for_inputs() {
    let app = TestApp::new();
    let [coffee, rocket] = ["coffee.jpg", "rocket.jpg"].map(image);
    let ran = app.run(&["inputs", "create", &coffee, &rocket, "--wait", "--json"]).expect_code(0);
    let lines = ran.json_lines();
    assert_eq!(strings(&lines, "outcome"), ["created", "created", "processed"]);
    let codes: Vec<_> = lines[2]["inputs"].as_array().unwrap().iter().map(|input| &input["status"]["code"]).collect();
    assert_eq!(codes, [30000, 30000]);
    app.run(&["inputs", "create", &image("brick.jpg"), "--id", "brick", "--wait"])
        .expect_code(0)
        .expect_text(&["1 of 1 input processed."], &["waiting for 1 input: done after "]);

    let ran = app.run(&["inputs", "create", "https://example.com/none.jpg", "--id", "lost", "--wait"]).expect_code(1);
    ran.expect_text(&["0 of 1 input processed."], &["error: lost: 30002"]);
    let ran = app.run(&["inputs", "wait", "brick", "nothing", "lost", "--json"]).expect_code(1);
    let [line] = &ran.json_lines()[..] else { panic!("{ran:?}") };
    assert_eq!(line["outcome"], "failed");
    assert_eq!((&line["inputs"][0]["id"], &line["inputs"][1]["missing"]), (&"brick".into(), &true.into()));
    ran.expect_text(&[], &["error: nothing: no such input in the app", "error: lost: 30002"]);
    app.run(&["inputs", "wait", "brick", "-q"]).expect_code(0).expect_text(&["1 of 1 input processed."], &[]);
    let counts = app.run(&["inputs", "wait", "--json"]).expect_code(0).json_lines();
    assert_eq!((&counts[0]["outcome"], &counts[0]["counts"]["processed"]), (&"processed".into(), &3.into()));
    app.run(&["inputs", "wait"]).expect_code(0).expect_text(&["Processed       3", "Failed          1"], &[]);
    app.run(&["inputs", "wait", "a", "--dry-run"])
        .expect_code(0)
        .expect_text(&["GET https://api.clarifai.com/v2/inputs/a\n"], &[]);
    let many = (0..30).map(|id| format!("id-{id}")).collect::<Vec<_>>();
    let listed = "GET https://api.clarifai.com/v2/inputs?page=1&per_page=30\n";
    app.run(&with(&["inputs", "wait", "--dry-run"], &many)).expect_code(0).expect_text(&[listed], &[]);
}

#[test]
fn waits_for_deletions() {
    let app = TestApp::with_model();
    app.run(&["inputs", "delete", "cat", "--wait"])
        .expect_code(0)
        .expect_text(&["Deleted input cat."], &["deleting input cat: done"]);
    app.run(&["inputs", "delete", "cat", "--wait"]).expect_code(5).expect_text(&[], &["30102"]);
    app.run(&["inputs", "create", &image("brick.jpg"), "--id", "brick"]).expect_code(0);
    let ran = app.run(&["inputs", "delete", "brick", "rocket", "none", "--wait", "--json"]).expect_code(0);
    assert_eq!(ran.json_lines(), [serde_json::json!({"outcome": "deleted", "inputs": ["brick", "rocket", "none"]})]);
    app.run(&["inputs", "create", &image("brick.jpg"), "--id", "brick"]).expect_code(0);
    let ran = app.run(&["inputs", "delete", "--all", "--yes", "--wait", "--json", "-q"]).expect_code(0);
    assert_eq!(
        (ran.json_lines(), ran.err.as_str()),
        (vec![serde_json::json!({"outcome": "deleted", "inputs": "all"})], "")
    );
    app.run(&["inputs", "list"]).expect_code(0).expect_text(&["No inputs."], &[]);

    app.run(&["models", "create", "other"]).expect_code(0);
    app.run(&["models", "delete", "other", "--wait"]).expect_code(0).expect_text(&["Deleted model other."], &[]);
    app.run(&["models", "delete", "--all", "--yes", "--wait"])
        .expect_code(0)
        .expect_text(&["Deleted all models."], &[]);
    app.run(&["models", "list", "--own", "--all"]).expect_code(0).expect_text(&["No models."], &[]);
    app.run(&["models", "delete", "--all", "--wait"]).expect_code(2).expect_text(&[], &["--yes"]);
}

#[test]
fn every_input_has_an_outcome() {
    let app = TestApp::new();
    let [coffee, rocket] = ["coffee.jpg", "rocket.jpg"].map(image);
    let inputs = [coffee.clone(), rocket, "missing.jpg".to_owned(), coffee.clone(), "http://".to_owned()];
    let ran = app.run(&with(&["inputs", "create", "--content-ids", "--json", "-q"], &inputs)).expect_code(1);
    let lines = ran.json_lines();
    assert_eq!(strings(&lines, "source"), inputs);
    assert_eq!(strings(&lines, "outcome"), ["created", "created", "", "already there", "not sent"]);
    assert_eq!(lines[0]["id"].as_str().unwrap().len(), 40, "an id from the content");
    assert_eq!(lines[2]["error"], "no such file");
    ran.expect_text(&[], &["error: missing.jpg: no such file", "error: http://: url"]);
    // Uploading a stored file again is not an error.
    let again = app.run(&["inputs", "create", "--content-ids", &coffee]).expect_code(0);
    again.expect_text(&["already exists"], &[]);
    assert_eq!(app.run(&["inputs", "list", "--json"]).expect_code(0).json_lines().len(), 2);
    // Another input has the chosen ID.
    app.run(&["inputs", "create", &coffee, "--id", "mine"]).expect_code(0);
    let ran = app.run(&["inputs", "create", &coffee, "--id", "mine", "--json"]).expect_code(1);
    assert_eq!(
        (&ran.json_lines()[0]["outcome"], &ran.json_lines()[0]["status"]["code"]),
        (&"already there".into(), &30100.into())
    );
    app.run(&["inputs", "create", "--content-ids", "--id", "a", &coffee]).expect_code(2);
}

#[test]
fn progress_is_printed_as_lines_without_a_terminal() {
    let app = TestApp::new();
    let urls = urls(300);
    let ran = app.run(&with(&["inputs", "create"], &urls)).expect_code(0);
    assert_eq!(ran.out.lines().count(), 301, "headings once");
    assert!(!ran.err.contains('\u{1b}') && !ran.err.contains('\r'), "{}", ran.err);
    ran.expect_text(&[], &["inputs: started\n", "inputs: 300 done, 0 failed, of 300\n"]);
    let one = app.run(&["inputs", "create", &image("coffee.jpg")]).expect_code(0);
    assert!(!one.err.contains("inputs: started"), "small jobs have no progress: {one:?}");
    let quiet = app.run(&["inputs", "wait", "-q"]).expect_code(0);
    assert_eq!(quiet.err, "");
}
