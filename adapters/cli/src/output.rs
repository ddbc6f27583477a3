//! Tables for people.

use std::io::{self, IsTerminal as _, Write};

use anstyle::{AnsiColor, RgbColor, Style};
use clarifai_core::model::{
    Color, Concept, Data, Hit, Input, InputCount, Model, ModelVersion, Output, Region, Status, Timestamp, Workflow,
    WorkflowResult,
};
use comfy_table::{CellAlignment, ColumnConstraint, Table, Width, presets};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::exit::Failure;
use crate::progress;

const HEADING: Style = Style::new().bold();
const ERROR: Style = AnsiColor::Red.on_default().bold();

/// How many numbers of an embedding are shown.
const NUMBERS: usize = 8;

/// Text from outside, fit for a terminal: without control characters and marks that turn the direction of writing.
pub(crate) fn tame(text: &str) -> String {
    text.chars()
        .filter(|character| !matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
        .map(|character| match character {
            '\n' | '\r' | '\t' => ' ',
            character if character.is_control() => '\u{fffd}',
            character => character,
        })
        .collect()
}

/// Prints a line to standard error, and goes on where nobody reads it: `eprintln!` would end the program.
macro_rules! note {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let line = format!($($text)*);
        $crate::progress::aside(|| _ = writeln!(std::io::stderr(), "{line}"));
    }};
}
pub(crate) use note;

/// Prints a line that says what failed.
pub(crate) fn error(message: &str) {
    // Nobody is left to tell when standard error is gone.
    progress::aside(|| _ = writeln!(anstream::stderr(), "{ERROR}error:{ERROR:#} {}", tame(message)));
}

/// An empty table with these headings.
pub(crate) fn table(headings: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(headings.iter().copied());
    table
}

/// Prints a table, each line after `indent`.
pub(crate) fn write_table(table: &Table, indent: &str, out: &mut dyn Write) -> Result<(), Failure> {
    for line in table.lines() {
        writeln!(out, "{indent}{}", line.trim_end())?;
    }
    Ok(())
}

fn right(table: &mut Table, columns: &[usize]) {
    for column in columns {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

fn percent(value: f64) -> String {
    format!("{:.1} %", 100.0 * value)
}

/// The name of a concept, or its id where it has none.
fn name(concept: &Concept) -> String {
    tame(if concept.name.is_empty() { &concept.id } else { &concept.name })
}

/// Prints what a model says of one input.
pub(crate) fn write_output(source: &str, output: &Output, out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(out, "{HEADING}{}{HEADING:#}", tame(source))?;
    match &output.data {
        Some(data) => write_data(data, out)?,
        None => writeln!(out, "  Nothing was recognised.")?,
    }
    Ok(writeln!(out)?)
}

fn write_data(data: &Data, out: &mut dyn Write) -> Result<(), Failure> {
    let mut anything = false;
    if !data.concepts().is_empty() {
        anything = true;
        write_concepts(data.concepts(), out)?;
    }
    if !data.colors().is_empty() {
        anything = true;
        write_colors(data.colors(), out)?;
    }
    if !data.regions().is_empty() {
        anything = true;
        write_regions(data.regions(), out)?;
    }
    if !data.frames().is_empty() {
        anything = true;
        write_frames(data, out)?;
    }
    for embedding in data.embeddings() {
        anything = true;
        let vector = embedding.vector();
        let numbers: Vec<_> = vector.iter().take(NUMBERS).map(|number| format!("{number:.4}")).collect();
        let more = if vector.len() > NUMBERS { ", …" } else { "" };
        writeln!(out, "  {} dimensions: {}{more}", vector.len(), numbers.join(", "))?;
    }
    if let Some(text) = data.text() {
        anything = true;
        for line in text.lines() {
            writeln!(out, "  {}", tame(line))?;
        }
    }
    if !anything {
        let known = serde_json::to_value(data).unwrap_or_default();
        let holds = |value: &Value| match value {
            Value::Null => false,
            Value::Array(items) => !items.is_empty(),
            Value::Object(members) => !members.is_empty(),
            _ => true,
        };
        let members = known.as_object().into_iter().flatten().filter(|(_, value)| holds(value));
        let members: Vec<_> = members.map(|(name, _)| name.as_str()).collect();
        match members.is_empty() {
            true => writeln!(out, "  Nothing was recognised.")?,
            false => writeln!(out, "  The answer holds {}: see it with --json.", members.join(", "))?,
        }
    }
    Ok(())
}

fn write_concepts(concepts: &[Concept], out: &mut dyn Write) -> Result<(), Failure> {
    let mut table = table(&["Concept", "Probability", "Id"]);
    for concept in concepts {
        table.add_row([name(concept), percent(concept.value()), tame(&concept.id)]);
    }
    right(&mut table, &[1]);
    write_table(&table, " ", out)
}

fn write_colors(colors: &[Color], out: &mut dyn Write) -> Result<(), Failure> {
    let mut table = table(&["Colour", "Name", "Share"]);
    for color in colors {
        table.add_row([
            tame(color.hex().unwrap_or_default()),
            tame(color.name().unwrap_or_default()),
            percent(color.share()),
        ]);
    }
    right(&mut table, &[2]);
    let swatches = shows_colors();
    // The heading has the first line; each colour one of those that follow.
    let blocks = std::iter::once(None).chain(colors.iter().map(|color| color.hex().and_then(rgb)));
    for (line, block) in table.lines().zip(blocks) {
        match (swatches, block) {
            (true, Some(color)) => {
                let style = Style::new().bg_color(Some(color.into()));
                write!(out, "  {style}    {style:#}")?;
            }
            (true, None) => write!(out, "      ")?,
            (false, _) => {}
        }
        writeln!(out, " {}", line.trim_end())?;
    }
    Ok(())
}

/// Whether standard output is a terminal that shows all colours, and nobody has forbidden them.
fn shows_colors() -> bool {
    let stdout = io::stdout();
    let wanted = anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never;
    let forced = std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| value != "0");
    let many = std::env::var("COLORTERM").is_ok_and(|value| matches!(value.as_str(), "truecolor" | "24bit"));
    wanted && many && (stdout.is_terminal() || forced)
}

/// Reads `#rrggbb`.
fn rgb(hex: &str) -> Option<RgbColor> {
    let digits = hex.strip_prefix('#').filter(|digits| digits.len() == 6)?;
    let part = |from: usize| u8::from_str_radix(digits.get(from..from + 2)?, 16).ok();
    Some(RgbColor(part(0)?, part(2)?, part(4)?))
}

fn write_regions(regions: &[Region], out: &mut dyn Write) -> Result<(), Failure> {
    let mut table = table(&["Region", "Left", "Top", "Right", "Bottom", "Found", "Probability"]);
    for (number, region) in (1..).zip(regions) {
        let edges = region.bounding_box().map_or_else(Default::default, |edges| {
            [edges.left(), edges.top(), edges.right(), edges.bottom()].map(percent)
        });
        let mut place: Vec<String> = std::iter::once(format!("{number}")).chain(edges).collect();
        for (found, value) in found_in(region) {
            place.extend([found, value]);
            table.add_row(std::mem::replace(&mut place, vec![String::new(); 5]));
        }
    }
    right(&mut table, &[0, 1, 2, 3, 4, 6]);
    write_table(&table, " ", out)
}

/// What a region shows, with the probability; one line at least.
fn found_in(region: &Region) -> Vec<(String, String)> {
    let data = region.data.as_ref();
    let mut found: Vec<_> = region.concepts().iter().map(|concept| (name(concept), percent(concept.value()))).collect();
    let value = || region.value.map(percent).unwrap_or_default();
    if let Some(text) = region.text() {
        found.push((tame(text), value()));
    }
    if let Some(vector) = region.embedding() {
        found.push((format!("{} dimensions", vector.len()), value()));
    }
    for color in data.map_or(&[][..], Data::colors) {
        found.push((tame(color.name().or(color.hex()).unwrap_or_default()), percent(color.share())));
    }
    if found.is_empty() {
        found.push((String::new(), value()));
    }
    found
}

fn write_frames(data: &Data, out: &mut dyn Write) -> Result<(), Failure> {
    let mut table = table(&["Time", "Found", "Probability"]);
    for frame in data.frames() {
        let time = frame.time_ms();
        let mut at = format!("{}.{:03} s", time / 1000, time % 1000);
        let mut row = |found: String, value: String| {
            table.add_row([std::mem::take(&mut at), found, value]);
        };
        for concept in frame.concepts() {
            row(name(concept), percent(concept.value()));
        }
        for region in frame.regions() {
            for (found, value) in found_in(region) {
                row(found, value);
            }
        }
        if let Some(data) = &frame.data {
            for color in data.colors() {
                row(tame(color.name().or(color.hex()).unwrap_or_default()), percent(color.share()));
            }
            if let Some(vector) = data.embedding() {
                row(format!("{} dimensions", vector.len()), String::new());
            }
        }
        // A frame without anything still was looked at.
        if !at.is_empty() {
            table.add_row([at, String::new(), String::new()]);
        }
    }
    right(&mut table, &[0, 2]);
    write_table(&table, " ", out)
}

/// Prints what the models of a workflow say of one input.
pub(crate) fn write_workflow_result(source: &str, result: &WorkflowResult, out: &mut dyn Write) -> Result<(), Failure> {
    for output in result.outputs() {
        let model =
            output.model.as_deref().map_or("", |model| if model.name.is_empty() { &model.id } else { &model.name });
        write_output(&format!("{source} ({model})"), output, out)?;
    }
    Ok(())
}

/// A thing the service keeps, as people see it.
pub(crate) trait Shown: DeserializeOwned {
    /// The member of an answer that holds one.
    const ONE: &'static str;
    /// The member of an answer that lists some.
    const MANY: &'static str;
    /// The columns of a table of them, and which of these hold numbers.
    const HEADINGS: &'static [&'static str];
    const NUMBERS: &'static [usize] = &[];

    /// It as a row of that table.
    fn row(&self) -> Vec<String>;

    /// Prints all there is to say of one.
    fn write(&self, out: &mut dyn Write) -> Result<(), Failure>;
}

/// Prints one thing as a table of one row.
fn write_alone<T: Shown>(thing: &T, out: &mut dyn Write) -> Result<(), Failure> {
    Rows::new(T::HEADINGS, T::NUMBERS).write(&[thing.row()], out)
}

/// Prints a table.
fn write_rows<const COLUMNS: usize>(
    headings: [&str; COLUMNS],
    rows: impl Iterator<Item = [String; COLUMNS]>,
    numbers: &[usize],
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let mut table = table(&headings);
    rows.for_each(|row| {
        table.add_row(row);
    });
    right(&mut table, numbers);
    write_table(&table, "", out)
}

/// A table that is printed as its rows come: the headings once, and no column narrower than before.
pub(crate) struct Rows {
    headings: &'static [&'static str],
    numbers: &'static [usize],
    /// The width of each column so far; empty before the first rows.
    widths: Vec<u16>,
}

impl Rows {
    pub(crate) fn new(headings: &'static [&'static str], numbers: &'static [usize]) -> Self {
        Self { headings, numbers, widths: Vec::new() }
    }

    pub(crate) fn write(&mut self, rows: &[Vec<String>], out: &mut dyn Write) -> Result<(), Failure> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut table = table(self.headings);
        for row in rows {
            table.add_row(row);
        }
        right(&mut table, self.numbers);
        let begun = !self.widths.is_empty();
        let before = std::mem::take(&mut self.widths).into_iter().chain(std::iter::repeat(0));
        self.widths =
            table.column_max_content_widths().into_iter().zip(before).map(|(now, before)| now.max(before)).collect();
        for (column, width) in table.column_iter_mut().zip(&self.widths) {
            let padding = column.padding_width();
            column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width + padding)));
        }
        // The headings are as wide as they are; their line is left out of the second table.
        for line in table.lines().skip(usize::from(begun)) {
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// Prints a JSON value as a line. In one piece: a program that is ended between two pieces leaves no half of an object.
pub(crate) fn line(value: &Value, out: &mut dyn Write) -> Result<(), Failure> {
    Ok(out.write_all(format!("{value}\n").as_bytes())?)
}

/// Prints what is known of one thing, a line for each.
fn write_facts(facts: &[(&str, String)], out: &mut dyn Write) -> Result<(), Failure> {
    for (what, text) in facts.iter().filter(|(_, text)| !text.is_empty()) {
        writeln!(out, "{what:<12} {text}")?;
    }
    Ok(())
}

fn text(text: Option<&str>) -> String {
    tame(text.unwrap_or_default())
}

fn time(time: Option<&Timestamp>) -> String {
    text(time.filter(|time| !time.is_unset()).map(Timestamp::as_str))
}

/// The status in the service's own words, or its code.
pub(crate) fn state(status: Option<&Status>) -> String {
    status.map_or_else(String::new, |status| match status.description.as_deref() {
        Some(description) if !description.is_empty() => tame(description),
        _ => status.to_string(),
    })
}

impl Shown for Model {
    const ONE: &'static str = "model";
    const MANY: &'static str = "models";

    const HEADINGS: &'static [&'static str] = &["Id", "Name", "Type", "User", "App"];

    fn row(&self) -> Vec<String> {
        let shown = self.display_name.as_deref().unwrap_or(&self.name);
        [Some(&*self.id), Some(shown), self.kind(), self.user_id.as_deref(), self.app_id.as_deref()].map(text).into()
    }

    /// Prints its concepts too where they came along.
    fn write(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let version = self.model_version.as_deref();
        let facts = [
            ("Id", Some(&*self.id)),
            ("Name", Some(&*self.name)),
            ("Shown as", self.display_name.as_deref()),
            ("Type", self.kind()),
            ("User", self.user_id.as_deref()),
            ("App", self.app_id.as_deref()),
            ("Version", version.map(|version| &*version.id)),
            ("State", version.and_then(|version| version.status.as_ref()?.description.as_deref())),
            ("Description", self.description.as_deref()),
        ];
        write_facts(&facts.map(|(what, fact)| (what, text(fact))), out)?;
        if !self.concepts().is_empty() {
            writeln!(out)?;
            let row = |concept: &Concept| [name(concept), tame(&concept.id)];
            write_rows(["Concept", "Id"], self.concepts().iter().map(row), &[], out)?;
        }
        Ok(())
    }
}

impl Shown for ModelVersion {
    const ONE: &'static str = "model_version";
    const MANY: &'static str = "model_versions";

    const HEADINGS: &'static [&'static str] = &["Id", "Created", "State", "Concepts", "Inputs"];
    const NUMBERS: &'static [usize] = &[3, 4];

    fn row(&self) -> Vec<String> {
        let count = |count: Option<u64>| count.map(|count| count.to_string()).unwrap_or_default();
        let (concepts, inputs) = (self.active_concept_count, self.total_input_count);
        let (created, state) = (time(self.created_at.as_ref()), state(self.status.as_ref()));
        vec![tame(&self.id), created, state, count(concepts), count(inputs)]
    }

    fn write(&self, out: &mut dyn Write) -> Result<(), Failure> {
        write_alone(self, out)
    }
}

impl Shown for Concept {
    const ONE: &'static str = "concept";
    const MANY: &'static str = "concepts";

    const HEADINGS: &'static [&'static str] = &["Id", "Name", "Language", "App"];

    fn row(&self) -> Vec<String> {
        [Some(&*self.id), Some(&*self.name), self.language.as_deref(), self.app_id.as_deref()].map(text).into()
    }

    fn write(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let facts = [
            ("Id", Some(&*self.id)),
            ("Name", Some(&*self.name)),
            ("Language", self.language.as_deref()),
            ("User", self.user_id.as_deref()),
            ("App", self.app_id.as_deref()),
            ("Meaning", self.definition.as_deref()),
        ];
        write_facts(&facts.map(|(what, fact)| (what, text(fact))), out)?;
        write_facts(&[("Created", time(self.created_at.as_ref()))], out)
    }
}

/// The concepts of an input, those it does not show with `not` in front.
fn stated(input: &Input) -> String {
    let concepts = input.data.as_ref().map_or(&[][..], Data::concepts);
    let one = |concept: &Concept| format!("{}{}", if concept.value() < 0.5 { "not " } else { "" }, name(concept));
    concepts.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// An input as a row of a table.
pub(crate) fn input_row(input: &Input) -> [String; 4] {
    [tame(&input.id), state(input.status.as_ref()), stated(input), text(input.url())]
}

pub(crate) const INPUT_HEADINGS: [&str; 4] = ["Id", "State", "Concepts", "Address"];

impl Shown for Input {
    const ONE: &'static str = "input";
    const MANY: &'static str = "inputs";

    const HEADINGS: &'static [&'static str] = &INPUT_HEADINGS;

    fn row(&self) -> Vec<String> {
        input_row(self).into()
    }

    fn write(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let data = self.data.as_ref();
        let point = data.and_then(|data| data.geo.as_ref()?.geo_point.as_ref());
        let place = point.and_then(|point| Some(format!("{},{}", point.longitude?, point.latitude?)));
        let metadata = data.and_then(|data| data.metadata.as_ref()).map(ToString::to_string);
        let facts = [
            ("Id", tame(&self.id)),
            ("State", state(self.status.as_ref())),
            ("Address", text(self.url())),
            ("Concepts", stated(self)),
            ("Metadata", text(metadata.as_deref())),
            ("Place", place.unwrap_or_default()),
            ("Created", time(self.created_at.as_ref())),
            ("Changed", time(self.modified_at.as_ref())),
        ];
        write_facts(&facts, out)
    }
}

/// Prints inputs that were changed.
pub(crate) fn write_changed(inputs: &[&Input], out: &mut dyn Write) -> Result<(), Failure> {
    let rows: Vec<_> = inputs.iter().map(|input| input.row()).collect();
    Rows::new(Input::HEADINGS, Input::NUMBERS).write(&rows, out)
}

impl Shown for InputCount {
    const ONE: &'static str = "counts";
    const MANY: &'static str = "counts";

    const HEADINGS: &'static [&'static str] = &["Processed", "Waiting", "At work", "Failed"];
    const NUMBERS: &'static [usize] = &[0, 1, 2, 3];

    fn row(&self) -> Vec<String> {
        let counts = [self.processed, self.to_process, self.processing, self.errors];
        counts.map(|count| count.unwrap_or(0).to_string()).into()
    }

    fn write(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let rows = [
            ("Processed", self.processed),
            ("Waiting", self.to_process),
            ("At work", self.processing),
            ("Failed", self.errors),
            ("Done again", self.reindexed),
            ("Waiting to be done again", self.to_reindex),
            ("At work again", self.reindexing),
            ("Failed again", self.reindex_errors),
        ];
        // The first are always of interest, the others only where there are some.
        let row = |(place, (what, count)): (usize, (&str, Option<u64>))| {
            (place < 4 || count.is_some_and(|count| count > 0))
                .then(|| [what.to_owned(), count.unwrap_or(0).to_string()])
        };
        write_rows(["Inputs", "Count"], rows.into_iter().enumerate().filter_map(row), &[1], out)
    }
}

impl Shown for Hit {
    const ONE: &'static str = "hit";
    const MANY: &'static str = "hits";

    const HEADINGS: &'static [&'static str] = &["Score", "Id", "Concepts", "Address"];
    const NUMBERS: &'static [usize] = &[0];

    fn row(&self) -> Vec<String> {
        let [id, _, concepts, address] = self.input.as_deref().map(input_row).unwrap_or_default();
        vec![format!("{:.3}", self.score()), id, concepts, address]
    }

    fn write(&self, out: &mut dyn Write) -> Result<(), Failure> {
        write_alone(self, out)
    }
}

impl Shown for Workflow {
    const ONE: &'static str = "workflow";
    const MANY: &'static str = "workflows";

    const HEADINGS: &'static [&'static str] = &["Id", "Models", "User", "App"];

    fn row(&self) -> Vec<String> {
        let models: Vec<_> =
            self.nodes().iter().filter_map(|node| node.model.as_deref()).map(|model| tame(&model.id)).collect();
        let [id, user, app] = [Some(&*self.id), self.user_id.as_deref(), self.app_id.as_deref()].map(text);
        vec![id, models.join(", "), user, app]
    }

    fn write(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let facts = [
            ("Id", Some(&*self.id)),
            ("User", self.user_id.as_deref()),
            ("App", self.app_id.as_deref()),
            ("Version", self.version.as_deref().map(|version| &*version.id)),
            ("Description", self.description.as_deref()),
        ];
        write_facts(&facts.map(|(what, fact)| (what, text(fact))), out)?;
        writeln!(out)?;
        let row = |node: &clarifai_core::model::WorkflowNode| {
            let model = node.model.as_deref();
            let after = node.node_inputs.iter().flatten().filter_map(|input| input.node_id.as_deref());
            let after: Vec<_> = after.map(tame).collect();
            let name = |model: &Model| if model.name.is_empty() { model.id.clone() } else { model.name.clone() };
            [tame(&node.id), tame(&model.map(name).unwrap_or_default()), after.join(", ")]
        };
        write_rows(["Node", "Model", "After"], self.nodes().iter().map(row), &[], out)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn shown(data: &str) -> String {
        let output = serde_json::from_str(&format!(r#"{{"data": {data}}}"#)).unwrap();
        let mut out = Vec::new();
        write_output("a.jpg", &output, &mut anstream::StripStream::new(&mut out)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn each_kind_of_answer_has_its_form() {
        let region = r#"{"regions": [{"region_info": {"bounding_box": {"top_row": 0.25, "right_col": 1}}, "data":
            {"concepts": [{"name": "face", "value": 0.5}, {"id": "ai_1", "value": 1}]}}, {"value": 0.75,
            "data": {"text": {"raw": "EXIT"}}}]}"#;
        for (data, lines) in [
            (
                r#"{"concepts": [{"id": "1", "name": "cat\u001b", "value": 0.9876}]}"#,
                &[" cat\u{fffd}          98.8 %  1"][..],
            ),
            (
                region,
                &[
                    "      1  0.0 %  25.0 %  100.0 %   0.0 %  face        50.0 %",
                    "                                         ai_1       100.0 %",
                    "      2                                  EXIT        75.0 %",
                ],
            ),
            (
                r#"{"frames": [{"frame_info": {"time": 1500}, "data": {"concepts": [{"name": "a"}, {"name": "b"}]}}]}"#,
                &["1.500 s  a            0.0 %", "         b            0.0 %"],
            ),
            (r#"{"embeddings": [{"vector": [1, 0.5]}]}"#, &["2 dimensions: 1.0000, 0.5000\n"]),
            (r#"{"text": {"raw": "one\ntwo"}}"#, &["  one\n  two\n"]),
            ("{}", &["Nothing was recognised."]),
            (r#"{"clusters": [{"id": "c"}]}"#, &["The answer holds clusters"]),
        ] {
            let text = shown(data);
            for line in lines {
                assert!(text.contains(line), "no `{line}` in\n{text}");
            }
        }
    }

    #[test]
    fn colours_are_read() {
        assert_eq!(rgb("#b46031"), Some(RgbColor(0xb4, 0x60, 0x31)));
        for bad in ["", "#", "b46031", "#b4603", "#b4603x", "#äöü"] {
            assert_eq!(rgb(bad), None, "{bad}");
        }
    }
}
