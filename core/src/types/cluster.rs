//! [`Cluster`]: a group of similar inputs.

use super::Hit;
use crate::lenient::record;

record! {
    /// A group of similar inputs.
    pub struct Cluster {
        /// Cluster id.
        pub id: String,
        /// Number of inputs in the cluster.
        pub count: Option<u64>,
        /// How well the cluster matches the request. Higher is better.
        pub score: Option<f64>,
        /// Some of the inputs in the cluster.
        pub hits: Option<Vec<Hit>>,
        /// Coordinates of the cluster on a map of all clusters. `NaN` stands for a number that could not be read.
        pub projection: Option<Vec<f64>>,
    }
}
