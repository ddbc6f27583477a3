//! Apps, the user of the credentials, storing a token, and web addresses in the place of IDs.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::fs;

use clarifai_simulator::{Server, Simulator};
use common::{Cli, CliOutput, image};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

fn server() -> Server {
    Server::start(Simulator::new(), "127.0.0.1:0").unwrap()
}

fn login(cli: &Cli, url: &str, input: &str) -> CliOutput {
    cli.run_with(&["login", "--base-url", url], input.as_bytes())
}

#[test]
fn login_checks_and_stores_a_token() {
    let (cli, server) = (Cli::new(), server());
    let output = login(&cli, &server.url(), &format!("{TOKEN}\n")).expect_code(0);
    let user = output.out.strip_prefix("Logged in as ").unwrap().trim().trim_end_matches('.').to_owned();
    assert!(!output.out.contains(TOKEN) && !output.err.contains(TOKEN), "{output:?}");
    let stored = fs::read_to_string(cli.config_path()).unwrap();
    assert!(stored.contains(&format!("CLARIFAI_PAT = {TOKEN}")), "{stored}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(cli.config_path()).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let whoami = cli.run(&["whoami", "--base-url", &server.url()]).expect_code(0);
    assert!(whoami.out.contains(&user), "{whoami:?}");
    let json = cli.run(&["whoami", "--json", "--base-url", &server.url()]).expect_code(0).json_lines();
    assert_eq!(json[0]["id"], user.as_str());
}

#[test]
fn a_token_that_is_refused_is_not_stored() {
    let server = Server::start(Simulator::new().with_rejected_keys([TOKEN]), "127.0.0.1:0").unwrap();
    let cli = Cli::new();
    login(&cli, &server.url(), TOKEN).expect_code(3).expect_text(&[], &["11009"]);
    for input in ["", "two words", "tok\u{e9}n"] {
        login(&cli, &server.url(), input).expect_code(2);
    }
    assert!(!cli.config_path().exists());
    cli.run_with(&["--simulator", "login"], TOKEN.as_bytes()).expect_code(2);
}

#[test]
fn apps_are_created_used_changed_and_deleted() {
    let cli = Cli::new();
    let state = cli.home.path().join("state.json").to_str().unwrap().to_owned();
    let run = |arguments: &[&str]| cli.run(&[&["--simulator", "-q", "--state", &state], arguments].concat());
    run(&["apps", "list"]).expect_code(0).expect_text(&["No apps."], &[]);
    run(&["apps", "create", "boats", "--description", "Boats", "--workflow", "Universal"])
        .expect_code(0)
        .expect_text(&["Description  Boats", "Workflow     Universal"], &[]);
    run(&["apps", "create", "boats"]).expect_code(5).expect_text(&[], &["11102"]);
    run(&["apps", "create", "a/b"]).expect_code(2).expect_text(&[], &["apps[0] app id"]);
    run(&["inputs", "create", &image("coffee.jpg"), "--app", "boats"]).expect_code(0);
    run(&["apps", "patch", "boats", "--description", "Ships"]).expect_code(0).expect_text(&["Ships"], &[]);
    run(&["apps", "patch", "boats"]).expect_code(2).expect_text(&[], &["changes nothing"]);
    run(&["apps", "list"]).expect_code(0).expect_text(&["boats", "Ships"], &[]);
    run(&["apps", "delete", "boats"]).expect_code(2).expect_text(&[], &["--yes"]);
    run(&["apps", "delete", "boats", "--yes"]).expect_code(0).expect_text(&["Deleted app boats."], &[]);
    run(&["apps", "get", "boats"]).expect_code(5);
}

#[test]
fn web_addresses_stand_for_models_and_workflows() {
    let cli = Cli::new();
    let predict = |address: &str| cli.run(&["--simulator", "predict", &image("coffee.jpg"), "--model", address]);
    predict("https://clarifai.com/clarifai/main/models/general-image-recognition")
        .expect_code(0)
        .expect_text(&["espresso"], &[]);
    for (address, problem) in [
        ("https://example.com/clarifai/main/models/general-image-recognition", "not of the site"),
        ("https://clarifai.com/clarifai/main/workflows/General", "of a workflow, not of a model"),
        ("https://clarifai.com/clarifai", "must have the form"),
    ] {
        predict(address).expect_code(2).expect_text(&[], &[problem]);
    }
    let workflow = |address: &str| cli.run(&["--simulator", "workflows", "predict", address, &image("coffee.jpg")]);
    workflow("https://clarifai.com/clarifai/main/workflows/General").expect_code(0).expect_text(&["espresso"], &[]);
    workflow("https://clarifai.com/clarifai/main/models/x").expect_code(2);
    let get = ["--simulator", "--dry-run", "workflows", "get", "https://clarifai.com/flora/garden/workflows/w"];
    cli.run(&get).expect_code(0).expect_text(&["/v2/users/flora/apps/garden/workflows/w"], &[]);
}
