//! What the service found in an input, in the form that reports need. The JSON is that of the service, or of anyone who
//! wrote the job file: nothing about its shape is certain.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Map, Value};

/// Members of data that reports show, or that are the input itself.
const SHOWN: [&str; 10] =
    ["concepts", "regions", "colors", "frames", "text", "face", "image", "video", "audio", "metadata"];

/// The names of concepts, each with a number, so that a page contains each name once.
#[derive(Default)]
pub(super) struct Names {
    numbers: HashMap<String, usize>,
    list: Vec<String>,
}

impl Names {
    fn number(&mut self, name: &str) -> usize {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.list.len();
        self.numbers.insert(name.to_owned(), number);
        self.list.push(name.to_owned());
        number
    }

    /// Returns the names in the order of their numbers.
    pub(super) fn list(&self) -> &[String] {
        &self.list
    }
}

/// What was found in an input. All models of a workflow and all frames of a video are taken together.
#[derive(Debug, Default, PartialEq, Serialize)]
pub(super) struct Findings {
    /// Number and highest probability of each concept, the highest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) concepts: Vec<(usize, f64)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    regions: Vec<Region>,
    /// Each color as `#rrggbb`, its name, and the share of the image that it covers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    colors: Vec<(String, String, f64)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    texts: Vec<String>,
    /// Number of frames of a video.
    #[serde(skip_serializing_if = "is_zero")]
    frames: usize,
    /// Names of members that are not shown, such as `embeddings`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    others: Vec<String>,
}

/// A part of an image.
#[derive(Debug, PartialEq, Serialize)]
struct Region {
    /// Left and upper edge, width and height, as fractions of the image.
    #[serde(rename = "box", skip_serializing_if = "Option::is_none")]
    edges: Option<[f64; 4]>,
    /// As in [`Findings`].
    concepts: Vec<(usize, f64)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// Probability of the region itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<f64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl Findings {
    /// Reads the JSON object that the service returned for an input.
    pub(super) fn read(raw: &Value, names: &mut Names) -> Self {
        let mut findings = Self::default();
        match raw["outputs"].as_array() {
            Some(outputs) => outputs.iter().for_each(|output| findings.add(&output["data"], names)),
            None => findings.add(&raw["data"], names),
        }
        findings.concepts = highest(std::mem::take(&mut findings.concepts));
        findings
    }

    fn add(&mut self, data: &Value, names: &mut Names) {
        self.concepts.extend(concepts(data, names));
        for frame in items(&data["frames"]) {
            self.frames += 1;
            self.concepts.extend(concepts(&frame["data"], names));
        }
        self.regions.extend(items(&data["regions"]).map(|region| Region::read(region, names)));
        for color in items(&data["colors"]) {
            let hex = color["raw_hex"].as_str().or_else(|| color["w3c"]["hex"].as_str()).unwrap_or_default();
            let name = color["w3c"]["name"].as_str().unwrap_or_default();
            self.colors.push((hex.to_owned(), name.to_owned(), number(&color["value"]).unwrap_or(0.0)));
        }
        self.texts.extend(text(data));
        for (name, value) in data.as_object().into_iter().flatten() {
            if has_content(value) && !SHOWN.contains(&&**name) && !self.others.contains(name) {
                self.others.push(name.clone());
            }
        }
    }
}

impl Region {
    fn read(region: &Value, names: &mut Names) -> Self {
        let data = &region["data"];
        Self {
            edges: edges(&region["region_info"]["bounding_box"]),
            concepts: highest(concepts(data, names)),
            text: text(data).or_else(|| region["region_info"]["span"]["raw_text"].as_str().map(str::to_owned)),
            value: number(&region["value"]),
        }
    }
}

/// Returns the part of a box that is inside the image.
fn edges(edges: &Value) -> Option<[f64; 4]> {
    // The service leaves out edges at 0.
    edges.as_object().filter(|edges| !edges.is_empty())?;
    let edge = |name: &str| number(&edges[name]).unwrap_or(0.0).clamp(0.0, 1.0);
    let (left, top) = (edge("left_col"), edge("top_row"));
    let (width, height) = (edge("right_col") - left, edge("bottom_row") - top);
    (width > 0.0 && height > 0.0).then(|| [left, top, width, height].map(round))
}

/// Returns the concepts of data, those of faces in the old form of the API included.
fn concepts(data: &Value, names: &mut Names) -> Vec<(usize, f64)> {
    let faces = data["face"].as_object().into_iter().flat_map(Map::values);
    let all = items(&data["concepts"]).chain(faces.flat_map(|group| items(&group["concepts"])));
    all.map(|concept| {
        let text = |name: &str| concept[name].as_str().filter(|text| !text.is_empty());
        let name = text("name").or_else(|| text("id")).unwrap_or_default();
        (names.number(name), number(&concept["value"]).unwrap_or(0.0))
    })
    .collect()
}

/// Returns each concept once, with its highest probability, the highest first.
fn highest(concepts: Vec<(usize, f64)>) -> Vec<(usize, f64)> {
    let mut highest: HashMap<usize, (usize, f64)> = HashMap::new();
    for (place, (name, value)) in concepts.into_iter().enumerate() {
        let known = highest.entry(name).or_insert((place, value));
        known.1 = known.1.max(value);
    }
    let mut sorted: Vec<_> = highest.into_iter().collect();
    sorted.sort_by(|(_, one), (_, other)| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
    sorted.into_iter().map(|(name, (_, value))| (name, value)).collect()
}

fn text(data: &Value) -> Option<String> {
    data["text"]["raw"].as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Returns a number, which may be written as a string.
fn number(value: &Value) -> Option<f64> {
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
    number.filter(|number| number.is_finite()).map(round)
}

/// Rounds to what a page can show, because more digits only make it larger.
fn round(number: f64) -> f64 {
    let rounded = (number * 1e4).round() / 1e4;
    if rounded.is_finite() { rounded } else { number }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_models_and_frames_are_taken_together() {
        let mut names = Names::default();
        let raw = json!({"outputs": [
            {"data": {"concepts": [{"name": "boat", "value": 0.5}, {"id": "sea", "value": "0.7"}],
                      "embeddings": [{"vector": [1]}]}},
            {"data": {"frames": [{"data": {"concepts": [{"name": "boat", "value": 0.912_345}]}}, {}]}},
            {"data": {"text": {"raw": "Hi"}}},
        ]});
        let findings = Findings::read(&raw, &mut names);
        assert_eq!(findings.concepts, [(0, 0.9123), (1, 0.7)]);
        assert_eq!(
            (findings.frames, &*findings.texts, &*findings.others),
            (2, &["Hi".to_owned()][..], &["embeddings".to_owned()][..])
        );
        assert_eq!(names.list(), ["boat", "sea"]);
    }

    #[test]
    fn boxes_end_at_the_image_and_empty_ones_are_left_out() {
        for (edges_of, expected) in [
            (
                json!({"top_row": 0.25, "left_col": 0.5, "bottom_row": 0.75, "right_col": 0.75}),
                Some([0.5, 0.25, 0.25, 0.5]),
            ),
            (json!({"bottom_row": 7, "right_col": 0.5}), Some([0.0, 0.0, 0.5, 1.0])),
            (json!({"top_row": 0.5, "bottom_row": 0.25, "right_col": 1}), None),
            (json!({}), None),
            (json!("x"), None),
        ] {
            assert_eq!(edges(&edges_of), expected, "{edges_of}");
        }
    }

    #[test]
    fn any_json_is_read_without_a_panic() {
        for raw in [
            json!(null),
            json!([1]),
            json!({"data": 1}),
            json!({"outputs": [1, null, {"data": []}]}),
            json!({"data": {"concepts": [1, {"name": 7, "value": "many"}], "regions": [null], "colors": ["red"], "frames": {}}}),
        ] {
            Findings::read(&raw, &mut Names::default());
        }
    }
}
