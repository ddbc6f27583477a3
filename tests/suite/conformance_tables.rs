//! The conformance suite itself: its table in virtual time, and the tables in the README.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clarifai_tests::conformance::{Play, memory, readme, secrets, table};

#[test]
fn core_passes_the_table_in_virtual_time() {
    let mut played = 0;
    let mut failures = Vec::new();
    for scenario in table::table() {
        let Play::Plain(plain) = &scenario.play else { continue };
        if plain.not_scripted().is_none() {
            played += 1;
            failures.extend(plain.in_virtual_time().err().map(|problem| format!("{}: {problem}", scenario.name)));
        }
    }
    assert!(failures.is_empty(), "{} of {played} scenarios failed:\n{}", failures.len(), failures.join("\n"));
    assert!(played >= 50, "only {played} scenarios were played");
    let found = secrets::take();
    assert!(found.is_empty(), "the key appears in {found:?}");
}

#[test]
fn scenario_names_are_unique() {
    let names: Vec<_> = table::table()
        .iter()
        .map(|scenario| scenario.name)
        .chain(memory::MEASURED.iter().map(|measured| measured.0))
        .collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    assert!(names.len() >= 60, "{} scenarios", names.len());
}

/// `WRITE_README=1 cargo test -p clarifai-tests --test suite readme` updates the list.
#[test]
fn the_readme_lists_the_scenarios() {
    if std::env::var_os("WRITE_README").is_some() {
        return readme::write_scenarios();
    }
    assert_eq!(readme::scenarios(), readme::expected_scenarios(), "see the comment above this test");
}

#[test]
fn secrets_are_found_in_all_encodings() {
    let key = secrets::KEY;
    let numbers = format!("{:?}", key.as_bytes());
    let basic = STANDARD.encode(format!("{}:{key}", secrets::APP_ID));
    let hexadecimal = key.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    for text in [key, &key[3..11], &key[20..], &numbers, &hexadecimal, &basic] {
        assert!(secrets::shows(text.as_bytes()), "{text}");
    }
    for text in ["", "Key ***", "authorization", secrets::APP_ID, &key[..7]] {
        assert!(!secrets::shows(text.as_bytes()), "{text}");
    }
}
