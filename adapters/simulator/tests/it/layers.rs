//! The modules of the crate have no cyclic dependencies: each uses only modules on lower layers, as listed in `lib.rs`.

use std::collections::BTreeMap;
use std::path::Path;

/// Layer of each module, by its path without `crate::`.
type Layers = BTreeMap<String, usize>;

fn layers(lib: &str) -> Layers {
    let lines = lib.lines().filter_map(|line| line.strip_prefix("// layer: "));
    lines.enumerate().flat_map(|(layer, line)| line.split(' ').map(move |module| (module.to_owned(), layer))).collect()
}

/// Adds each source file below a folder, by the path of its module.
fn sources(folder: &Path, prefix: &str, found: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let module = format!("{prefix}{}", entry.path().file_stem().unwrap().to_str().unwrap());
        if entry.path().is_dir() {
            sources(&entry.path(), &format!("{module}::"), found);
        } else if module != "lib" {
            found.insert(module, std::fs::read_to_string(entry.path()).unwrap());
        }
    }
}

/// Returns the modules that a module uses, each as the longest known path. Unit tests and comments do not count.
fn used(module: &str, text: &str, layers: &Layers) -> Vec<String> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let code = code.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let parent = module.rsplit_once("::").map_or(String::new(), |(parent, _)| format!("{parent}::"));
    let mut all = Vec::new();
    for (keyword, base) in [("crate::", ""), ("super::", parent.as_str()), ("self::", &format!("{module}::"))] {
        for (at, _) in code.match_indices(keyword) {
            // Not the end of a longer name, such as `some_crate::`.
            if code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == ':') {
                continue;
            }
            let rest = &code[at + keyword.len()..];
            let end = rest.find(|next: char| !next.is_alphanumeric() && next != '_' && next != ':');
            let mut path = format!("{base}{}", &rest[..end.unwrap_or(rest.len())]);
            while !layers.contains_key(&path) {
                path = path.rsplit_once("::").map_or("(root)".to_owned(), |(shorter, _)| shorter.to_owned());
            }
            all.push(path);
        }
    }
    all.retain(|path| path != module);
    all
}

#[test]
fn modules_use_only_lower_layers() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let layers = layers(&std::fs::read_to_string(src.join("lib.rs")).unwrap());
    let mut modules = BTreeMap::new();
    sources(&src, "", &mut modules);
    let listed: Vec<_> = layers.keys().filter(|module| *module != "(root)").collect();
    assert_eq!(listed, modules.keys().collect::<Vec<_>>(), "the list in lib.rs must contain every module once");
    for (module, text) in &modules {
        for path in used(module, text, &layers) {
            assert!(layers[&path] < layers[module], "`{module}` uses `{path}`, which is not on a lower layer");
        }
        if let Some((parent, _)) = module.rsplit_once("::") {
            assert!(layers[module] < layers[parent], "`{parent}` must be on a higher layer than `{module}`");
        }
    }
}

#[test]
fn finds_paths_in_code_only() {
    let layers = layers("// layer: a a::b c\n// layer: (root)");
    let code = "use crate::a::b::Item;\nfn f(_: super::c::X, _: crate::Root, _: my_crate::c::Y) {}";
    let text = format!("//! [`crate::c`]\n{code}\n#[cfg(test)]\nuse crate::c;");
    assert_eq!(used("a", &text, &layers), ["a::b", "(root)", "c"]);
}
