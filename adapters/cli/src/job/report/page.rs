//! The page: one HTML file that loads nothing.
//!
//! All texts of a job come from files, addresses, models and responses, and are hostile until proved otherwise. They
//! are in the page only as JSON in script elements that browsers do not execute, with the characters escaped that could
//! end such an element. The script of the page puts them into the document as text, and the policy of the page forbids
//! every other script and every request.

use std::io::{self, Write};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac_sha256::Hash;
use serde::Serialize;
use serde_json::{Value, json};

use super::findings::Names;
use super::rows;
use crate::args::GlobalArgs;
use crate::exit::Failure;
use crate::interrupt;
use crate::job::read::{JobInput, JobReader, Which};
use crate::progress::{Lines, Progress, ProgressUpdate};

const PAGE: &str = include_str!("report.html");
const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

/// How many inputs are in memory at a time, and in one element of the page.
const CHUNK: usize = 128;

/// What was written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Written {
    pub(super) inputs: u64,
    pub(super) thumbnails: u64,
    /// Number of files that do not exist.
    pub(super) missing: u64,
}

/// Writes the page of a job.
pub(super) fn write(
    reader: &JobReader,
    job: &Path,
    thumbnail_size: Option<u32>,
    global: &GlobalArgs,
    out: &mut dyn Write,
) -> Result<Written, Failure> {
    let total: u64 = reader.counts()?.values().sum();
    let side = thumbnail_size.unwrap_or_else(|| default_size(total));
    let title = job.file_name().unwrap_or(job.as_os_str()).to_string_lossy();
    let (before, after) = PAGE.split_once("{{data}}").unwrap_or((PAGE, ""));
    write_parts(before, &title, out).map_err(cannot_write)?;
    let mut progress = Progress::new(global, "report", Lines::IfSlow);
    let (mut names, mut written, mut chunk) = (Names::default(), Written::default(), Vec::new());
    let mut write_chunk = |inputs: Vec<JobInput>| -> Result<(), Failure> {
        let rows = rows::rows(inputs, side, &mut names);
        if interrupt::is_requested() {
            let (exit, reason) = interrupt::reason();
            return Err(Failure::new(exit, format!("{reason}; the page was not written")));
        }
        for row in &rows {
            written.inputs += 1;
            written.thumbnails += u64::from(row.illustration.thumbnail.is_some());
            written.missing += u64::from(row.illustration.is_missing());
        }
        let (done, details) = (Some(written.inputs), String::new());
        progress.show(&ProgressUpdate { done, total: Some(total), details });
        write_json("rows", &rows, out).map_err(cannot_write)
    };
    reader.for_each(Which::All, |input| {
        chunk.push(input);
        if chunk.len() < CHUNK { Ok(()) } else { write_chunk(std::mem::take(&mut chunk)) }
    })?;
    if !chunk.is_empty() {
        write_chunk(chunk)?;
    }
    drop(progress);
    let facts = facts(reader, &title)?;
    write_json("concepts", &names.list(), out)
        .and_then(|()| write_json("job", &facts, out))
        .and_then(|()| write_parts(after, &title, out))
        .map_err(cannot_write)?;
    Ok(written)
}

#[expect(clippy::needless_pass_by_value, reason = "it is passed to `map_err`")]
fn cannot_write(error: io::Error) -> Failure {
    Failure::usage(format!("cannot write the page: {error}"))
}

/// Returns the size of thumbnails that keeps a page below about 50 MB, which browsers load in a moment.
fn default_size(inputs: u64) -> u32 {
    match inputs {
        0..=300 => 640,
        301..=1500 => 400,
        _ => 240,
    }
}

/// Returns what the page shows about the job as a whole.
fn facts(reader: &JobReader, title: &str) -> Result<Value, Failure> {
    let info = reader.info()?;
    let is_set = |value: &Value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::Array(list) => !list.is_empty(),
        _ => true,
    };
    let options: Vec<_> = info.options.iter().filter(|(_, value)| is_set(value)).collect();
    Ok(json!({
        "file": title, "id": info.id, "command": info.command, "options": options, "created_at": info.created_at,
        "complete": info.is_complete, "runs": info.runs, "requests": info.requests,
        "version": env!("CARGO_PKG_VERSION"),
    }))
}

/// Writes a part of the page with its placeholders replaced. What replaces them is not searched again.
fn write_parts(template: &str, title: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        out.write_all(before.as_bytes())?;
        let (name, after) = after.split_once("}}").unwrap_or((after, ""));
        match name {
            "title" => out.write_all(escape_html(title).as_bytes())?,
            "policy" => out.write_all(policy().as_bytes())?,
            "style" => out.write_all(STYLE.as_bytes())?,
            "script" => out.write_all(SCRIPT.as_bytes())?,
            // A test compares the names.
            _ => {}
        }
        rest = after;
    }
    out.write_all(rest.as_bytes())
}

/// Returns the policy of the page: only its own style and script, images in the page itself, and nothing else.
fn policy() -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Hash::hash(text.as_bytes())));
    format!(
        "default-src 'none'; img-src data:; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

/// Writes a value as JSON in an element that browsers do not execute.
fn write_json(class: &str, value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let json = escape_json(&serde_json::to_string(value)?);
    writeln!(out, "<script type=\"application/json\" class=\"{class}\">{json}</script>")
}

/// Returns JSON with the same meaning that contains no markup. All of these characters are inside of strings.
fn escape_json(json: &str) -> String {
    json.chars().fold(String::with_capacity(json.len()), |mut text, character| {
        match character {
            '<' => text.push_str("\\u003c"),
            '>' => text.push_str("\\u003e"),
            '&' => text.push_str("\\u0026"),
            '\u{2028}' => text.push_str("\\u2028"),
            '\u{2029}' => text.push_str("\\u2029"),
            character => text.push(character),
        }
        text
    })
}

/// Returns text for HTML, without control characters and marks that change the direction of writing.
fn escape_html(text: &str) -> String {
    crate::terminal::sanitize(text).chars().fold(String::new(), |mut html, character| {
        match character {
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '&' => html.push_str("&amp;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            character => html.push(character),
        }
        html
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn escaped_json_has_the_same_meaning_and_no_markup() {
        let value = json!(["</script><script>alert(1)</script>", "<!--", "&lt;", "\u{2028}\u{2029}", "\0\u{1b}\"'\\"]);
        let escaped = escape_json(&value.to_string());
        assert_eq!(serde_json::from_str::<Value>(&escaped).unwrap(), value);
        assert!(!escaped.contains(['<', '>', '&', '\u{2028}', '\u{2029}', '\0']), "{escaped}");
    }

    #[test]
    fn titles_are_text() {
        assert_eq!(escape_html("<b>\"a\" & 'b'\u{202e}\u{1b}"), "&lt;b&gt;&quot;a&quot; &amp; &#39;b&#39;\u{fffd}");
        let mut page = Vec::new();
        write_parts("<title>{{title}}</title>", "{{script}}", &mut page).unwrap();
        assert_eq!(page, b"<title>{{script}}</title>");
    }

    #[test]
    fn template_loads_nothing_and_has_every_placeholder() {
        let names: Vec<_> = PAGE.split("{{").skip(1).map(|rest| rest.split("}}").next().unwrap()).collect();
        for name in ["title", "policy", "style", "data", "script"] {
            assert!(names.contains(&name), "{name}");
        }
        assert!(names.iter().all(|name| ["title", "policy", "style", "data", "script"].contains(name)), "{names:?}");
        for (text, forbidden) in
            [(STYLE, &["</", "url(", "@import"][..]), (SCRIPT, &["</", "<!--", "innerHTML", "eval("])]
        {
            assert!(forbidden.iter().all(|one| !text.contains(one)));
        }
        let without_namespace = SCRIPT.replace("http://www.w3.org/2000/svg", "");
        for text in [PAGE, STYLE, &without_namespace] {
            assert!(!text.contains("://") && !text.contains(" src="));
        }
        assert!(policy().starts_with("default-src 'none'") && !policy().contains("unsafe"));
    }
}
