//! Which credentials are used if there are several, and the warning about the others.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::Cli;

/// The settings that `clarifai config show` prints as credentials, and the warnings.
fn used_and_warnings(cli: &Cli, options: &[&str]) -> (Vec<String>, String) {
    let output = cli.run(&[options, &["config", "show", "--json"]].concat()).expect_code(0);
    let is_credential = |name: &str| ["pat", "key", "app-id", "app-secret"].contains(&name);
    let used = output
        .json_lines()
        .iter()
        .filter(|line| is_credential(line["name"].as_str().unwrap()))
        .map(|line| format!("{} {}", line["name"].as_str().unwrap(), line["source"].as_str().unwrap()))
        .collect();
    assert!(!output.err.contains("sentinel") && !output.out.contains("sentinel"), "{output:?}");
    (used, output.err)
}

#[test]
fn option_overrides_environment_with_a_warning() {
    let cli = Cli::new().env("CLARIFAI_PAT", "sentinel-1");
    let (used, warnings) = used_and_warnings(&cli, &["--pat", "sentinel-2"]);
    assert_eq!(used, ["pat flag"]);
    assert_eq!(warnings, "warning: multiple credentials found: using --pat, ignoring CLARIFAI_PAT\n");
    // The position of the option does not matter.
    let output = cli.run(&["config", "show", "--pat", "sentinel-2"]).expect_code(0);
    output.expect_text(&["flag"], &["using --pat, ignoring CLARIFAI_PAT\n"]);
    let (used, warnings) = used_and_warnings(&cli, &["--key", "sentinel-2"]);
    assert_eq!(used, ["key flag"]);
    assert_eq!(warnings, "warning: multiple credentials found: using --key, ignoring CLARIFAI_PAT\n");
}

#[test]
fn personal_access_token_comes_before_key_and_app_secret() {
    let cli = Cli::new()
        .env("CLARIFAI_API_KEY", "sentinel-1")
        .env("CLARIFAI_PAT", "sentinel-2")
        .env("CLARIFAI_APP_ID", "id")
        .env("CLARIFAI_APP_SECRET", "sentinel-3");
    let (used, warnings) = used_and_warnings(&cli, &[]);
    assert_eq!(used, ["pat env CLARIFAI_PAT"]);
    assert_eq!(
        warnings,
        "warning: multiple credentials found: using CLARIFAI_PAT, ignoring CLARIFAI_API_KEY and CLARIFAI_APP_ID and \
         CLARIFAI_APP_SECRET\n"
    );
    let cli = Cli::new()
        .env("CLARIFAI_API_KEY", "sentinel-1")
        .env("CLARIFAI_APP_ID", "id")
        .env("CLARIFAI_APP_SECRET", "sentinel-3");
    assert_eq!(used_and_warnings(&cli, &[]).0, ["key env CLARIFAI_API_KEY"]);
}

#[test]
fn environment_overrides_file_with_a_warning() {
    let cli = Cli::new().env("CLARIFAI_API_KEY", "sentinel-1");
    cli.write_config("[clarifai]\nCLARIFAI_PAT = sentinel-2\n");
    let (used, warnings) = used_and_warnings(&cli, &[]);
    assert_eq!(used, ["key env CLARIFAI_API_KEY"]);
    let path = cli.config_path();
    assert_eq!(
        warnings,
        format!(
            "warning: multiple credentials found: using CLARIFAI_API_KEY, ignoring CLARIFAI_PAT in {}\n",
            path.display()
        )
    );
}

#[test]
fn equal_incomplete_and_empty_credentials_cause_no_warning() {
    let cli = Cli::new().env("CLARIFAI_PAT", "sentinel-1").env("CLARIFAI_API_KEY", " ").env("CLARIFAI_APP_ID", "id");
    cli.write_config("[clarifai]\nCLARIFAI_PAT = sentinel-1\n");
    let (used, warnings) = used_and_warnings(&cli, &[]);
    assert_eq!((used, warnings.as_str()), (vec!["pat env CLARIFAI_PAT".to_owned()], ""));
}

#[test]
fn warning_is_printed_by_calls_and_suppressed_by_quiet_and_simulator() {
    let cli = Cli::new().env("CLARIFAI_PAT", "sentinel-1").env("CLARIFAI_API_KEY", "sentinel-2");
    let warning = "warning: multiple credentials found: using CLARIFAI_PAT, ignoring CLARIFAI_API_KEY\n";
    assert_eq!(cli.run(&["models", "list", "--dry-run"]).expect_code(0).err, warning);
    assert_eq!(cli.run(&["models", "list", "--dry-run", "--quiet"]).expect_code(0).err, "");
    assert_eq!(cli.run(&["models", "list", "--simulator", "--dry-run"]).expect_code(0).err, "");
}

#[test]
fn app_secret_may_come_from_the_environment() {
    let cli = Cli::new().env("CLARIFAI_APP_SECRET", "sentinel-1");
    let (used, warnings) = used_and_warnings(&cli, &["--app-id", "id"]);
    assert_eq!(used, ["app-id flag", "app-secret env CLARIFAI_APP_SECRET"]);
    assert_eq!(warnings, "");
    let output = cli.run(&["--app-id", "id", "models", "list", "--dry-run"]).expect_code(0);
    output.expect_text(&["authorization: Bearer ***"], &[]);
    let missing = Cli::new().run(&["--app-id", "id", "models", "list"]).expect_code(2);
    missing.expect_text(&[], &["error: --app-id and --app-secret must be given together"]);
}

#[test]
fn help_and_usage_errors_do_not_contain_values() {
    let cli = Cli::new()
        .env("CLARIFAI_PAT", "sentinel-1")
        .env("CLARIFAI_API_KEY", "sentinel-2")
        .env("CLARIFAI_APP_ID", "sentinel-3")
        .env("CLARIFAI_APP_SECRET", "sentinel-4")
        .env("CLARIFAI_API_BASE", "https://sentinel@example.com");
    for (arguments, code) in [
        (&["--help"][..], 0),
        (&["-h"], 0),
        (&["predict", "--help"], 0),
        (&["config", "set", "--help"], 0),
        (&["predict"], 2),
        (&["predict", "--nonsense"], 2),
        (&["predict", "--pat", "sentinel-5", "--key", "sentinel-6", "a.jpg"], 2),
    ] {
        let output = cli.run(arguments).expect_code(code);
        assert!(!format!("{output:?}").contains("sentinel"), "{output:?}");
    }
    cli.run(&["--help"]).expect_text(&["[env: CLARIFAI_PAT]", "[env: CLARIFAI_APP_SECRET]"], &[]);
}
