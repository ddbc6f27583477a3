//! [`Color`]: a main color of an image, and the share of the image it covers.

use crate::lenient::record;

record! {
    /// A main color of an image, and the share of the image it covers.
    pub struct Color {
        /// The color as `#rrggbb`.
        pub raw_hex: Option<String>,
        /// The nearest color that has a W3C name.
        pub w3c: Option<W3c>,
        /// Share of the image, 0 to 1. The shares of an image add up to about 1.
        pub value: Option<f64>,
    }
}

impl Color {
    /// Returns the color as `#rrggbb`, or the nearest named color if the exact one is absent.
    pub fn hex(&self) -> Option<&str> {
        self.raw_hex.as_deref().or_else(|| self.w3c.as_ref()?.hex.as_deref())
    }

    /// Returns the name of the nearest named color.
    pub fn name(&self) -> Option<&str> {
        self.w3c.as_ref().map(|named| named.name.as_str()).filter(|name| !name.is_empty())
    }

    /// Returns the share of the image, 0 to 1. An absent share counts as 0.
    pub fn share(&self) -> f64 {
        self.value.unwrap_or(0.0)
    }
}

record! {
    /// A color with a W3C (CSS) name.
    #[doc(alias = "W3C")]
    pub struct W3c {
        /// The color as `#rrggbb`.
        pub hex: Option<String>,
        /// The name, such as `DarkSlateGray`.
        pub name: String,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Data;

    #[test]
    fn hex_falls_back_to_the_named_color() {
        let json = r##"{"colors": [{"raw_hex": "#1b1c1d", "value": 0.7}, {"w3c": {"hex": "#fff", "name": "White"}}]}"##;
        let data: Data = serde_json::from_str(json).expect(json);
        let seen: Vec<_> = data.colors().iter().map(|color| (color.hex(), color.name(), color.share())).collect();
        assert_eq!(seen, [(Some("#1b1c1d"), None, 0.7), (Some("#fff"), Some("White"), 0.0)]);
    }
}
