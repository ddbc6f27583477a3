//! Reports of jobs: the summary, the page as text, and the page in a real browser.
//!
//! The tests in a browser need Chromium: one of the usual names, or the program in the variable `CHROMIUM`. Without one
//! they print that they are skipped; with `REQUIRE_CHROMIUM=1` they fail.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::{Cli, CliOutput, image};
use rusqlite::{Connection, params};
use serde_json::{Value, json};

/// A job file whose rows the tests write themselves.
struct Job {
    cli: Cli,
    folder: tempfile::TempDir,
    connection: Connection,
    name: &'static str,
}

/// An input of a job file.
struct Input<'a> {
    source: &'a str,
    kind: &'a str,
    state: &'a str,
    outcome: Option<&'a str>,
    error: Option<&'a str>,
    raw: Option<Value>,
}

impl Default for Input<'_> {
    fn default() -> Self {
        Self { source: "photo.jpg", kind: "file", state: "done", outcome: Some("predicted"), error: None, raw: None }
    }
}

impl Job {
    /// Creates a job file with the program, and removes the input that it contains.
    fn new(name: &'static str) -> Self {
        let (cli, folder) = (Cli::new(), tempfile::tempdir().unwrap());
        let path = folder.path().join(name);
        let arguments = ["--simulator", "predict", "missing.jpg", "--quiet", "--job", path.to_str().unwrap()];
        cli.run(&arguments).expect_code(1);
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch("DELETE FROM attempts; DELETE FROM outputs; DELETE FROM inputs").unwrap();
        Self { cli, folder, connection, name }
    }

    fn add(&self, input: &Input<'_>) {
        let position: i64 = self.connection.query_row("SELECT count(*) FROM inputs", [], |row| row.get(0)).unwrap();
        let Input { source, kind, state, outcome, error, raw } = input;
        self.connection
            .prepare_cached(
                "INSERT INTO inputs (position, source, kind, media, seen, state, attempts, outcome, error, updated_at)
                 VALUES (?1, ?2, ?3, 'image', 1, ?4, 1, ?5, ?6, 0)",
            )
            .unwrap()
            .execute(params![position, source, kind, state, outcome, error])
            .unwrap();
        if let Some(raw) = raw {
            let mut insert = self.connection.prepare_cached("INSERT INTO outputs VALUES (?1, ?2)").unwrap();
            insert.execute(params![position, raw.to_string()]).unwrap();
        }
    }

    fn add_done(&self, source: &str, concepts: &[(&str, f64)]) {
        let concepts: Vec<_> = concepts.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
        self.add(&Input { source, raw: Some(json!({"data": {"concepts": concepts}})), ..Input::default() });
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs `job report` in the folder of the job.
    fn report(&self, arguments: &[&str]) -> CliOutput {
        let mut command = self.cli.command(&["job", "report", self.name]);
        CliOutput::new(&command.args(arguments).current_dir(self.folder.path()).output().unwrap())
    }

    /// Writes the page and returns its text.
    fn page(&self, arguments: &[&str]) -> String {
        self.report(&[&["--html", "report.html", "--force"], arguments].concat()).expect_code(0);
        fs::read_to_string(self.path("report.html")).unwrap()
    }
}

/// Returns the contents of the elements that begin with this tag.
fn elements<'a>(page: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    page.split(start).skip(1).map(|rest| rest.split(end).next().unwrap()).collect()
}

fn data(page: &str, class: &str) -> Value {
    let blocks = elements(page, &format!("<script type=\"application/json\" class=\"{class}\">"), "</script>");
    let blocks = blocks.into_iter().map(|json| serde_json::from_str::<Value>(json).unwrap());
    blocks.flat_map(|block| block.as_array().unwrap().clone()).collect()
}

/// Returns the page without its scripts and styles.
fn markup(page: &str) -> String {
    let mut rest = page;
    let mut markup = String::new();
    while let Some((before, after)) = rest.split_once("<script") {
        markup.push_str(before);
        rest = after.split_once("</script>").unwrap().1;
    }
    markup.push_str(rest);
    match markup.split_once("<style>") {
        Some((before, after)) => format!("{before}{}", after.split_once("</style>").unwrap().1),
        None => markup,
    }
}

/// Texts that try to become more than text.
fn hostile() -> Vec<String> {
    let hacked = "document.title='hacked'";
    vec![
        format!("</script><script>{hacked}</script>"),
        format!("<img src=evil onerror=\"{hacked}\">"),
        format!("\"'><svg onload={hacked}>"),
        format!("javascript:{hacked}"),
        "<!--<script>evil".to_owned(),
        "&lt;evil&gt;&amp;".to_owned(),
        "evil\u{202e}gpj.exe\u{2066}".to_owned(),
        "evil\0\u{7}\u{1b}[31m\r\n\u{9b}".to_owned(),
        "evil\u{2028}\u{2029}".to_owned(),
        "{{script}}evil{{data}}".to_owned(),
        "</style></title></textarea>evil".to_owned(),
        "__proto__".to_owned(),
    ]
}

/// A job in which every text is hostile, and every address leads to this host.
fn hostile_job(host: &str) -> Job {
    let job = Job::new("hostile.db");
    for text in hostile() {
        let raw = json!({"data": {
            "concepts": [{"id": text, "name": text, "value": 0.9}],
            "text": {"raw": text},
            "colors": [{"raw_hex": format!("red;background:url(http://{host}/color)"), "value": 0.5, "w3c": {"name": text}},
                       {"raw_hex": text, "value": "NaN"}],
            "regions": [{"region_info": {"bounding_box": {"top_row": text, "bottom_row": 1, "right_col": 0.5}},
                         "data": {"concepts": [{"name": text, "value": 0.8}], "text": {"raw": text}}}],
            text.clone(): [text],
        }});
        let input = Input { source: &text, raw: Some(raw), ..Input::default() };
        job.add(&input);
        job.add(&Input { kind: "url", source: &format!("http://{host}/{text}"), ..input });
        let failed = Input { state: "failed", outcome: Some(&text), error: Some(&text), ..Input::default() };
        job.add(&failed);
    }
    job
}

#[test]
fn hostile_texts_stay_data() {
    let job = hostile_job("127.0.0.1:9");
    let page = job.page(&[]);
    let blocks = elements(&page, "<script type=\"application/json\"", "</script>");
    assert_eq!(page.matches("<script").count(), blocks.len() + 1, "and the script of the page");
    assert_eq!(page.matches("</script").count(), blocks.len() + 1);
    assert_eq!(page.matches("<!--").count(), 0);
    assert!(blocks.iter().all(|json| !json[1..].trim_start_matches(|c| c != '>')[1..].contains(['<', '>', '&'])));
    let markup = markup(&page);
    for word in ["evil", "hacked", "proto", "127.0.0.1"] {
        assert!(!markup.contains(word), "{word}");
    }
    // Nothing is lost either.
    let rows = data(&page, "rows");
    for (text, rows) in hostile().iter().zip(rows.as_array().unwrap().chunks(3)) {
        assert_eq!(
            (&rows[0]["source"], &rows[0]["texts"][0], &rows[2]["error"]),
            (&json!(text), &json!(text), &json!(text))
        );
    }
    assert_eq!(data(&page, "concepts"), json!(hostile()));
}

#[test]
fn policy_of_the_page_allows_only_its_own_script_and_style() {
    let job = Job::new("<b>&\"tags'.db");
    job.add_done("a.jpg", &[("boat", 0.9)]);
    let page = job.page(&[]);
    let policy = elements(&page, "http-equiv=\"Content-Security-Policy\" content=\"", "\"")[0];
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(hmac_sha256::Hash::hash(text.as_bytes())));
    let style = hash(elements(&page, "<style>", "</style>")[0]);
    let script = hash(elements(&page, "<script>", "</script>")[0]);
    let expected = format!(
        "default-src 'none'; img-src data:; style-src {style}; script-src {script}; base-uri 'none'; form-action 'none'"
    );
    assert_eq!(policy, expected);
    let markup = markup(&page);
    assert!(markup.contains("<title>&lt;b&gt;&amp;&quot;tags&#39;.db – Clarifai report</title>"), "{markup}");
    assert!(!markup.contains("://") && !markup.contains("src=") && !markup.contains(" on"), "{markup}");
    assert_eq!(markup.matches("href=").count(), 1, "the link to the results");
    // What screen readers need.
    for text in ["<html lang=\"en\">", "aria-live=\"polite\"", "role=\"status\"", "<main ", "role=\"search\"", "<h1 "] {
        assert!(markup.contains(text), "{text}");
    }
    for id in ["text", "concept", "min", "sort"] {
        assert!(markup.contains(&format!("<label for=\"{id}\">")) && markup.contains(&format!(" id=\"{id}\"")), "{id}");
    }
}

#[test]
fn thumbnails_are_of_files_that_are_still_there() {
    let job = Job::new("tags.db");
    fs::copy(image("rocket.jpg"), job.path("rocket.jpg")).unwrap();
    fs::write(job.path("text.jpg"), "text").unwrap();
    for source in ["rocket.jpg", "missing.jpg", "text.jpg"] {
        job.add_done(source, &[]);
    }
    job.add(&Input { kind: "url", source: "https://example.com/rocket.jpg", ..Input::default() });
    let output = job.report(&["--html", "report.html", "--json", "--thumbnail-size", "100"]).expect_code(0);
    assert_eq!(
        output.json_lines()[0],
        json!({"outcome": "written", "file": "report.html", "inputs": 4, "thumbnails": 1, "missing": 1})
    );
    assert!(output.err.contains("1 files were not found"), "{output:?}");
    let rows = data(&fs::read_to_string(job.path("report.html")).unwrap(), "rows");
    let url = rows[0]["thumbnail"].as_str().unwrap();
    let jpeg = STANDARD.decode(url.strip_prefix("data:image/jpeg;base64,").unwrap()).unwrap();
    let thumbnail = image::load_from_memory(&jpeg).unwrap();
    assert_eq!(thumbnail.width().max(thumbnail.height()), 100);
    let size = image::image_dimensions(job.path("rocket.jpg")).unwrap();
    assert_eq!(rows[0]["size"], json!([size.0, size.1]));
    assert_eq!((&rows[1]["problem"], &rows[2]["problem"]), (&json!("missing"), &json!("unreadable")));
    assert!((1..4).all(|index| rows[index].get("thumbnail").is_none()));
    assert!(data(&job.page(&["--thumbnail-size", "0"]), "rows")[0].get("thumbnail").is_none());
}

#[test]
fn the_page_replaces_nothing_unless_asked_to() {
    let job = Job::new("tags.db");
    job.add_done("a.jpg", &[("boat", 0.9)]);
    fs::write(job.path("old.html"), "old").unwrap();
    for (target, force, text) in [
        ("old.html", false, "exists; use --force"),
        ("tags.db", false, "is the job file"),
        ("tags.db", true, "is the job file"),
        ("tags.db-wal", true, "is the job file"),
        (".", true, "is a directory"),
        ("none/a.html", true, "no such directory"),
    ] {
        let arguments = ["--html", target, "--force"];
        let output = job.report(&arguments[..if force { 3 } else { 2 }]);
        output.expect_code(2).expect_text(&[], &[text]);
    }
    assert_eq!(fs::read_to_string(job.path("old.html")).unwrap(), "old");
    job.report(&["--force"]).expect_code(2);
    job.report(&["--html", "old.html", "--force"])
        .expect_code(0)
        .expect_text(&["old.html: 1 inputs, 0 thumbnails"], &[]);
    assert!(fs::read_to_string(job.path("old.html")).unwrap().starts_with("<!doctype html>"));
    let names: Vec<_> = fs::read_dir(job.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| !name.to_str().unwrap().starts_with(".tmp")), "{names:?}");
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(job.path("old.html")).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
    fs::write(job.path("other.db"), "text").unwrap();
    let report = |file: &str| job.cli.run(&["job", "report", job.path(file).to_str().unwrap()]);
    report("other.db").expect_code(7);
    report("none.db").expect_code(2).expect_text(&[], &["no such job file"]);
}

#[test]
fn the_summary_counts_outcomes_concepts_and_errors() {
    let job = Job::new("tags.db");
    job.add_done("a.jpg", &[("boat", 0.9), ("sea", 0.5)]);
    job.add_done("b.jpg", &[("boat", 0.7)]);
    job.add(&Input { state: "failed", outcome: Some("refused"), error: Some("no\u{1b}[2J image"), ..Input::default() });
    job.add(&Input { state: "pending", outcome: None, ..Input::default() });
    let text = job.report(&[]).expect_code(0).out;
    for line in [
        "Job of `clarifai predict`, 4 inputs",
        "        2 predicted",
        "        1 refused",
        "        1 pending",
        "        2 boat ████████████████████████  80.0 % on average",
        "        1 sea  ████████████              50.0 % on average",
        "        1 no\u{fffd}[2J image",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let line = job.report(&["--json"]).expect_code(0).json_lines().remove(0);
    assert_eq!(line["outcomes"], json!({"pending": 1, "predicted": 2, "refused": 1}));
    assert_eq!(line["concepts"][0], json!({"name": "boat", "inputs": 2, "mean_value": 0.8, "highest_value": 0.9}));
    assert_eq!(line["errors"], json!([{"error": "no\u{1b}[2J image", "inputs": 1}]));
    assert_eq!((&line["inputs"]["done"], &line["all_concepts"]), (&json!(2), &json!(2)));
}

#[test]
fn previews_are_shown_where_colors_are() {
    let photo = image("rocket.jpg");
    let predict = |environment: &[(&'static str, &str)], arguments: &[&str]| {
        let cli = environment.iter().fold(Cli::new(), |cli, (name, value)| cli.env(name, value));
        let model = ["--simulator", "predict", "--model", "color-recognition", &photo, "--quiet"];
        cli.run(&[&model, arguments].concat()).expect_code(0).out
    };
    let colors = [("COLORTERM", "truecolor"), ("CLICOLOR_FORCE", "1")];
    let shown = predict(&colors, &["--preview"]);
    let lines = shown.lines().filter(|line| line.contains('▀')).count();
    assert!((5..=14).contains(&lines), "{lines}");
    assert!(shown.lines().all(|line| line.matches('▀').count() <= 48) && shown.contains("\x1b[48;2;"));
    for (environment, arguments) in [
        (&colors[..1], &["--preview"][..]),
        (&[("COLORTERM", "truecolor"), ("NO_COLOR", "1")], &["--preview"]),
        (&colors[..], &[]),
        (&colors[..], &["--preview", "--json"]),
    ] {
        assert!(!predict(environment, arguments).contains('▀'), "{environment:?} {arguments:?}");
    }
}

/// A browser without a window.
struct Browser(PathBuf);

impl Browser {
    /// Returns the browser, or `None` after printing that it is missing.
    fn find() -> Option<Self> {
        let given = std::env::var_os("CHROMIUM").map(PathBuf::from);
        let folders = std::env::var_os("PATH").unwrap_or_default();
        let names = ["chromium", "chromium-browser", "google-chrome"];
        let found = names.iter().flat_map(|name| std::env::split_paths(&folders).map(move |folder| folder.join(name)));
        let browser = given.or_else(|| found.into_iter().find(|path| path.is_file()));
        if browser.is_none() {
            assert!(
                std::env::var_os("REQUIRE_CHROMIUM").is_none(),
                "REQUIRE_CHROMIUM is set, and there is no Chromium"
            );
            println!("skipped: there is no Chromium; install it or set CHROMIUM");
        }
        browser.map(Self)
    }

    /// Loads a page and returns what the browser prints.
    fn run(&self, page: &Path, fragment: &str, options: &[&str]) -> String {
        let profile = tempfile::tempdir().unwrap();
        let mut child = Command::new(&self.0)
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage"])
            .args(["--no-first-run", "--disable-background-networking", "--virtual-time-budget=5000"])
            .args(["--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "--window-size=1360,900"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .args(options)
            .arg(format!("file://{}{fragment}", page.display()))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let reader = thread::spawn(move || {
            let mut text = Vec::new();
            stdout.read_to_end(&mut text).map(|_| String::from_utf8_lossy(&text).into_owned())
        });
        let start = Instant::now();
        while child.try_wait().unwrap().is_none() {
            if start.elapsed() > Duration::from_secs(120) {
                child.kill().unwrap();
                panic!("the browser does not end");
            }
            thread::sleep(Duration::from_millis(20));
        }
        reader.join().unwrap().unwrap()
    }

    /// Returns the document after the script of the page ran, without its scripts and styles.
    fn document(&self, page: &Path, fragment: &str) -> String {
        markup(&self.run(page, fragment, &["--dump-dom"]))
    }
}

/// A server on this machine that counts its connections.
struct Server {
    host: String,
    connections: Arc<AtomicUsize>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        thread::spawn(move || {
            for stream in listener.incoming() {
                counted.fetch_add(1, Ordering::SeqCst);
                let _ = stream.and_then(|mut stream| {
                    let _ = stream.read(&mut [0; 4096]);
                    stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                });
            }
        });
        Self { host, connections }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn title(document: &str) -> &str {
    elements(document, "<title>", "</title>")[0]
}

fn cards(document: &str) -> usize {
    document.matches("<li class=\"card ").count()
}

fn count(document: &str) -> &str {
    let element = elements(document, "id=\"count\"", "</p>")[0];
    element.split_once('>').unwrap().1
}

const IMAGES: usize = 5000;

/// A job with 5,000 images: half are `even`, and each one in 50 failed.
fn large_job() -> Job {
    let job = Job::new("large.db");
    job.connection.execute_batch("BEGIN").unwrap();
    for number in 0..IMAGES {
        let source = format!("photos/photo-{number:04}.jpg");
        if number % 50 == 7 {
            let error = if number % 100 == 7 { "no such file" } else { "too large" };
            job.add(&Input {
                source: &source,
                state: "failed",
                outcome: Some("unreadable"),
                error: Some(error),
                raw: None,
                ..Input::default()
            });
            continue;
        }
        let parity = if number % 2 == 0 { ("even", 0.95) } else { ("odd", 0.6) };
        let group = format!("group {}", number % 40);
        job.add_done(&source, &[parity, (&group, 0.3), ("everything", 0.1)]);
    }
    job.connection.execute_batch("COMMIT").unwrap();
    job
}

#[test]
fn a_browser_shows_5000_images_and_filters_them() {
    let Some(browser) = Browser::find() else { return };
    let job = large_job();
    job.page(&[]);
    let page = job.path("report.html");
    let number = |matches: &dyn Fn(usize) -> bool| (0..IMAGES).filter(|number| matches(*number)).count();
    let is_failed = |number: usize| number % 50 == 7;
    let thousands = |number: usize| match number {
        1000.. => format!("{},{:03}", number / 1000, number % 1000),
        number => number.to_string(),
    };
    for (fragment, expected) in [
        ("#concept=even&min=0.9", number(&|n| n % 2 == 0)),
        ("#concept=even&min=0.96", 0),
        ("#concept=GROUP%207", number(&|n| n % 40 == 7 && !is_failed(n))),
        ("#concept=roup%203", number(&|n| n % 40 == 3 && !is_failed(n))),
        ("#text=photo-49", number(&|n| (4900..5000).contains(&n))),
        ("#text=photo-49&concept=odd&min=0.5", number(&|n| (4900..5000).contains(&n) && n % 2 == 1 && !is_failed(n))),
        ("#state=failed", number(&is_failed)),
        ("#text=too%20large", number(&|n| n % 100 == 57)),
        ("#cause=no%20such%20file", number(&|n| n % 100 == 7)),
        ("#min=0.2&state=done", number(&|n| !is_failed(n))),
        ("#state=evil&sort=__proto__&min=NaN", IMAGES),
    ] {
        let document = browser.document(&page, fragment);
        let expected_text = match expected {
            IMAGES => "5,000 inputs".to_owned(),
            expected => format!("{} of 5,000 inputs", thousands(expected)),
        };
        // `roup 3` is in the names of more groups than one.
        if fragment != "#concept=roup%203" {
            assert_eq!(count(&document), expected_text, "{fragment}");
        }
        assert!(cards(&document) < 200 && (cards(&document) > 0) == (expected > 0), "{fragment}: {}", cards(&document));
        assert_eq!(document.contains("id=\"empty\" class=\"empty\" hidden"), expected > 0, "{fragment}");
    }
    let document = browser.document(&page, "");
    assert!(document.contains("aria-setsize=\"5000\" aria-posinset=\"1\""));
    assert_eq!(elements(&document, "id=\"histogram\"", "</ul>")[0].matches("<li>").count(), 30);
    assert_eq!(elements(&document, "id=\"causes\"", "</ul>")[0].matches("<li>").count(), 2);
    assert!(browser.document(&page, "#sort=low").contains("data-position=\"7\""), "inputs without concepts come first");
}

/// Lists the elements and attributes of the document that are not those of the page.
const INSPECTOR: &str = r##"<script>
addEventListener("load", () => setTimeout(() => {
  const found = document.title.includes("hostile.db") ? [] : ["title"];
  for (const element of document.body.querySelectorAll("*")) {
    if (/^(iframe|object|embed|link|base|form|style|img|image|use|a)$/i.test(element.tagName)) {
      const isOurs = element.id === "filters" || element.className === "skip";
      if (!isOurs) found.push(element.tagName);
    }
    for (const { name, value } of element.attributes) {
      if (/^on|^(src|srcset|action|formaction|xlink:href)$/i.test(name)) found.push(name);
      if (name === "href" && value !== "#results") found.push(value);
      if (name === "style" && (!/^[a-z0-9:;%#.,()\s-]*$/i.test(value) || value.includes("url"))) found.push(value);
    }
  }
  const scripts = Array.from(document.scripts, (one) => one.type);
  found.push(...scripts.filter((type) => type && type !== "application/json"));
  // That of the page, and this one.
  if (scripts.filter((type) => !type).length !== 2) found.push("script");
  document.title = JSON.stringify(found);
}, 500));
</script></body>"##;

#[test]
fn hostile_texts_stay_text_in_a_browser_and_nothing_is_loaded() {
    let Some(browser) = Browser::find() else { return };
    let server = Server::start();
    let job = hostile_job(&server.host);
    job.page(&[]);
    let page = job.path("report.html");
    for fragment in
        ["", "#open=0", "#open=1", "#open=2", "#text=http", "#state=failed", "#open=19", "#concept=%3C%2Fscript%3E"]
    {
        let document = browser.document(&page, fragment);
        assert_eq!(title(&document), "hostile.db – Clarifai report", "{fragment}");
        assert!(cards(&document) > 0, "{fragment}");
        assert!(!document.contains('\u{202e}'), "{fragment}");
    }
    let document = browser.document(&page, "");
    for text in [
        "&lt;/script&gt;&lt;script&gt;document.title='hacked'&lt;/script&gt;",
        "&lt;img src=evil onerror=",
        "javascript:document.title='hacked'",
        "evil\\u202egpj.exe\\u2066",
        "evil\\u0000\\u0007\\u001b[31m\\u000d\\u000a\\u009b",
        "&amp;lt;evil&amp;gt;&amp;amp;",
        "evil\\u2028\\u2029",
    ] {
        assert!(document.contains(text), "{text}");
    }
    assert_eq!(server.connections(), 0);

    // Also without the policy, there is nothing that it would have to stop.
    let text = fs::read_to_string(&page).unwrap();
    let inspected = text.replace("Content-Security-Policy", "X-None").replace("</body>", INSPECTOR);
    fs::write(job.path("inspected.html"), inspected).unwrap();
    for fragment in ["", "#open=0", "#open=1", "#open=2", "#state=failed", "#open=19"] {
        let document = browser.document(&job.path("inspected.html"), fragment);
        assert_eq!(title(&document), "[]", "{fragment}");
    }
    assert_eq!(server.connections(), 0);

    // A planted script and image: the policy of the page stops them, and without it the test would notice them.
    let planted = format!("<img src=\"http://{}/\"><script>document.title='hacked'</script></body>", server.host);
    let with_plants = text.replace("</body>", &planted);
    fs::write(job.path("planted.html"), &with_plants).unwrap();
    assert_eq!(title(&browser.document(&job.path("planted.html"), "")), "hostile.db – Clarifai report");
    assert_eq!(server.connections(), 0);
    let without_policy = with_plants.replace("Content-Security-Policy", "X-None");
    fs::write(job.path("planted.html"), without_policy).unwrap();
    assert_eq!(title(&browser.document(&job.path("planted.html"), "")), "hacked");
    assert!(server.connections() > 0);
}

/// Uses the page as a person would, with a script that the policy of the page would not allow.
const DRIVER: &str = r##"<script>
addEventListener("load", async () => {
  const found = {};
  const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));
  const press = (key) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  const position = () => Number(document.activeElement.closest("[data-position]").dataset.position);
  const type = async (id, value) => {
    const field = document.getElementById(id);
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await pause(300);
    return document.getElementById("count").textContent;
  };
  const cards = () => document.querySelectorAll("#grid > li").length;
  document.querySelector("#grid button[tabindex='0']").focus();
  found.tabStops = document.querySelectorAll("#grid button[tabindex='0']").length;
  press("ArrowRight");
  found.right = position();
  press("ArrowDown");
  found.down = position();
  press("End");
  await pause(100);
  found.end = position();
  found.cardsAtTheEnd = cards();
  found.scrolled = scrollY > 1000;
  const order = Array.from(document.querySelectorAll("#grid > li"), (card) => Number(card.dataset.position));
  found.inOrder = order.every((one, index) => index === 0 || order[index - 1] < one);
  press("Home");
  await pause(100);
  found.home = position();
  document.activeElement.click();
  found.isOpen = document.getElementById("detail").open;
  press("ArrowRight");
  found.opened = document.getElementById("detail-title").textContent;
  document.getElementById("close").click();
  await pause(100);
  found.afterClose = position();
  found.text = await type("text", "PHOTO-00");
  found.min = await type("min", "0.9");
  found.address = location.hash;
  document.getElementById("reset").click();
  found.reset = document.getElementById("count").textContent;
  found.fields = document.getElementById("text").value + document.getElementById("min").value;
  const bar = document.querySelector("#histogram button");
  bar.click();
  found.bar = [bar.querySelector(".name").textContent, document.getElementById("concept").value,
    document.activeElement.getAttribute("aria-pressed")];
  document.activeElement.click();
  document.querySelector("#states input[value='failed']").click();
  found.failed = document.getElementById("count").textContent;
  document.title = JSON.stringify(found);
});
</script></body>"##;

#[test]
fn keyboard_and_filters_work_in_a_browser() {
    let Some(browser) = Browser::find() else { return };
    let job = large_job();
    let page = job.page(&[]).replace("Content-Security-Policy", "X-None").replace("</body>", DRIVER);
    fs::write(job.path("driven.html"), page).unwrap();
    let document = browser.document(&job.path("driven.html"), "");
    let found: Value = serde_json::from_str(&title(&document).replace("&amp;", "&")).unwrap();
    let columns = found["down"].as_i64().unwrap() - 1;
    assert!((2..=6).contains(&columns), "{found}");
    assert!(found["cardsAtTheEnd"].as_u64().unwrap() < 200, "{found}");
    for (name, expected) in [
        ("tabStops", json!(1)),
        ("right", json!(1)),
        ("end", json!(4999)),
        ("scrolled", json!(true)),
        ("inOrder", json!(true)),
        ("home", json!(0)),
        ("isOpen", json!(true)),
        ("opened", json!("photos/photo-0001.jpg")),
        ("afterClose", json!(1)),
        ("text", json!("100 of 5,000 inputs")),
        ("min", json!("50 of 5,000 inputs")),
        ("address", json!("#text=PHOTO-00&min=0.9")),
        ("reset", json!("5,000 inputs")),
        ("fields", json!("0")),
        ("bar", json!(["everything", "everything", "true"])),
        ("failed", json!("100 of 5,000 inputs")),
    ] {
        assert_eq!(found[name], expected, "{name}: {found}");
    }
}

/// Writes `report-light.png` and `report-dark.png` into `target/tmp`, for people to look at.
#[test]
fn a_browser_shows_the_page_light_and_dark() {
    let Some(browser) = Browser::find() else { return };
    let job = Job::new("photos.db");
    let concepts = [("nature", 0.97), ("outdoors", 0.93), ("no person", 0.81), ("summer", 0.4)];
    for (number, name) in
        ["astronaut", "coffee", "chelsea", "rocket", "brick", "grass"].iter().cycle().take(24).enumerate()
    {
        let concepts: Vec<_> = concepts.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
        let colors = [("#1b3a5c", 0.5), ("#c8743a", 0.3), ("#efe6d8", 0.2)];
        let colors: Vec<_> = colors.iter().map(|(hex, value)| json!({"raw_hex": hex, "value": value})).collect();
        let edges = json!({"top_row": 0.1, "left_col": 0.35, "bottom_row": 0.35, "right_col": 0.55});
        let region =
            json!({"region_info": {"bounding_box": edges}, "data": {"concepts": [{"name": "face", "value": 0.99}]}});
        let regions = if number % 6 == 0 { vec![region] } else { vec![] };
        let raw = json!({"data": {"concepts": concepts, "colors": colors, "regions": regions}});
        job.add(&Input { source: &image(&format!("{name}.jpg")), raw: Some(raw), ..Input::default() });
    }
    job.add(&Input {
        state: "failed",
        outcome: Some("refused"),
        error: Some("the image is damaged"),
        ..Input::default()
    });
    job.page(&[]);
    let brightness = |name: &str, options: &[&str]| -> u64 {
        let png = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_file(&png);
        let screenshot = format!("--screenshot={}", png.display());
        browser.run(&job.path("report.html"), "", &[&[&*screenshot], options].concat());
        let pixels = image::open(&png).unwrap().into_luma8();
        assert_eq!(pixels.dimensions(), (1360, 900));
        // The left edge shows only the ground of the page.
        (0..900).map(|y| u64::from(pixels.get_pixel(4, y).0[0])).sum::<u64>() / 900
    };
    assert!(brightness("report-light.png", &[]) > 220);
    assert!(brightness("report-dark.png", &["--blink-settings=preferredColorScheme=0"]) < 40);
}
