//! Points on the globe, distances between them, and areas to search in.

use serde_json::Value;

/// Mean radius of the Earth in kilometers.
const RADIUS_KM: f64 = 6371.0088;
const KM_PER_MILE: f64 = 1.609_344;

/// A point; coordinates in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    longitude: f64,
    latitude: f64,
}

/// An area of the globe.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Area {
    /// All points within an angle, in radians, of a point.
    Around(Point, f64),
    /// All points between two corners.
    Box(Point, Point),
}

impl Point {
    /// Reads the `geo_point` of a `geo`.
    pub(crate) fn read(geo: &Value) -> Option<Self> {
        let point = &geo["geo_point"];
        let number = |name: &str, most: f64| point[name].as_f64().filter(|number| number.abs() <= most);
        Some(Self { longitude: number("longitude", 180.0)?, latitude: number("latitude", 90.0)? })
    }

    /// Returns the angle between two points along the great circle, in radians.
    fn angle(self, other: Self) -> f64 {
        let (from, to) = (self.latitude.to_radians(), other.latitude.to_radians());
        let half = |difference: f64| (difference / 2.0).sin().powi(2);
        let east = (other.longitude - self.longitude).to_radians();
        2.0 * (half(to - from) + from.cos() * to.cos() * half(east)).sqrt().min(1.0).asin()
    }
}

impl Area {
    /// Reads the `geo` of a search term. The default radius around a point is 10 km.
    pub(crate) fn read(geo: &Value) -> Option<Self> {
        if let Some(corners) = geo["geo_box"].as_array() {
            let [one, other] = corners.as_slice() else { return None };
            return Some(Self::Box(Point::read(one)?, Point::read(other)?));
        }
        let point = Point::read(geo)?;
        let limit = &geo["geo_limit"];
        if limit.is_null() {
            return Some(Self::Around(point, 10.0 / RADIUS_KM));
        }
        let value = limit["value"].as_f64().filter(|value| *value >= 0.0)?;
        let angle = match limit["type"].as_str()? {
            "withinMiles" => value * KM_PER_MILE / RADIUS_KM,
            "withinKilometers" => value / RADIUS_KM,
            "withinDegrees" => value.to_radians(),
            "withinRadians" => value,
            _ => return None,
        };
        Some(Self::Around(point, angle))
    }

    pub(crate) fn contains(&self, point: Point) -> bool {
        let between = |one: f64, other: f64, value: f64| (one.min(other)..=one.max(other)).contains(&value);
        match *self {
            Self::Around(center, angle) => center.angle(point) <= angle,
            Self::Box(one, other) => {
                between(one.longitude, other.longitude, point.longitude)
                    && between(one.latitude, other.latitude, point.latitude)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn areas_contain_points_within_their_limit() {
        let point = |longitude, latitude| Point { longitude, latitude };
        let (berlin, paris) = (point(13.405, 52.52), point(2.3522, 48.8566));
        let kilometers = berlin.angle(paris) * RADIUS_KM;
        assert!((kilometers - 878.0).abs() < 2.0, "{kilometers}");
        let within = |kind: &str, value: f64| {
            let geo = json!({
                "geo_point": {"longitude": 13.405, "latitude": 52.52},
                "geo_limit": {"type": kind, "value": value},
            });
            Area::read(&geo).is_some_and(|area| area.contains(paris))
        };
        for (kind, near, far) in [
            ("withinKilometers", 870.0, 880.0),
            ("withinMiles", 540.0, 550.0),
            ("withinDegrees", 7.8, 8.0),
            ("withinRadians", 0.136, 0.139),
        ] {
            assert!(!within(kind, near) && within(kind, far), "{kind}");
        }
        assert!(!within("withinParsecs", 1.0));
    }
}
