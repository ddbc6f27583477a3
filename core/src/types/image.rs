//! [`Image`]: an image, its size and its format.

use std::collections::BTreeMap;

use super::HostedUrl;
use crate::lenient::record;

record! {
    /// An image: the media of an input, a mask, a heatmap, or an illustration of a model or concept.
    pub struct Image {
        /// URL that the image was fetched from.
        pub url: Option<String>,
        /// File contents in base64. A response about an image that was sent as bytes may contain the marker `dHJ1ZQ==`
        /// (`true`) instead.
        pub base64: Option<String>,
        /// Whether the image may be stored again if an input with the same URL exists.
        pub allow_duplicate_url: Option<bool>,
        /// Addresses of the service's copies.
        pub hosted: Option<HostedUrl>,
        /// Size and format.
        pub image_info: Option<ImageInfo>,
        /// Size and format of each copy, by the name of the size, such as `small`.
        pub hosted_image_info: Option<BTreeMap<String, ImageInfo>>,
        /// Decoded pixels in base64.
        pub decoded_bytes: Option<String>,
        /// Part of the image that was processed: top, left, bottom and right edge, each a fraction (0 to 1) of the
        /// height or width from the top left. Only in responses until 2019.
        pub crop: Option<Vec<f64>>,
    }
}

record! {
    /// Size and format of an image.
    pub struct ImageInfo {
        /// Width in pixels.
        pub width: Option<u32>,
        /// Height in pixels.
        pub height: Option<u32>,
        /// File format, such as `JPEG`; `UnknownImageFormat` until the image is processed.
        pub format: Option<String>,
        /// How the file stores colors, such as `YUV`.
        pub color_mode: Option<String>,
        /// Channels of a pixel, such as `RGB`.
        pub mode: Option<String>,
    }
}
