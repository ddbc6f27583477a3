//! [`Embedding`]: a vector that represents an input or a region.

use crate::lenient::record;

record! {
    /// A vector that represents an input or a region. Similar contents have vectors that point in similar directions.
    pub struct Embedding {
        /// Components of the vector. `NaN` stands for a component that could not be read, so that the others keep their
        /// positions.
        pub vector: Option<Vec<f64>>,
        /// Number of components.
        pub num_dimensions: Option<u64>,
    }
}

impl Embedding {
    /// Returns the components of the vector, or an empty slice if they are absent.
    pub fn vector(&self) -> &[f64] {
        self.vector.as_deref().unwrap_or_default()
    }

    /// Returns the cosine similarity of two vectors, -1 to 1; 1 means the same direction.
    ///
    /// Returns `None` if the vectors differ in length, are empty, are all zeros, or contain numbers that are not
    /// finite.
    ///
    /// ```
    /// use clarifai_core::types::Embedding;
    ///
    /// let one: Embedding = serde_json::from_str(r#"{"vector": [3, 4]}"#)?;
    /// let other: Embedding = serde_json::from_str(r#"{"vector": [4, 3]}"#)?;
    /// assert_eq!(one.cosine(&other), Some(0.96));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn cosine(&self, other: &Self) -> Option<f64> {
        let (a, b) = (self.vector(), other.vector());
        if a.len() != b.len() {
            return None;
        }
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
        let cosine = dot(a, b) / (dot(a, a).sqrt() * dot(b, b).sqrt());
        cosine.is_finite().then_some(cosine.clamp(-1.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cosine_requires_two_finite_nonzero_vectors_of_equal_length() {
        let vector = |json: &str| serde_json::from_str::<Embedding>(json).expect(json);
        let unit = vector(r#"{"vector": [1, 0]}"#);
        for (json, cosine) in [
            (r#"{"vector": [1e-3, 0]}"#, Some(1.0)),
            (r#"{"vector": [0, 2]}"#, Some(0.0)),
            (r#"{"vector": [-1, 0]}"#, Some(-1.0)),
            (r#"{"vector": [0, 0]}"#, None),
            (r#"{"vector": [1]}"#, None),
            (r#"{"vector": [1, null]}"#, None),
            ("{}", None),
        ] {
            assert_eq!(unit.cosine(&vector(json)), cosine, "{json}");
        }
        assert_eq!(vector("{}").cosine(&vector("{}")), None);
    }
}
