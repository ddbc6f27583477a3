//! The methods that predictions of models and of workflows have in common.

/// Implements the methods that add inputs and set options, for a request with the fields `inputs` and `options`.
macro_rules! prediction_methods {
    ($request:ty) => {
        impl $request {
            /// Adds an input.
            pub fn input(mut self, input: $crate::inputs::NewInput) -> Self {
                self.inputs.push(input);
                self
            }

            /// Adds several inputs.
            pub fn inputs(mut self, inputs: impl IntoIterator<Item = $crate::inputs::NewInput>) -> Self {
                self.inputs.extend(inputs);
                self
            }

            /// Adds an image by its URL.
            pub fn image_url(self, url: impl Into<String>) -> Self {
                self.input($crate::inputs::NewInput::image_url(url))
            }

            /// Adds an image as the bytes of its file.
            pub fn image_bytes(self, bytes: impl Into<::bytes::Bytes>) -> Self {
                self.input($crate::inputs::NewInput::image_bytes(bytes))
            }

            /// Adds an image as the Base64 of its file.
            pub fn image_base64(self, base64: impl Into<String>) -> Self {
                self.input($crate::inputs::NewInput::image_base64(base64))
            }

            /// Adds a video by its URL. A video must be the only input of its request.
            pub fn video_url(self, url: impl Into<String>) -> Self {
                self.input($crate::inputs::NewInput::video_url(url))
            }

            /// Adds a video as the bytes of its file. A video must be the only input of its request.
            pub fn video_bytes(self, bytes: impl Into<::bytes::Bytes>) -> Self {
                self.input($crate::inputs::NewInput::video_bytes(bytes))
            }

            /// Sets all options at once, replacing those set before.
            pub fn options(mut self, options: $crate::models::OutputOptions) -> Self {
                self.options = options;
                self
            }

            /// Sets the language of the concepts' names, such as `de` or `zh`. Default: the language of the app.
            pub fn language(mut self, language: impl Into<String>) -> Self {
                self.options = self.options.language(language);
                self
            }

            /// Sets the minimum value of the returned concepts, 0 to 1. Default: 0.
            pub fn min_value(mut self, min_value: f64) -> Self {
                self.options = self.options.min_value(min_value);
                self
            }

            /// Sets the maximum number of concepts per input, 1 to 200. 0 counts as not set. Default: the service's,
            /// 20.
            pub fn max_concepts(mut self, max_concepts: u32) -> Self {
                self.options = self.options.max_concepts(max_concepts);
                self
            }

            /// Adds a concept to the selection. The response contains only selected concepts. Default: all concepts.
            pub fn select(mut self, concept: $crate::concepts::ConceptRef) -> Self {
                self.options = self.options.select(concept);
                self
            }

            /// Sets the interval between the analyzed frames of a video, in milliseconds, 100 to 60,000. Default:
            /// 1,000.
            pub fn sample_ms(mut self, sample_ms: u32) -> Self {
                self.options = self.options.sample_ms(sample_ms);
                self
            }
        }
    };
}

pub(crate) use prediction_methods;
