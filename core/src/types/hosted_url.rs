//! [`HostedUrl`]: the addresses of the service's copies of a file.

use crate::lenient::record;

record! {
    /// The addresses of the service's copies of a file. The URL of a copy is `{prefix}/{size}/{suffix}`.
    #[doc(alias = "HostedURL")]
    pub struct HostedUrl {
        /// First part of the URL of every copy.
        pub prefix: Option<String>,
        /// Last part of the URL of every copy.
        pub suffix: Option<String>,
        /// Names of the sizes that exist, such as `orig` or `small`.
        pub sizes: Option<Vec<String>>,
        /// Value for the `crossorigin` attribute of an HTML element that shows the file.
        pub crossorigin: Option<String>,
    }
}

impl HostedUrl {
    /// Returns the URL of the copy of this size, which should be one of [`sizes`](Self::sizes). `None` if the prefix or
    /// the suffix is absent.
    pub fn url(&self, size: &str) -> Option<String> {
        Some(format!("{}/{size}/{}", self.prefix.as_deref()?, self.suffix.as_deref()?))
    }
}
