//! [`Part`]: a named argument or result of a model.

use super::Data;
use crate::lenient::record;

record! {
    /// A named argument or result of a model that takes or returns several values.
    pub struct Part {
        /// Name of the argument or result.
        pub id: String,
        /// Its value.
        pub data: Option<Data>,
    }
}

record! {
    /// An array of numbers with any number of dimensions.
    #[doc(alias = "NDArray")]
    pub struct NdArray {
        /// The numbers as bytes in row-major order, in base64.
        pub buffer: Option<String>,
        /// Length of each dimension.
        pub shape: Option<Vec<u64>>,
        /// Type of the numbers, such as `float32`.
        pub dtype: Option<String>,
    }
}
