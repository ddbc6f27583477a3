//! [`Output`]: what a model returned for one input.

use super::{Color, Concept, Data, Frame, Input, Model, Region, Status, Timestamp};
use crate::lenient::record;

record! {
    /// What a model returned for one input. A response lists the outputs in the order of the inputs.
    ///
    /// ```
    /// use clarifai_core::types::Output;
    ///
    /// let output: Output = serde_json::from_str(
    ///     r#"{"data": {"concepts": [{"name": "train", "value": 0.99}, {"name": "dog", "value": 0.02}]}}"#,
    /// )?;
    /// for concept in output.above(0.5) {
    ///     assert_eq!((concept.name.as_str(), concept.value()), ("train", 0.99));
    /// }
    /// assert_eq!(output.concept("dog").map(|concept| concept.value()), Some(0.02));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub struct Output {
        /// Output id.
        pub id: String,
        /// Result for this input, which may differ from that of the others.
        pub status: Option<Status>,
        /// Time the output was created.
        pub created_at: Option<Timestamp>,
        /// The model that produced the output.
        pub model: Option<Box<Model>>,
        /// The input that the model processed. Absent within the results of a workflow.
        pub input: Option<Box<Input>>,
        /// What the model returned.
        pub data: Option<Data>,
        /// Number of tokens that a language model read.
        pub prompt_tokens: Option<u64>,
        /// Number of tokens that a language model wrote.
        pub completion_tokens: Option<u64>,
        /// Number of the tokens read that came from a cache.
        pub cached_tokens: Option<u64>,
    }
}

impl Output {
    /// Returns whether the prediction succeeded: the status has a code of success, or it has no code and there is data.
    pub fn is_success(&self) -> bool {
        match self.status.as_ref().and_then(|status| status.code.as_ref()) {
            Some(code) => code.is_success(),
            None => self.data.is_some(),
        }
    }

    /// Returns the predicted concepts, in the order of the response.
    pub fn concepts(&self) -> &[Concept] {
        self.data.as_ref().map_or(&[], Data::concepts)
    }

    /// Returns the concept with the highest value, or the first of several. `None` if there is no concept.
    pub fn best(&self) -> Option<&Concept> {
        self.data.as_ref()?.best()
    }

    /// Returns the concepts whose value is at least `threshold` (0 to 1), in the order of the response.
    pub fn above(&self, threshold: f64) -> impl Iterator<Item = &Concept> {
        self.concepts().iter().filter(move |concept| concept.value() >= threshold)
    }

    /// Returns the first concept with this name or id.
    pub fn concept(&self, name_or_id: &str) -> Option<&Concept> {
        self.data.as_ref()?.concept(name_or_id)
    }

    /// Returns the main colors of the image.
    pub fn colors(&self) -> &[Color] {
        self.data.as_ref().map_or(&[], Data::colors)
    }

    /// Returns the regions of the image or text in which the model found something.
    pub fn regions(&self) -> &[Region] {
        self.data.as_ref().map_or(&[], Data::regions)
    }

    /// Returns the frames of the video that the model processed.
    pub fn frames(&self) -> &[Frame] {
        self.data.as_ref().map_or(&[], Data::frames)
    }

    /// Returns the components of the first embedding vector, or `None` if there is no vector.
    pub fn embedding(&self) -> Option<&[f64]> {
        self.data.as_ref()?.embedding()
    }

    /// Returns the text that a language model wrote or that was recognized in an image, or `None` if it is absent.
    pub fn text(&self) -> Option<&str> {
        self.data.as_ref()?.text()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_ok_follows_the_status_of_the_output() {
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
            assert_eq!(output.is_success(), ok, "{json}");
        }
    }

    #[test]
    fn accessors_read_the_data() {
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
