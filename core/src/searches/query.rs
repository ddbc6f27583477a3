//! What the searches of inputs and of annotations have in common.

use serde::Serialize;

use super::{SearchFilter, SearchRank};
use crate::body::BodyWriter;
use crate::error::InvalidArgument;
use crate::types::Timestamp;

/// How a search compares vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SearchAlgorithm {
    /// By an index: fast, and may miss hits. The default.
    NearestNeighbor,
    /// With every vector.
    BruteForce,
    /// With the average of the vectors of each concept.
    AvgConceptBruteForce,
}

/// The distance that a search by brute force measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SearchMetric {
    /// The Euclidean distance.
    Euclidean,
    /// The cosine distance.
    Cosine,
}

/// Filters, ranks and options of a search.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Query {
    pub(super) filters: Vec<SearchFilter>,
    pub(super) ranks: Vec<SearchRank>,
    pub(super) language: Option<String>,
    pub(super) algorithm: Option<SearchAlgorithm>,
    pub(super) metric: Option<SearchMetric>,
    pub(super) min_value: Option<f64>,
    pub(super) as_of: Option<Timestamp>,
}

impl Query {
    /// Writes `"searches":[…]`.
    pub(super) fn write(&self, json: &mut BodyWriter) -> Result<(), InvalidArgument> {
        if self.filters.is_empty() && self.ranks.is_empty() {
            return Err(InvalidArgument::new("filters and ranks", "must not both be empty"));
        }
        json.raw("\"searches\":[{\"query\":{");
        let mut comma = "";
        if !self.filters.is_empty() {
            write_list(json, "filters", &self.filters, SearchFilter::write)?;
            comma = ",";
        }
        if !self.ranks.is_empty() {
            json.raw(comma);
            write_list(json, "ranks", &self.ranks, SearchRank::write)?;
            comma = ",";
        }
        if let Some(language) = &self.language {
            json.raw(comma).raw("\"language\":").value("language", language)?;
        }
        json.raw("}");
        self.write_options(json)?;
        json.raw("}]");
        Ok(())
    }

    fn write_options(&self, json: &mut BodyWriter) -> Result<(), InvalidArgument> {
        if let Some(algorithm) = &self.algorithm {
            json.raw(",\"algorithm\":").value("algorithm", algorithm)?;
        }
        if let Some(metric) = self.metric {
            if !matches!(self.algorithm, Some(SearchAlgorithm::BruteForce | SearchAlgorithm::AvgConceptBruteForce)) {
                return Err(InvalidArgument::new("metric", "is for brute force only"));
            }
            let number = match metric {
                SearchMetric::Euclidean => 1,
                SearchMetric::Cosine => 2,
            };
            json.raw(",\"metric\":").value("metric", &number)?;
        }
        if let Some(min_value) = self.min_value {
            if !(0.0..=1.0).contains(&min_value) {
                let problem = format!("is {min_value}, it must lie within 0 to 1");
                return Err(InvalidArgument::new("min_value", problem));
            }
            json.raw(",\"min_value\":").value("min_value", &min_value)?;
        }
        if let Some(time) = &self.as_of {
            if time.duration_since_epoch().is_none() {
                return Err(InvalidArgument::new("as_of", format!("`{time}` is not a valid time")));
            }
            json.raw(",\"as_of\":").value("as_of", time)?;
        }
        Ok(())
    }
}

fn write_list<T>(
    json: &mut BodyWriter,
    key: &'static str,
    list: &[T],
    write: impl Fn(&T, &mut BodyWriter) -> Result<(), InvalidArgument>,
) -> Result<(), InvalidArgument> {
    json.raw("\"").raw(key).raw("\":[");
    for (index, one) in list.iter().enumerate() {
        if index > 0 {
            json.raw(",");
        }
        write(one, json).map_err(|invalid| invalid.at(key, index))?;
    }
    json.raw("]");
    Ok(())
}

/// The methods that add filters, ranks and options to a search with a field `query`.
macro_rules! query_methods {
    () => {
        /// Adds a filter. All filters are combined with AND.
        pub fn filter(mut self, filter: SearchFilter) -> Self {
            self.query.filters.push(filter);
            self
        }

        /// Adds a rank. The hits are sorted by all ranks together.
        pub fn rank(mut self, rank: SearchRank) -> Self {
            self.query.ranks.push(rank);
            self
        }

        /// Sets the language of concept names, such as `en`. Default: the app's language.
        pub fn language(mut self, language: impl Into<String>) -> Self {
            self.query.language = Some(language.into());
            self
        }

        /// Sets how vectors are compared. Default: [`SearchAlgorithm::NearestNeighbor`].
        pub fn algorithm(mut self, algorithm: SearchAlgorithm) -> Self {
            self.query.algorithm = Some(algorithm);
            self
        }

        /// Sets the distance, for brute force only; sending it with another algorithm fails. Default: chosen by the
        /// service.
        pub fn metric(mut self, metric: SearchMetric) -> Self {
            self.query.metric = Some(metric);
            self
        }

        /// Sets the minimum score of a hit, 0 to 1. Default: chosen by the service.
        pub fn min_value(mut self, score: f64) -> Self {
            self.query.min_value = Some(score);
            self
        }

        /// Searches the state at a time in the past. Default: now.
        pub fn as_of(mut self, time: Timestamp) -> Self {
            self.query.as_of = Some(time);
            self
        }
    };
}

pub(super) use query_methods;
