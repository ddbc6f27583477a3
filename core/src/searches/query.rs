//! What the searches of inputs and of annotations have in common.

use serde::Serialize;

use super::{SearchFilter, SearchRank, SearchResult};
use crate::body::{Body, BodyWriter};
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::page::Page;
use crate::types::Timestamp;

/// Reads a page of hits.
pub(super) fn decode(response: &Envelope) -> Result<SearchResult, DecodeError> {
    Ok(SearchResult { id: response.member("id")?, hits: response.found("hits")? })
}

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

    /// Returns the body of the request for a page of hits.
    pub(super) fn body_of_page(&self, page: Page) -> Result<Body, InvalidArgument> {
        page.check()?;
        let mut json = BodyWriter::with_capacity(192);
        json.raw("{");
        self.write(&mut json)?;
        json.raw(",\"pagination\":").value("page", &page)?.raw("}");
        Ok(json.finish())
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
        pub fn filter(mut self, filter: $crate::searches::SearchFilter) -> Self {
            self.query.filters.push(filter);
            self
        }

        /// Adds a rank. The hits are sorted by all ranks together.
        pub fn rank(mut self, rank: $crate::searches::SearchRank) -> Self {
            self.query.ranks.push(rank);
            self
        }

        /// Sets the language of concept names, such as `en`. Default: the app's language.
        pub fn language(mut self, language: impl Into<String>) -> Self {
            self.query.language = Some(language.into());
            self
        }

        /// Sets how vectors are compared. Default: [`SearchAlgorithm::NearestNeighbor`](crate::searches::SearchAlgorithm::NearestNeighbor).
        pub fn algorithm(mut self, algorithm: $crate::searches::SearchAlgorithm) -> Self {
            self.query.algorithm = Some(algorithm);
            self
        }

        /// Sets the distance, for brute force only; sending it with another algorithm fails. Default: chosen by the
        /// service.
        pub fn metric(mut self, metric: $crate::searches::SearchMetric) -> Self {
            self.query.metric = Some(metric);
            self
        }

        /// Sets the minimum score of a hit, 0 to 1. Default: chosen by the service.
        pub fn min_value(mut self, score: f64) -> Self {
            self.query.min_value = Some(score);
            self
        }

        /// Searches the state at a time in the past. Default: now.
        pub fn as_of(mut self, time: $crate::types::Timestamp) -> Self {
            self.query.as_of = Some(time);
            self
        }
    };
}

/// Implements a search by filters and ranks in a list, whose fields are `query` and `page`.
macro_rules! query_operation {
    ($Query:ident, $name:literal, $list:literal) => {
        impl $Query {
            /// Creates a search without filters and ranks, which cannot be sent: first page of 20 hits.
            pub fn new() -> Self {
                Self::default()
            }

            $crate::searches::query::query_methods!();

            /// Sets the page to fetch. Default: page 1 with 20 hits.
            pub fn page(mut self, page: $crate::page::Page) -> Self {
                self.page = page;
                self
            }
        }

        impl $crate::operation::Operation for $Query {
            type Output = $crate::searches::SearchResult;
            const SPEC: $crate::operation::Spec =
                $crate::operation::Spec::post($name).partial().replay($crate::operation::Replay::Safe);

            fn target(&self, target: &mut $crate::target::Target) {
                target.path($list).path("searches");
            }

            fn body(&self) -> Result<$crate::body::Body, $crate::error::InvalidArgument> {
                self.query.body_of_page(self.page)
            }

            fn decode(
                &self,
                response: &$crate::envelope::Envelope,
            ) -> Result<Self::Output, $crate::envelope::DecodeError> {
                $crate::searches::query::decode(response)
            }
        }

        impl $crate::operation::Paged for $Query {
            type Item = $crate::types::Hit;

            fn current(&self) -> $crate::page::Page {
                self.page
            }

            fn with_page(self, page: $crate::page::Page) -> Self {
                self.page(page)
            }

            fn items(response: Self::Output) -> Vec<Self::Item> {
                response.hits
            }

            fn key(hit: &Self::Item) -> std::borrow::Cow<'_, str> {
                $crate::searches::search::hit_key(hit)
            }
        }
    };
}

pub(super) use {query_methods, query_operation};
