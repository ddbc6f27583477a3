//! [`GeoPoint`], [`GeoBox`] and [`Distance`]: locations on Earth, of inputs and in searches.

use serde::{Serialize, Serializer};

use crate::lenient::record;

record! {
    /// The location of an input, or the area of a search.
    pub struct Geo {
        /// The location, or the center of the area.
        pub geo_point: Option<GeoPoint>,
        /// Radius of the area around the location. Only in searches.
        pub geo_limit: Option<GeoLimit>,
        /// Two opposite corners of the area. Only in searches.
        #[doc(alias = "GeoBox")]
        pub geo_box: Option<Vec<GeoBoxedPoint>>,
    }
}

record! {
    /// A location on Earth, in degrees.
    pub struct GeoPoint {
        /// Degrees east, -180 to 180; negative west of Greenwich.
        pub longitude: Option<f64>,
        /// Degrees north, -90 to 90; negative south of the equator.
        pub latitude: Option<f64>,
    }
}

impl GeoPoint {
    /// Creates a location from its longitude (degrees east, -180 to 180) and its latitude (degrees north, -90 to 90),
    /// in this order. The ranges are checked when a request is built from it.
    pub fn new(longitude: f64, latitude: f64) -> Self {
        Self { longitude: Some(longitude), latitude: Some(latitude) }
    }

    /// Returns the longitude in degrees east. An absent number counts as 0, because the service may leave out zeros.
    pub fn longitude(&self) -> f64 {
        self.longitude.unwrap_or(0.0)
    }

    /// Returns the latitude in degrees north. An absent number counts as 0, because the service may leave out zeros.
    pub fn latitude(&self) -> f64 {
        self.latitude.unwrap_or(0.0)
    }
}

record! {
    /// A distance from a location, as the API writes it. [`Distance`] creates one from a number and its unit.
    pub struct GeoLimit {
        /// Unit: `withinMiles`, `withinKilometers`, `withinRadians` or `withinDegrees`.
        #[doc(alias = "type")]
        pub kind: Option<String> = "type",
        /// Number of units.
        pub value: Option<f64>,
    }
}

record! {
    /// A corner of an area, as the API writes it. [`GeoBox`] holds two of them.
    pub struct GeoBoxedPoint {
        /// Location of the corner.
        pub geo_point: Option<GeoPoint>,
    }
}

/// An area between two opposite corners, bounded by meridians and parallels.
///
/// Serializes in the form the API expects: a list of two [`GeoBoxedPoint`]s. The corners are checked when a request is
/// built from it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GeoBox {
    /// Any corner of the area.
    pub corner: GeoPoint,
    /// The corner opposite to [`corner`](Self::corner).
    pub opposite: GeoPoint,
}

impl GeoBox {
    /// Creates an area from any two opposite corners.
    pub fn new(corner: GeoPoint, opposite: GeoPoint) -> Self {
        Self { corner, opposite }
    }
}

impl Serialize for GeoBox {
    fn serialize<S: Serializer>(&self, target: S) -> Result<S::Ok, S::Error> {
        let corner = |point: &GeoPoint| GeoBoxedPoint { geo_point: Some(point.clone()) };
        [corner(&self.corner), corner(&self.opposite)].serialize(target)
    }
}

/// A distance on Earth: a number and its unit.
///
/// Two distances are equal if they have the same number and unit; `Distance::km(1.0)` differs from
/// `Distance::degrees(0.009)`. Serializes in the form of a [`GeoLimit`]. The number is checked when a request is built
/// from it.
#[doc(alias = "GeoLimit")]
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Distance {
    #[serde(rename = "type")]
    unit: Unit,
    value: f64,
}

/// The units of the API. It has none for meters, which are sent as kilometers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
enum Unit {
    #[serde(rename = "withinKilometers")]
    Kilometers,
    #[serde(rename = "withinMiles")]
    Miles,
    #[serde(rename = "withinDegrees")]
    Degrees,
    #[serde(rename = "withinRadians")]
    Radians,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Self::Kilometers => "withinKilometers",
            Self::Miles => "withinMiles",
            Self::Degrees => "withinDegrees",
            Self::Radians => "withinRadians",
        }
    }
}

impl Distance {
    /// Creates a distance in kilometers.
    pub const fn km(kilometers: f64) -> Self {
        Self { unit: Unit::Kilometers, value: kilometers }
    }

    /// Creates a distance in meters, which is sent as a number of kilometers.
    pub const fn meters(meters: f64) -> Self {
        Self::km(meters / 1000.0)
    }

    /// Creates a distance in statute miles (1.609344 km).
    pub const fn miles(miles: f64) -> Self {
        Self { unit: Unit::Miles, value: miles }
    }

    /// Creates a distance in degrees of a great circle (about 111 km each).
    pub const fn degrees(degrees: f64) -> Self {
        Self { unit: Unit::Degrees, value: degrees }
    }

    /// Creates a distance in radians of a great circle (about 6371 km each).
    pub const fn radians(radians: f64) -> Self {
        Self { unit: Unit::Radians, value: radians }
    }

    /// Returns the number in the unit that is sent: kilometers, miles, degrees or radians.
    pub const fn value(self) -> f64 {
        self.value
    }
}

impl From<Distance> for GeoLimit {
    fn from(distance: Distance) -> Self {
        Self { kind: Some(distance.unit.name().to_owned()), value: Some(distance.value) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn distances_serialize_as_geo_limits() {
        for (distance, kind, value) in [
            (Distance::km(5.0), "withinKilometers", 5.0),
            (Distance::meters(250.0), "withinKilometers", 0.25),
            (Distance::miles(10.0), "withinMiles", 10.0),
            (Distance::degrees(1.5), "withinDegrees", 1.5),
            (Distance::radians(0.1), "withinRadians", 0.1),
        ] {
            let expected = json!({"type": kind, "value": value});
            assert_eq!(serde_json::to_value(distance).expect(kind), expected);
            assert_eq!(serde_json::to_value(GeoLimit::from(distance)).expect(kind), expected);
            assert_eq!(json!(distance.value()), json!(value), "{kind}");
        }
    }

    #[test]
    fn boxes_serialize_as_two_corners() {
        let area = GeoBox::new(GeoPoint::new(0.0, 50.5), GeoPoint::new(5.0, 45.0));
        let expected = json!([
            {"geo_point": {"longitude": 0.0, "latitude": 50.5}},
            {"geo_point": {"longitude": 5.0, "latitude": 45.0}}
        ]);
        assert_eq!(serde_json::to_value(&area).expect("a list"), expected);
        let geo: Geo = serde_json::from_value(json!({"geo_box": expected})).expect("a geo");
        let read: Vec<_> = geo.geo_box.iter().flatten().filter_map(|corner| corner.geo_point.clone()).collect();
        assert_eq!(read, [area.corner, area.opposite]);
    }
}
