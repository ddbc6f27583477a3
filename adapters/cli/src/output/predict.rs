//! Predictions: what models recognized in one input.

use std::io::{self, IsTerminal as _, Write};

use anstyle::{RgbColor, Style};
use clarifai_core::types::{Color, Concept, Data, Output, Region, WorkflowResult};
use serde_json::Value;

use super::pixel_boxes::write_pixel_boxes;
use super::table::{align_right, new_table, write_table};
use crate::exit::Failure;
use crate::terminal::sanitize;

const SOURCE: Style = Style::new().bold();

/// How many numbers of an embedding are printed.
const EMBEDDING_NUMBERS: usize = 8;

fn percent(value: f64) -> String {
    format!("{:.1} %", 100.0 * value)
}

/// Returns the name of a concept, or its ID if it has no name.
pub(super) fn concept_name(concept: &Concept) -> String {
    sanitize(if concept.name.is_empty() { &concept.id } else { &concept.name })
}

/// Prints the prediction of a model for one input.
pub(crate) fn write_prediction(source: &str, output: &Output, out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(out, "{SOURCE}{}{SOURCE:#}", sanitize(source))?;
    match &output.data {
        Some(data) => {
            write_data(data, out)?;
            write_pixel_boxes(source, data, out)?;
        }
        None => writeln!(out, "  No predictions.")?,
    }
    Ok(writeln!(out)?)
}

fn write_data(data: &Data, out: &mut dyn Write) -> Result<(), Failure> {
    let mut is_empty = true;
    if !data.concepts().is_empty() {
        is_empty = false;
        write_concepts(data.concepts(), out)?;
    }
    if !data.colors().is_empty() {
        is_empty = false;
        write_colors(data.colors(), out)?;
    }
    if !data.regions().is_empty() {
        is_empty = false;
        write_regions(data.regions(), out)?;
    }
    if !data.frames().is_empty() {
        is_empty = false;
        write_frames(data, out)?;
    }
    for embedding in data.embeddings() {
        is_empty = false;
        let vector = embedding.vector();
        let numbers: Vec<_> = vector.iter().take(EMBEDDING_NUMBERS).map(|number| format!("{number:.4}")).collect();
        let more = if vector.len() > EMBEDDING_NUMBERS { ", …" } else { "" };
        writeln!(out, "  {} dimensions: {}{more}", vector.len(), numbers.join(", "))?;
    }
    if let Some(text) = data.text() {
        is_empty = false;
        for line in text.lines() {
            writeln!(out, "  {}", sanitize(line))?;
        }
    }
    if is_empty {
        let value = serde_json::to_value(data).unwrap_or_default();
        let has_content = |value: &Value| match value {
            Value::Null => false,
            Value::Array(items) => !items.is_empty(),
            Value::Object(members) => !members.is_empty(),
            _ => true,
        };
        let members = value.as_object().into_iter().flatten().filter(|(_, value)| has_content(value));
        let members: Vec<_> = members.map(|(name, _)| name.as_str()).collect();
        match members.is_empty() {
            true => writeln!(out, "  No predictions.")?,
            false => writeln!(out, "  No table for {}; use --json to print the response.", members.join(", "))?,
        }
    }
    Ok(())
}

fn write_concepts(concepts: &[Concept], out: &mut dyn Write) -> Result<(), Failure> {
    let mut table = new_table(&["Concept", "Probability", "ID"]);
    for concept in concepts {
        table.add_row([concept_name(concept), percent(concept.value()), sanitize(&concept.id)]);
    }
    align_right(&mut table, &[1]);
    write_table(&table, " ", out)
}

fn write_colors(colors: &[Color], out: &mut dyn Write) -> Result<(), Failure> {
    let mut table = new_table(&["Color", "Name", "Share"]);
    for color in colors {
        table.add_row([
            sanitize(color.hex().unwrap_or_default()),
            sanitize(color.name().unwrap_or_default()),
            percent(color.share()),
        ]);
    }
    align_right(&mut table, &[2]);
    let swatches = shows_colors();
    // The first line holds the headings, and each following one a color.
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

/// Whether standard output is a terminal with 24-bit colors, and colors are not disabled.
fn shows_colors() -> bool {
    let stdout = io::stdout();
    let enabled = anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never;
    let forced = std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| value != "0");
    let true_color = std::env::var("COLORTERM").is_ok_and(|value| matches!(value.as_str(), "truecolor" | "24bit"));
    enabled && true_color && (stdout.is_terminal() || forced)
}

/// Parses `#rrggbb`.
fn rgb(hex: &str) -> Option<RgbColor> {
    let digits = hex.strip_prefix('#').filter(|digits| digits.len() == 6)?;
    let part = |from: usize| u8::from_str_radix(digits.get(from..from + 2)?, 16).ok();
    Some(RgbColor(part(0)?, part(2)?, part(4)?))
}

fn write_regions(regions: &[Region], out: &mut dyn Write) -> Result<(), Failure> {
    let mut table = new_table(&["Region", "Left", "Top", "Right", "Bottom", "Result", "Probability"]);
    for (number, region) in (1..).zip(regions) {
        let edges = region.bounding_box().map_or_else(Default::default, |edges| {
            [edges.left(), edges.top(), edges.right(), edges.bottom()].map(percent)
        });
        let mut position: Vec<String> = std::iter::once(format!("{number}")).chain(edges).collect();
        for (found, value) in region_results(region) {
            position.extend([found, value]);
            table.add_row(std::mem::replace(&mut position, vec![String::new(); 5]));
        }
    }
    align_right(&mut table, &[0, 1, 2, 3, 4, 6]);
    write_table(&table, " ", out)
}

/// Returns what was recognized in a region, each with its probability; at least one line.
fn region_results(region: &Region) -> Vec<(String, String)> {
    let data = region.data.as_ref();
    let mut found: Vec<_> =
        region.concepts().iter().map(|concept| (concept_name(concept), percent(concept.value()))).collect();
    let value = || region.value.map(percent).unwrap_or_default();
    if let Some(text) = region.text() {
        found.push((sanitize(text), value()));
    }
    if let Some(vector) = region.embedding() {
        found.push((format!("{} dimensions", vector.len()), value()));
    }
    for color in data.map_or(&[][..], Data::colors) {
        found.push((sanitize(color.name().or(color.hex()).unwrap_or_default()), percent(color.share())));
    }
    if found.is_empty() {
        found.push((String::new(), value()));
    }
    found
}

fn write_frames(data: &Data, out: &mut dyn Write) -> Result<(), Failure> {
    let mut table = new_table(&["Time", "Result", "Probability"]);
    for frame in data.frames() {
        let time = frame.time_ms();
        let mut at = format!("{}.{:03} s", time / 1000, time % 1000);
        let mut row = |found: String, value: String| {
            table.add_row([std::mem::take(&mut at), found, value]);
        };
        for concept in frame.concepts() {
            row(concept_name(concept), percent(concept.value()));
        }
        for region in frame.regions() {
            for (found, value) in region_results(region) {
                row(found, value);
            }
        }
        if let Some(data) = &frame.data {
            for color in data.colors() {
                row(sanitize(color.name().or(color.hex()).unwrap_or_default()), percent(color.share()));
            }
            if let Some(vector) = data.embedding() {
                row(format!("{} dimensions", vector.len()), String::new());
            }
        }
        // A frame without results was analyzed too.
        if !at.is_empty() {
            table.add_row([at, String::new(), String::new()]);
        }
    }
    align_right(&mut table, &[0, 2]);
    write_table(&table, " ", out)
}

/// Prints the predictions of all models of a workflow for one input.
pub(crate) fn write_workflow_result(source: &str, result: &WorkflowResult, out: &mut dyn Write) -> Result<(), Failure> {
    for output in result.outputs() {
        let model =
            output.model.as_deref().map_or("", |model| if model.name.is_empty() { &model.id } else { &model.name });
        write_prediction(&format!("{source} ({model})"), output, out)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn printed(data: &str) -> String {
        let output = serde_json::from_str(&format!(r#"{{"data": {data}}}"#)).unwrap();
        let mut out = Vec::new();
        write_prediction("a.jpg", &output, &mut anstream::StripStream::new(&mut out)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn prints_every_kind_of_prediction() {
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
                    "      1  0.0 %  25.0 %  100.0 %   0.0 %  face         50.0 %",
                    "                                          ai_1        100.0 %",
                    "       2                                  EXIT         75.0 %",
                ],
            ),
            (
                r#"{"frames": [{"frame_info": {"time": 1500}, "data": {"concepts": [{"name": "a"}, {"name": "b"}]}}]}"#,
                &["1.500 s  a             0.0 %", "         b             0.0 %"],
            ),
            (r#"{"embeddings": [{"vector": [1, 0.5]}]}"#, &["2 dimensions: 1.0000, 0.5000\n"]),
            (r#"{"text": {"raw": "one\ntwo"}}"#, &["  one\n  two\n"]),
            ("{}", &["No predictions."]),
            (r#"{"clusters": [{"id": "c"}]}"#, &["No table for clusters"]),
        ] {
            let text = printed(data);
            for line in lines {
                assert!(text.contains(line), "no `{line}` in\n{text}");
            }
        }
    }

    #[test]
    fn parses_hex_colors() {
        assert_eq!(rgb("#b46031"), Some(RgbColor(0xb4, 0x60, 0x31)));
        for bad in ["", "#", "b46031", "#b4603", "#b4603x", "#äöü"] {
            assert_eq!(rgb(bad), None, "{bad}");
        }
    }
}
