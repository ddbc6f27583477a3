//! [`Text`]: a text, its length and encoding.

use super::HostedUrl;
use crate::lenient::record;

record! {
    /// The text of an input, text recognized in an image, or the output of a language model.
    pub struct Text {
        /// The text itself.
        pub raw: Option<String>,
        /// URL that the text was fetched from; a placeholder URL if the text was part of the request.
        pub url: Option<String>,
        /// Whether the text may be stored again if an input with the same URL exists.
        pub allow_duplicate_url: Option<bool>,
        /// Addresses of the service's copies.
        pub hosted: Option<HostedUrl>,
        /// Length and encoding.
        pub text_info: Option<TextInfo>,
    }
}

record! {
    /// Length and encoding of a text.
    pub struct TextInfo {
        /// Number of characters.
        pub char_count: Option<u64>,
        /// Encoding; `UnknownTextEnc` until the text is processed.
        pub encoding: Option<String>,
    }
}
