//! [`Focus`]: how sharp an image is, in responses until 2020.

use crate::lenient::record;

record! {
    /// How sharp an image or a region is. Only in responses until 2020.
    pub struct Focus {
        /// Share of the image that is in focus, 0 to 1.
        pub density: Option<f64>,
        /// Overall sharpness, 0 to 1.
        pub value: Option<f64>,
    }
}
