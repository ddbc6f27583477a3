//! Lists to their end, waits, and what becomes of many inputs, with the simulator.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::{Cli, Ran, image};
use serde_json::Value;

/// An app that each command finds as the one before has left it.
struct App {
    cli: Cli,
    state: String,
}

impl App {
    fn new() -> Self {
        let cli = Cli::new();
        let state = cli.home.path().join("state.json").to_str().unwrap().to_owned();
        Self { cli, state }
    }

    /// A model and pictures to train it with.
    fn with_model() -> Self {
        let app = Self::new();
        app.run(&["inputs", "create", &image("chelsea.jpg"), "--id", "cat", "--concept", "animal"]).ended(0);
        app.run(&["inputs", "create", &image("rocket.jpg"), "--id", "rocket", "--not-concept", "animal"]).ended(0);
        app.run(&["models", "create", "sorter", "--concept", "animal"]).ended(0);
        app
    }

    /// With notes, since they are of interest here.
    fn run(&self, arguments: &[&str]) -> Ran {
        self.cli.run(&[&["--simulator", "--state", &self.state], arguments].concat())
    }
}

fn strings(lines: &[Value], member: &str) -> Vec<String> {
    lines.iter().map(|line| line[member].as_str().unwrap_or_default().to_owned()).collect()
}

/// Addresses that lead nowhere, which is known when the app has looked.
fn addresses(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("https://example.com/{number}.jpg")).collect()
}

fn with<'a>(arguments: &[&'a str], inputs: &'a [String]) -> Vec<&'a str> {
    arguments.iter().copied().chain(inputs.iter().map(String::as_str)).collect()
}

#[test]
fn lists_are_read_to_their_end_or_so_far() {
    let app = App::new();
    let urls = addresses(250);
    app.run(&with(&["inputs", "create", "-q"], &urls)).ended(0);
    let asked = |arguments: &[&str]| {
        let ran = app.run(&[&["inputs", "list", "--json", "-v"], arguments].concat()).ended(0);
        let (lines, requests) = (ran.lines(), ran.err.matches("GET ").count());
        let mut ids = strings(&lines, "id");
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), lines.len(), "none comes twice");
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
        assert_eq!(asked(arguments), expected, "{arguments:?}");
    }
    for arguments in
        [&["--all", "--page", "2"][..], &["--all", "--limit", "2"], &["--limit", "2", "--page", "1"], &["--limit", "0"]]
    {
        app.run(&[&["inputs", "list"], arguments].concat()).ended(2);
    }
    // Most are no pictures; those that could not be fetched are left out, whatever page they are on.
    app.run(&["inputs", "create", &image("coffee.jpg"), "--id", "coffee"]).ended(0);
    assert_eq!(asked(&["--all", "--without-failed"]), (1, 4));
    let table = app.run(&["inputs", "list", "--all"]).ended(0);
    assert_eq!(table.out.lines().count(), 252, "one line of headings");
    let column = table.out.lines().next().unwrap().find("State").unwrap();
    assert!(
        table.out.lines().skip(1).all(|line| !line[column - 1..].starts_with("  ") && line[..column].ends_with(' '))
    );
    app.run(&["inputs", "list"]).ended(0).says(&[], &["note: there may be more: --page 2, or --all"]);
}

#[test]
fn every_list_can_be_read_to_its_end() {
    let app = App::with_model();
    for (arguments, member, expected) in [
        (&["concepts", "list"][..], "id", Some(&["animal"][..])),
        (&["concepts", "search", "ani*"], "id", Some(&["animal"])),
        (&["search"], "score", None),
        (&["models", "list", "--own"], "id", Some(&["sorter"])),
        (&["models", "list", "--public"], "id", None),
        (&["models", "search", "sort*"], "id", Some(&["sorter"])),
        (&["models", "versions", "sorter"], "id", None),
        (&["workflows", "list", "--public"], "id", Some(&["General"])),
    ] {
        let all = app.run(&[arguments, &["--all", "--json", "--per-page", "1"]].concat()).ended(0).lines();
        assert!(!all.is_empty(), "{arguments:?}");
        if let Some(expected) = expected {
            assert_eq!(strings(&all, member), expected, "{arguments:?}");
        }
        let one = app.run(&[arguments, &["--limit", "1", "--json"]].concat()).ended(0).lines();
        assert_eq!(one[..], all[..1], "{arguments:?}");
    }
    let public = app.run(&["models", "list", "--public", "--all", "--json"]).ended(0).lines();
    assert!(public.len() >= 3 && strings(&public, "id").iter().all(|id| id != "sorter"));
    app.run(&["concepts", "search", "none*", "--all"]).ended(0).says(&["No concepts."], &[]);
}

#[test]
fn a_training_is_waited_for() {
    let app = App::with_model();
    let ran = app.run(&["models", "train", "sorter", "--wait", "--json"]).ended(0);
    let [line] = &ran.lines()[..] else { panic!("{ran:?}") };
    assert_eq!((&line["outcome"], &line["model"]["id"]), (&"trained".into(), &"sorter".into()));
    assert_eq!(line["model_version"]["status"]["code"], 21100);
    assert!(
        ran.err.contains("training sorter: begun\n") && ran.err.contains("training sorter: trained\n"),
        "{}",
        ran.err
    );
    app.run(&["models", "train", "sorter", "--wait", "-q"]).ended(0).says(&["Model is trained and ready"], &[]);
    let version = line["model_version"]["id"].as_str().unwrap();
    let waited = app.run(&["models", "wait", "sorter", "--version", version, "--json"]).ended(0).lines();
    assert_eq!((&waited[0]["outcome"], &waited[0]["model_version"]["id"]), (&"trained".into(), &version.into()));
    app.run(&["models", "wait", "sorter"]).ended(0).says(&["Model is trained and ready"], &[]);

    // Each simulator without a state has the delays of a service, on a clock that jumps.
    let late = Cli::new().run(&["--simulator", "models", "train", "none", "--wait"]).ended(5);
    assert!(!late.err.contains("begun"), "{late:?}");
    app.run(&["models", "create", "blank"]).ended(0);
    let refused = app.run(&["models", "train", "blank", "--wait", "--json"]).ended(5).says(&[], &["no concepts yet"]);
    assert_eq!(refused.out, "", "there was nothing to wait for");
    app.run(&["models", "create", "empty", "--concept", "unseen"]).ended(0);
    let failed = app.run(&["models", "train", "empty", "--wait", "--json"]).ended(1);
    assert_eq!(failed.lines()[0]["outcome"], "failed", "{failed:?}");
    failed.says(&[], &["error: the training of empty failed: 211"]);
    let ran = app.run(&["models", "train", "sorter", "--wait", "--timeout", "0", "--json"]).ended(6);
    assert_eq!(ran.lines()[0]["outcome"], "timed out");
    let version = ran.lines()[0]["model_version"]["id"].as_str().unwrap().to_owned();
    ran.says(&[], &[&format!("wait on with `clarifai models wait sorter --version {version}`")]);
    app.run(&["models", "wait", "sorter", "--version", &version]).ended(0);
    app.run(&["models", "train", "sorter", "--timeout", "5"]).ended(2).says(&[], &["--wait"]);
    let asked = app.run(&["models", "wait", "sorter", "--version", "v", "--dry-run"]).ended(0);
    asked.says(&["GET https://api.clarifai.com/v2/models/sorter/versions/v\n"], &[]);
}

#[test]
fn inputs_are_waited_for() {
    let app = App::new();
    let [coffee, rocket] = ["coffee.jpg", "rocket.jpg"].map(image);
    let ran = app.run(&["inputs", "create", &coffee, &rocket, "--wait", "--json"]).ended(0);
    let lines = ran.lines();
    assert_eq!(strings(&lines, "outcome"), ["created", "created", "processed"]);
    let codes: Vec<_> = lines[2]["inputs"].as_array().unwrap().iter().map(|input| &input["status"]["code"]).collect();
    assert_eq!(codes, [30000, 30000]);
    app.run(&["inputs", "create", &image("brick.jpg"), "--id", "brick", "--wait"])
        .ended(0)
        .says(&["1 of 1 input processed."], &["waiting for 1 input: done after "]);

    let ran = app.run(&["inputs", "create", "https://example.com/none.jpg", "--id", "lost", "--wait"]).ended(1);
    ran.says(&["0 of 1 input processed."], &["error: lost: 30002"]);
    let ran = app.run(&["inputs", "wait", "brick", "nothing", "lost", "--json"]).ended(1);
    let [line] = &ran.lines()[..] else { panic!("{ran:?}") };
    assert_eq!(line["outcome"], "failed");
    assert_eq!((&line["inputs"][0]["id"], &line["inputs"][1]["missing"]), (&"brick".into(), &true.into()));
    ran.says(&[], &["error: nothing: the app has no such input", "error: lost: 30002"]);
    app.run(&["inputs", "wait", "brick", "-q"]).ended(0).says(&["1 of 1 input processed."], &[]);
    let counts = app.run(&["inputs", "wait", "--json"]).ended(0).lines();
    assert_eq!((&counts[0]["outcome"], &counts[0]["counts"]["processed"]), (&"processed".into(), &3.into()));
    app.run(&["inputs", "wait"]).ended(0).says(&["Processed      3", "Failed         1"], &[]);
    app.run(&["inputs", "wait", "a", "--dry-run"]).ended(0).says(&["GET https://api.clarifai.com/v2/inputs/a\n"], &[]);
    let many = (0..30).map(|id| format!("id-{id}")).collect::<Vec<_>>();
    let listed = "GET https://api.clarifai.com/v2/inputs?page=1&per_page=30\n";
    app.run(&with(&["inputs", "wait", "--dry-run"], &many)).ended(0).says(&[listed], &[]);
}

#[test]
fn deletions_are_waited_for() {
    let app = App::with_model();
    app.run(&["inputs", "delete", "cat", "--wait"])
        .ended(0)
        .says(&["The input cat is deleted."], &["deleting cat: done"]);
    app.run(&["inputs", "delete", "cat", "--wait"]).ended(5).says(&[], &["30102"]);
    app.run(&["inputs", "create", &image("brick.jpg"), "--id", "brick"]).ended(0);
    let ran = app.run(&["inputs", "delete", "brick", "rocket", "none", "--wait", "--json"]).ended(0);
    assert_eq!(ran.lines(), [serde_json::json!({"outcome": "deleted", "inputs": ["brick", "rocket", "none"]})]);
    app.run(&["inputs", "create", &image("brick.jpg"), "--id", "brick"]).ended(0);
    let ran = app.run(&["inputs", "delete", "--all", "--yes", "--wait", "--json", "-q"]).ended(0);
    assert_eq!((ran.lines(), ran.err.as_str()), (vec![serde_json::json!({"outcome": "deleted", "inputs": "all"})], ""));
    app.run(&["inputs", "list"]).ended(0).says(&["No inputs."], &[]);

    app.run(&["models", "create", "other"]).ended(0);
    app.run(&["models", "delete", "other", "--wait"]).ended(0).says(&["The model other is deleted."], &[]);
    app.run(&["models", "delete", "--all", "--yes", "--wait"]).ended(0).says(&["All models are deleted."], &[]);
    app.run(&["models", "list", "--own", "--all"]).ended(0).says(&["No models."], &[]);
    app.run(&["models", "delete", "--all", "--wait"]).ended(2).says(&[], &["--yes"]);
}

#[test]
fn each_input_has_an_outcome() {
    let app = App::new();
    let [coffee, rocket] = ["coffee.jpg", "rocket.jpg"].map(image);
    let inputs = [coffee.clone(), rocket, "missing.jpg".to_owned(), coffee.clone(), "http://".to_owned()];
    let ran = app.run(&with(&["inputs", "create", "--content-ids", "--json", "-q"], &inputs)).ended(1);
    let lines = ran.lines();
    assert_eq!(strings(&lines, "source"), inputs);
    assert_eq!(strings(&lines, "outcome"), ["created", "created", "", "already there", "not sent"]);
    assert_eq!(lines[0]["id"].as_str().unwrap().len(), 40, "an id from the content");
    assert_eq!(lines[2]["error"], "there is no such file");
    ran.says(&[], &["error: missing.jpg: there is no such file", "error: http://: url"]);
    // All of it is there, so nothing is amiss.
    let again = app.run(&["inputs", "create", "--content-ids", &coffee]).ended(0);
    again.says(&["was there already"], &[]);
    assert_eq!(app.run(&["inputs", "list", "--json"]).ended(0).lines().len(), 2);
    // The id was chosen for this one, and another has it.
    app.run(&["inputs", "create", &coffee, "--id", "mine"]).ended(0);
    let ran = app.run(&["inputs", "create", &coffee, "--id", "mine", "--json"]).ended(1);
    assert_eq!(
        (&ran.lines()[0]["outcome"], &ran.lines()[0]["status"]["code"]),
        (&"already there".into(), &30100.into())
    );
    app.run(&["inputs", "create", "--content-ids", "--id", "a", &coffee]).ended(2);
}

#[test]
fn progress_is_told_in_lines_where_there_is_no_terminal() {
    let app = App::new();
    let urls = addresses(300);
    let ran = app.run(&with(&["inputs", "create"], &urls)).ended(0);
    assert_eq!(ran.out.lines().count(), 301, "headings once");
    assert!(!ran.err.contains('\u{1b}') && !ran.err.contains('\r'), "{}", ran.err);
    ran.says(&[], &["inputs: begun\n", "inputs: 300 done, 0 failed, of 300\n"]);
    let one = app.run(&["inputs", "create", &image("coffee.jpg")]).ended(0);
    assert!(!one.err.contains("inputs: begun"), "one input is no work to be told of: {one:?}");
    let quiet = app.run(&["inputs", "wait", "-q"]).ended(0);
    assert_eq!(quiet.err, "");
}
