//! Outputs: what a model says about one input.

use super::{Color, Concept, Data, Frame, Input, Model, Region, Status, Timestamp};
use crate::lenient::record;

record! {
    /// What a model says about one input. Outputs come in the order of the inputs.
    pub struct Output {
        /// The id of the output.
        pub id: String,
        /// How it went for this input, which may differ from how it went for the others.
        pub status: Option<Status>,
        /// When it was made.
        pub created_at: Option<Timestamp>,
        /// The model that made it.
        pub model: Option<Box<Model>>,
        /// What the model was asked about. Absent within the results of a workflow.
        pub input: Option<Box<Input>>,
        /// What the model says.
        pub data: Option<Data>,
        /// How many tokens a language model read.
        pub prompt_tokens: Option<u64>,
        /// How many tokens a language model wrote.
        pub completion_tokens: Option<u64>,
        /// How many of the tokens read were known from before.
        pub cached_tokens: Option<u64>,
    }
}

impl Output {
    /// Whether the model answered: its status says so, or there is data and no status code.
    pub fn is_ok(&self) -> bool {
        match self.status.as_ref().and_then(|status| status.code.as_ref()) {
            Some(code) => code.is_success(),
            None => self.data.is_some(),
        }
    }

    /// What was recognised, in the order of the answer.
    pub fn concepts(&self) -> &[Concept] {
        self.data.as_ref().map_or(&[], Data::concepts)
    }

    /// What was recognised with the highest value; the first of several.
    pub fn best(&self) -> Option<&Concept> {
        self.data.as_ref()?.best()
    }

    /// The concepts with at least this value.
    pub fn above(&self, threshold: f64) -> impl Iterator<Item = &Concept> {
        self.concepts().iter().filter(move |concept| concept.value() >= threshold)
    }

    /// The concept with this name or id.
    pub fn concept(&self, name_or_id: &str) -> Option<&Concept> {
        self.data.as_ref()?.concept(name_or_id)
    }

    /// The main colours.
    pub fn colors(&self) -> &[Color] {
        self.data.as_ref().map_or(&[], Data::colors)
    }

    /// The parts of the picture or text in which something was found.
    pub fn regions(&self) -> &[Region] {
        self.data.as_ref().map_or(&[], Data::regions)
    }

    /// The moments of the video that were looked at.
    pub fn frames(&self) -> &[Frame] {
        self.data.as_ref().map_or(&[], Data::frames)
    }

    /// The numbers of the first vector.
    pub fn embedding(&self) -> Option<&[f64]> {
        self.data.as_ref()?.embedding()
    }

    /// The text a language model wrote, or that was read off a picture.
    pub fn text(&self) -> Option<&str> {
        self.data.as_ref()?.text()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_is_as_good_as_its_own_status() {
        for (json, ok) in [
            (r#"{"status": {"code": 10000}}"#, true),
            (r#"{"status": {"code": "SUCCESS"}}"#, true),
            (r#"{"status": {"code": 30002}, "data": {}}"#, false),
            (r#"{"status": {"code": 12345}, "data": {}}"#, false),
            (r#"{"status": "NOT_FOUND", "data": {}}"#, true),
            (r#"{"data": {}}"#, true),
            ("{}", false),
        ] {
            let output: Output = serde_json::from_str(json).expect(json);
            assert_eq!(output.is_ok(), ok, "{json}");
        }
    }

    #[test]
    fn accessors_reach_into_the_data() {
        let output: Output = serde_json::from_str(
            r#"{"data": {"concepts": [{"id": "c1", "name": "train", "value": 0.9}, {"id": "c2", "name": "dog"}],
                "embeddings": [{"vector": [1, 2]}], "text": {"raw": "hi"}, "regions": [{}], "frames": [{}, {}]}}"#,
        )
        .expect("an output");
        assert_eq!(output.concept("train"), output.concept("c1"));
        assert_eq!(output.concept("cat"), None);
        assert_eq!(output.above(0.9).count(), 1);
        assert_eq!(output.embedding(), Some(&[1.0, 2.0][..]));
        assert_eq!(output.text(), Some("hi"));
        assert_eq!((output.regions().len(), output.frames().len(), output.colors().len()), (1, 2, 0));
        let empty = Output::default();
        assert_eq!((empty.best(), empty.text(), empty.embedding(), empty.concepts().len()), (None, None, None, 0));
    }
}
