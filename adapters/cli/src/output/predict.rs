//! Predictions: what models recognized in one input.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal as _, Write};

use anstyle::{RgbColor, Style};
use clarifai_core::types::{Color, Concept, Data, Output, Point, Region, TimeInfo, WorkflowResult};
use serde_json::{Map, Value};

use super::pixel_boxes::write_pixel_boxes;
use super::preview::write_preview;
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

/// Prints the prediction of a model for one input. `raw` is its JSON, which can contain more than `output`. With
/// `preview`, an image file is shown above it, if the terminal shows colors.
pub(crate) fn write_prediction(
    source: &str,
    output: &Output,
    raw: Option<&Value>,
    preview: bool,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    writeln!(out, "{SOURCE}{}{SOURCE:#}", sanitize(source))?;
    if preview && shows_colors() {
        write_preview(source, out)?;
    }
    let status = output.status.as_ref().filter(|_| !output.is_success());
    if let Some(status) = status {
        writeln!(out, "  Failed: {}", sanitize(&status.to_string()))?;
    }
    let json = raw.map(|raw| raw["data"].clone());
    let json = json.unwrap_or_else(|| serde_json::to_value(&output.data).unwrap_or_default());
    let unshown = unshown(&json);
    let shown = output.data.as_ref().map_or(Ok(false), |data| write_data(data, out))?;
    if let Some(data) = &output.data {
        write_pixel_boxes(source, data, out)?;
    }
    match unshown.is_empty() {
        true if !shown && status.is_none() => writeln!(out, "  No predictions.")?,
        true => {}
        false if shown => writeln!(out, "  Also in the response: {}; see --json.", unshown.join(", "))?,
        false => writeln!(out, "  No table for {}; use --json to print the response.", unshown.join(", "))?,
    }
    Ok(writeln!(out)?)
}

/// Prints the contents that have a table or a line. Returns whether there were any.
fn write_data(data: &Data, out: &mut dyn Write) -> Result<bool, Failure> {
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
    for (found, value) in face_results(data) {
        is_empty = false;
        writeln!(out, "  {} {value}", sanitize(&found))?;
    }
    if let Some(focus) = &data.focus {
        let parts = [("focus", focus.value), ("density", focus.density)];
        let parts = parts.into_iter().filter_map(|(name, value)| Some(format!("{name} {:.3}", value?)));
        let text = parts.collect::<Vec<_>>().join(", ");
        if !text.is_empty() {
            is_empty = false;
            writeln!(out, "  {text}")?;
        }
    }
    for (kind, id, time, data) in timed(data) {
        is_empty = false;
        let time = time.and_then(|time| Some((time.begin_time?, time.end_time?)));
        let time = time.map(|(begin, end)| format!(" ({begin:.3} to {end:.3})")).unwrap_or_default();
        let found = data.map(data_results).unwrap_or_default();
        let found: Vec<_> = found.into_iter().map(|(found, value)| format!("{found} {value}")).collect();
        writeln!(
            out,
            "{}",
            sanitize(&format!("  {kind} {id}{time}: {}", found.join(", "))).trim_end_matches([':', ' '])
        )?;
    }
    if let Some(metadata) = data.metadata.as_deref().filter(|metadata| has_content(metadata)) {
        is_empty = false;
        writeln!(out, "  metadata {}", sanitize(&metadata.to_string()))?;
    }
    Ok(!is_empty)
}

/// Returns the tracks and time segments, each with its kind, id, time and contents.
fn timed(data: &Data) -> impl Iterator<Item = (&'static str, &str, Option<&TimeInfo>, Option<&Data>)> {
    let tracks = data.tracks.iter().flatten();
    let tracks = tracks.map(|one| ("track", one.id.as_str(), one.time_info.as_ref(), one.data.as_ref()));
    let segments = data.time_segments.iter().flatten();
    tracks.chain(segments.map(|one| ("segment", one.id.as_str(), one.time_info.as_ref(), one.data.as_ref())))
}

fn has_content(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::String(text) => !text.is_empty(),
        _ => true,
    }
}

/// Returns the names of the members of data that no table or line shows, sorted.
fn unshown(data: &Value) -> Vec<String> {
    let mut names = BTreeSet::new();
    match data {
        Value::Object(members) => note_unshown(members, &mut names),
        data if has_content(data) => _ = names.insert("data".to_owned()),
        _ => {}
    }
    names.iter().map(|name| sanitize(name)).collect()
}

/// Returns the names of the members of the data of an input that are not annotations.
pub(super) fn unshown_of_input(data: &Value) -> Vec<String> {
    let names = data.as_object().into_iter().flatten().filter(|(_, value)| has_content(value)).map(|(name, _)| name);
    names.filter(|name| *name != "concepts").map(|name| sanitize(name)).collect()
}

/// Notes the members of data that are not shown, also those inside of regions, frames, tracks and time segments.
fn note_unshown(data: &Map<String, Value>, names: &mut BTreeSet<String>) {
    const INFO: [&str; 8] =
        ["bounding_box", "mask", "polygon", "point", "span", "token", "keypoint_locations", "track_id"];
    for (name, value) in data.iter().filter(|(_, value)| has_content(value)) {
        let objects: Vec<_> = value.as_array().into_iter().flatten().filter_map(Value::as_object).collect();
        let is_list = value.as_array().is_some_and(|items| items.len() == objects.len());
        let is_shown = match name.as_str() {
            "concepts" | "colors" | "embeddings" => is_list,
            "regions" | "frames" | "tracks" | "time_segments" => is_list,
            "text" => value["raw"].is_string(),
            "face" => ["age_appearance", "gender_appearance", "identity", "multicultural_appearance"]
                .iter()
                .any(|part| value[part]["concepts"].is_array()),
            "focus" => value["value"].is_number() || value["density"].is_number(),
            "metadata" => true,
            _ => false,
        };
        if !is_shown {
            names.insert(name.clone());
        } else if ["regions", "frames", "tracks", "time_segments"].contains(&name.as_str()) {
            for item in objects {
                match item.get("data") {
                    Some(Value::Object(data)) => note_unshown(data, names),
                    Some(data) if has_content(data) => _ = names.insert("data".to_owned()),
                    _ => {}
                }
                let info = item.get("region_info").and_then(Value::as_object).into_iter().flatten();
                let unknown = info.filter(|(name, value)| !INFO.contains(&name.as_str()) && has_content(value));
                names.extend(unknown.map(|(name, _)| name.clone()));
            }
        }
    }
}

/// Returns the identity and appearance of a face, each with its probability.
fn face_results(data: &Data) -> Vec<(String, String)> {
    let Some(face) = data.face.as_deref() else { return Vec::new() };
    let groups = [
        ("identity", &face.identity),
        ("age", &face.age_appearance),
        ("gender", &face.gender_appearance),
        ("multicultural", &face.multicultural_appearance),
    ];
    let concepts = groups.into_iter().flat_map(|(kind, group)| {
        group.iter().flat_map(|group| group.concepts.iter().flatten()).map(move |concept| (kind, concept))
    });
    concepts.map(|(kind, concept)| (format!("{kind} {}", concept_name(concept)), percent(concept.value()))).collect()
}

/// Returns the position and shape of a region, apart from its bounding box.
fn shape_results(region: &Region) -> Vec<(String, String)> {
    let Some(info) = &region.region_info else { return Vec::new() };
    let at = |point: &Point| {
        let percents = [point.col, point.row].map(|edge| percent(edge.unwrap_or(0.0)));
        format!("left {}, top {}", percents[0], percents[1])
    };
    let count = |points: &Option<Vec<Point>>| points.as_ref().map_or(0, Vec::len);
    let span = |start: Option<u64>, end: Option<u64>, text: Option<&str>| {
        let range = format!("characters {} to {}", start.unwrap_or(0), end.unwrap_or(0));
        text.map_or(range.clone(), |text| format!("{range}: {text}"))
    };
    let shapes = [
        info.mask.as_ref().map(|_| "mask".to_owned()),
        info.point.as_ref().map(|point| format!("point at {}", at(point))),
        info.polygon.as_ref().map(|polygon| format!("polygon of {} points", count(&polygon.points))),
        info.keypoint_locations.as_ref().map(|points| format!("{} key points", points.len())),
        info.span.as_ref().map(|one| span(one.char_start, one.char_end, one.raw_text.as_deref())),
        info.token.as_ref().map(|one| span(one.char_start, one.char_end, one.raw_text.as_deref())),
        region.track_id.as_ref().filter(|id| !id.is_empty()).map(|id| format!("track {id}")),
    ];
    shapes.into_iter().flatten().map(|shape| (shape, String::new())).collect()
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
    let mut found = region.data.as_ref().map(data_results).unwrap_or_default();
    let value = region.value.map(percent).unwrap_or_default();
    for (_, probability) in found.iter_mut().filter(|(_, probability)| probability.is_empty()) {
        probability.clone_from(&value);
    }
    found.extend(shape_results(region));
    if found.is_empty() {
        found.push((String::new(), value));
    }
    found
}

/// Returns what was recognized in a part of an image, each with its probability where there is one.
fn data_results(data: &Data) -> Vec<(String, String)> {
    let mut found: Vec<_> =
        data.concepts().iter().map(|concept| (concept_name(concept), percent(concept.value()))).collect();
    if let Some(text) = data.text() {
        found.push((text.to_owned(), String::new()));
    }
    if let Some(vector) = data.embedding() {
        found.push((format!("{} dimensions", vector.len()), String::new()));
    }
    for color in data.colors() {
        found.push((color.name().or(color.hex()).unwrap_or_default().to_owned(), percent(color.share())));
    }
    found.extend(face_results(data));
    if let Some(focus) = data.focus.as_ref().and_then(|focus| focus.value.or(focus.density)) {
        found.push((format!("focus {focus:.3}"), String::new()));
    }
    if let Some(metadata) = data.metadata.as_deref().filter(|metadata| has_content(metadata)) {
        found.push((format!("metadata {metadata}"), String::new()));
    }
    for region in data.regions() {
        found.extend(region_results(region));
    }
    for (kind, id, _, data) in timed(data) {
        found.push((format!("{kind} {id}"), String::new()));
        found.extend(data.map(data_results).unwrap_or_default());
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
        for (found, value) in frame.data.as_ref().map(data_results).unwrap_or_default() {
            row(found, value);
        }
        // A frame without results was analyzed too.
        if !at.is_empty() {
            table.add_row([at, String::new(), String::new()]);
        }
    }
    align_right(&mut table, &[0, 2]);
    write_table(&table, " ", out)
}

/// Prints the predictions of all models of a workflow for one input, also of those that failed.
pub(crate) fn write_workflow_result(
    source: &str,
    result: &WorkflowResult,
    raw: Option<&Value>,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    for (index, output) in result.outputs().iter().enumerate() {
        let model =
            output.model.as_deref().map_or("", |model| if model.name.is_empty() { &model.id } else { &model.name });
        let raw = raw.and_then(|raw| raw["outputs"].get(index));
        write_prediction(&format!("{source} ({model})"), output, raw, false, out)?;
    }
    if result.outputs().is_empty() {
        writeln!(out, "{SOURCE}{}{SOURCE:#}", sanitize(source))?;
        match result.suppress_output {
            Some(true) => writeln!(out, "  The workflow returns no output.\n")?,
            _ => writeln!(out, "  No output of any model.\n")?,
        }
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
        let raw: Value = serde_json::from_str(&format!(r#"{{"data": {data}}}"#)).unwrap();
        write_prediction("a.jpg", &output, Some(&raw), false, &mut anstream::StripStream::new(&mut out)).unwrap();
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
            (r#"{"brand_new": [{"x": 1}]}"#, &["No table for brand_new"]),
            (r#"{"text": "EXIT"}"#, &["No table for text"]),
            (r#"{"concepts": [["cat", "dog"]]}"#, &["No table for concepts"]),
            (r#"{"regions": {"a": 1}}"#, &["No table for regions"]),
            (r##"{"colors": {"raw_hex": "#fff"}}"##, &["No table for colors"]),
            (r#"["odd"]"#, &["No table for data"]),
            (
                r#"{"concepts": [{"name": "cat"}], "heatmaps": [{"url": "u"}], "hits": [{"score": 1}], "clusters": []}"#,
                &["cat", "Also in the response: heatmaps, hits; see --json."],
            ),
            (
                r#"{"regions": [{"data": {"face": {"age_appearance": {"concepts": [{"name": "66", "value": 0.9}]},
                    "identity": {"concepts": [{"name": "ada", "value": 0.8}]}}}},
                    {"data": {"face": {"gender_appearance": {"concepts": [{"name": "feminine", "value": 0.7}]}}}}]}"#,
                &["identity ada", "80.0 %", "age 66", "90.0 %", "gender feminine", "70.0 %"],
            ),
            (r#"{"face": {"identity": {"concepts": [{"name": "ada", "value": 0.8}]}}}"#, &["identity ada 80.0 %"]),
            (r#"{"focus": {"density": 0.25, "value": 0.5}}"#, &["focus 0.500, density 0.250"]),
            (
                r#"{"frames": [{"frame_info": {"time": 0}, "data": {"text": {"raw": "EXIT"}, "regions":
                    [{"data": {"face": {"identity": {"concepts": [{"name": "ada", "value": 1}]}}}}],
                    "heatmaps": [{}]}}]}"#,
                &["EXIT", "identity ada", "Also in the response: heatmaps"],
            ),
            (
                r#"{"regions": [{"region_info": {"mask": {"image": {"url": "m"}}, "brand_new": {"a": 1}}, "track_id":
                    "t1"}, {"region_info": {"point": {"row": 0.25, "col": 0.5}}},
                    {"region_info": {"polygon": {"points": [{}, {}, {}]}}},
                    {"region_info": {"span": {"char_start": 1, "char_end": 4, "raw_text": "abc"}}}]}"#,
                &[
                    "mask",
                    "track t1",
                    "point at left 50.0 %, top 25.0 %",
                    "polygon of 3 points",
                    "characters 1 to 4: abc",
                    "Also in the response: brand_new",
                ],
            ),
            (
                r#"{"tracks": [{"id": "t1", "data": {"concepts": [{"name": "dog", "value": 0.5}]}}]}"#,
                &["track t1: dog 50.0 %"],
            ),
            (
                r#"{"concepts": [{"name": "cat", "value": 1}], "metadata": {"a": "\u001b[31m"}}"#,
                &["metadata {\"a\":\"\\u001b[31m\"}"],
            ),
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
