//! Checks comments, documentation, messages and test names against the glossary in CONTRIBUTING.md ("Writing"), and the
//! width of prose. A failure lists `file:line: word -> replacement`.

#![allow(clippy::unwrap_used)]

use std::{fs, iter::repeat, path::Path, sync::LazyLock};

/// Words and phrases to avoid, and what to write instead. `*` stands for any ending.
const WORDS: &str = "
    answer*: response, respond, return; picture: image; pictures: images; wish: option; wishes: options; door: method;
    doors: methods; whoever: callers that, code that; so many: `n`, at most `n`; so long: `n` seconds, at most `n`;
    so often: `n` times, at most `n` times; one's own: your, caller-chosen, custom; anew: again;
    told: reported, contained, specified; shall: will, must; surely: definitely, was not executed;
    nobody: no caller, no client, nothing; is none: does not exist, is missing; unasked: by default; blot* out: redact;
    carry out: run, execute; carries out: runs, executes; carried out: run, executed; hand out: return, yield;
    hands out: returns, yields; handed out: returned, yielded; for good: permanently; pointless: cannot succeed;
    in doubt: uncertain; pace: rate; mend: fix; mends: fixes; colour*: color; recognis*: recogniz-;
    authoris*: authoriz-; behaviour*: behavior; licence*: license; neighbour*: neighbor";

/// The entries of `WORDS`: what to find, what must follow where the ending is free, and the entry.
static ENTRIES: LazyLock<Vec<(String, Option<String>, &str)>> = LazyLock::new(|| {
    let split = |word: &str| word.split_once('*').map(|(start, after)| (format!(" {start}"), Some(words(after))));
    let entries = WORDS.split(';').filter_map(|entry| Some((entry.trim(), entry.trim().split_once(':')?.0)));
    entries
        .map(|(entry, word)| (split(word).unwrap_or((words(word), None)), entry))
        .map(|((a, b), c)| (a, b, c))
        .collect()
});
/// Places where such a word is right: file, part of the line, reason. An entry that matches nothing fails the test.
const ALLOWED: &[(&str, &str, &str)] = &[("tests/peers/official.py", " is None", "an operator of Python")];
/// The widest line of prose, in characters. Tables, links and code are exempt.
const WIDTH: usize = 120;
/// Beginnings of absolute paths, which belong to one machine. Split, because this file is checked too.
const PATHS: &[&str] = &[concat!("/wo", "rk/"), concat!("/ho", "me/"), concat!("/Us", "ers/"), concat!("/ro", "ot/")];

#[test]
fn prose_keeps_to_the_glossary() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let (mut findings, mut used) = (Vec::new(), vec![false; ALLOWED.len()]);
    visit(&root, &mut |path| {
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
        let text = fs::read_to_string(path).unwrap();
        for (line, problem) in check(&name, &text) {
            let content = text.lines().nth(line - 1).unwrap();
            match ALLOWED.iter().position(|(file, part, _)| *file == name && content.contains(part)) {
                Some(entry) => used[entry] = true,
                None => findings.push(format!("{name}:{line}: {problem}")),
            }
        }
    });
    let unused: Vec<_> = ALLOWED.iter().zip(used).filter(|(_, used)| !used).map(|(entry, _)| entry).collect();
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    assert!(unused.is_empty(), "allowed, but not found: {unused:?}");
}

#[test]
fn scanner_finds_words_in_prose_and_not_in_code() {
    let code = "let picture = \"a told\"; // surely `nobody`\n#[cfg(test)]\nmod tests {\n\"shall\";\nfn a_wish() {}";
    let found = |name| check(name, code).into_iter().map(|(line, problem)| format!("{line} {problem}")).collect();
    let (in_source, in_test): (Vec<_>, Vec<_>) = (found("core/src/x.rs"), found("core/tests/x.rs"));
    assert_eq!(in_test, ["1 surely -> definitely, was not executed", "5 wish -> option"]);
    assert_eq!((&in_source[0], &in_source[1..]), (&"1 told -> reported, contained, specified".to_owned(), &*in_test));
    assert_eq!(check("a.md", "So\nSO long, \"so many\" blotted out [x](doors.rs)").len(), 3);
    assert_eq!(check("a.md", &format!("{0}\n| {0} |\n```\n{0}\n```", "x".repeat(121))).len(), 1);
}

/// Calls `with` for each file that contains prose.
fn visit(directory: &Path, with: &mut impl FnMut(&Path)) {
    let mut entries: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap().to_str().unwrap();
        let kind = name.rsplit('.').next().unwrap();
        if path.is_dir() && (name == ".ci" || !name.starts_with('.') && name != "target" && name != "node_modules") {
            visit(&path, with);
        } else if path.is_file() && matches!(kind, "rs" | "md" | "toml" | "sh" | "py" | "js" | "justfile" | "run") {
            with(&path);
        }
    }
}

/// Returns the problems of a file, each with the number of its line.
fn check(name: &str, text: &str) -> Vec<(usize, String)> {
    let (rust, markdown) = (name.rsplit('.').next() == Some("rs"), name.rsplit('.').next() == Some("md"));
    let tests = text.find("#[cfg(test)]\nmod ").filter(|_| rust).unwrap_or(text.len());
    // Users see strings of `src`, but not those of tests.
    let prose = if rust { prose(text, if name.contains("src/") { tests } else { 0 }) } else { text.to_owned() };
    let (mut problems, mut fenced, mut glossary, mut offset) = (Vec::new(), false, false, 0);
    for (index, (line, prose)) in text.lines().zip(prose.lines().chain(repeat(""))).enumerate() {
        let mut report = |problem| problems.push((index + 1, problem));
        let (content, commented) = (line.trim_start_matches(['/', '!', ' ']), line.trim().starts_with("//"));
        fenced ^= content.starts_with("```") && (markdown || commented);
        if markdown && line.starts_with("## ") {
            glossary = name == "CONTRIBUTING.md" && line == "## Writing";
        }
        let exempt = fenced || content.starts_with('|') || line.contains("](") || line.contains("://");
        if (markdown || commented) && !exempt && line.chars().count() > WIDTH {
            report(format!("{} columns -> at most {WIDTH}", line.chars().count()));
        }
        PATHS.iter().filter(|path| line.contains(*path)).for_each(|path| report(format!("{path} -> a relative path")));
        let in_tests = rust && (offset > tests || name.split('/').any(|part| part == "tests"));
        let function = line.split_once("fn ").filter(|(before, _)| in_tests && !before.contains(['/', '"']));
        let function = function.and_then(|(_, after)| after.split(['(', '<']).next()).unwrap_or_default();
        offset += line.len() + 1;
        if !(glossary || prose.trim_start().is_empty() && function.is_empty()) {
            let text = words(&format!("{} . {}", plain(prose, fenced), function.replace('_', " ")));
            let found = ENTRIES.iter().filter(|(start, after, _)| contains(&text, start, after.as_deref()));
            found.for_each(|(.., entry)| report(entry.replacen(": ", " -> ", 1)));
        }
    }
    problems
}

/// Returns whether the words contain `start`, or a word that begins with it if there is something to follow it.
fn contains(text: &str, start: &str, after: Option<&str>) -> bool {
    let Some(after) = after else { return text.contains(start) };
    let rest = |at: usize| text[at + start.len()..].trim_start_matches(char::is_alphanumeric);
    text.match_indices(start).any(|(at, _)| rest(at).starts_with(after))
}

/// Returns the words in lower case, each between single spaces. Underscores join words, as in identifiers.
fn words(text: &str) -> String {
    let text = text.to_lowercase().replace(|c: char| !c.is_alphanumeric() && c != '_', " ");
    text.split(' ').filter(|word| !word.is_empty()).fold(" ".to_owned(), |text, word| text + word + " ")
}

/// Returns a line without the targets of links and, unless it is in a fence, without inline code.
fn plain(line: &str, fenced: bool) -> String {
    let parts = line.split('`').enumerate().filter(|(index, _)| fenced || index % 2 == 0);
    let text = parts.map(|(_, part)| part).collect::<Vec<_>>().join(" ");
    let mut links = text.split("](");
    let start = links.next().unwrap_or_default().to_owned();
    links.fold(start, |text, link| text + " " + link.split_once(')').map_or("", |(_, rest)| rest))
}

/// Returns Rust code with everything blanked but line ends, comments, and strings that begin before `strings_until`.
fn prose(code: &str, strings_until: usize) -> String {
    let (mut out, mut at) = (String::with_capacity(code.len()), 0);
    while let Some(first) = code[at..].chars().next() {
        let rest = &code[at..];
        let hashes = rest.strip_prefix('r').map_or(0, |rest| rest.len() - rest.trim_start_matches('#').len());
        let until = |from: usize, end: &str| rest[from..].find(end).map_or(rest.len(), |at| from + at + end.len());
        let raw_end = |hashes| format!("\"{}", "#".repeat(hashes));
        let escapes = |at: usize| at - rest[..at].trim_end_matches('\\').len();
        let mut quotes = rest.match_indices('"').map(|(at, _)| at).skip(1);
        let (len, keep) = match first {
            '/' if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), true),
            'r' if rest[1 + hashes..].starts_with('"') => (until(hashes + 2, &raw_end(hashes)), at < strings_until),
            '"' => (quotes.find(|at| escapes(*at) % 2 == 0).map_or(rest.len(), |at| at + 1), at < strings_until),
            // A character may be a quotation mark.
            '\'' if rest.starts_with("'\\") => (until(3, "'"), false),
            '\'' if rest.starts_with("'\"'") => (3, false),
            _ => (
                rest[first.len_utf8()..].find(['/', 'r', '"', '\'']).map_or(rest.len(), |at| at + first.len_utf8()),
                false,
            ),
        };
        out.extend(if keep { vec![&rest[..len]] } else { rest[..len].matches('\n').collect() });
        at += len;
    }
    out
}
