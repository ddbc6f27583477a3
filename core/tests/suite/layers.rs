//! Each module of core uses only the modules above it in one list, and the exceptions are known.

#![allow(clippy::disallowed_methods, reason = "it reads the source files")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The modules, each of which may use those above it.
const LAYERS: &[&str] = &[
    "repair",
    "lenient",
    "types",
    "error",
    "stream",
    "raw",
    "body",
    "collector",
    "time",
    "page",
    "target",
    "patch",
    "arguments",
    "spec",
    "policy",
    "credentials",
    "redact",
    "config",
    "transport",
    "envelope",
    "batch",
    "operation",
    "exchange",
    "auth",
    "streaming",
    "feedback",
    "concepts",
    "inputs",
    "annotations",
    "datasets",
    "apps",
    "users",
    "models",
    "web_address",
    "openai",
    "searches",
    "workflows",
    "machine",
    "pagination",
    "bulk",
    "client",
    "testing",
];

/// The uses of a module below. One that no longer occurs has to be removed here.
///
/// `WarmModelCache` is a machine that reads a list to its end, and lists are read by machines: without the exception,
/// the contract of machines would have to be a module apart from the machines that implement it.
const EXCEPTIONS: &[(&str, &str)] = &[("machine", "pagination")];

#[test]
fn modules_use_only_the_modules_above_them() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut uses = BTreeSet::new();
    visit(&source, &mut |path| {
        let relative = path.strip_prefix(&source).unwrap().with_extension("");
        let module = relative.iter().next().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(path).unwrap();
        let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        // Documentation may refer to anything.
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//") && !line.contains("#[cfg(doc)]")) {
            for part in line.split("crate::").skip(1) {
                let name: String = part.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
                if module != "lib" && name != module && LAYERS.contains(&&*name) {
                    uses.insert((module.clone(), name));
                }
            }
        }
    });
    assert!(uses.len() > 80, "the modules were not found: {uses:?}");
    let place = |name: &str| {
        LAYERS.iter().position(|layer| *layer == name).unwrap_or_else(|| panic!("`{name}` is not in the list"))
    };
    let upward = |(module, used): &(String, String)| place(used) > place(module);
    let found: Vec<_> = uses.iter().filter(|edge| upward(edge)).map(|(from, to)| (&**from, &**to)).collect();
    assert_eq!(found, EXCEPTIONS, "left: what the source uses, right: the known exceptions");
}

fn visit(directory: &Path, with: &mut impl FnMut(&Path)) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            visit(&path, with);
        } else {
            with(&path);
        }
    }
}
