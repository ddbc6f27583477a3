//! Parsers for arguments that are more than a string.

use clap::ValueEnum;
use clarifai_core::PatchAction;
use clarifai_core::concepts::ConceptRef;
use clarifai_core::inputs::Metadata;
use clarifai_core::types::{Distance, GeoPoint};
use serde::de::IgnoredAny;

use crate::exit::Failure;

/// A concept: `id:X`, `name:X`, or X, which is an ID or a name depending on the command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ConceptArg {
    Id(String),
    Name(String),
    Unspecified(String),
}

impl ConceptArg {
    /// Returns the concept for searches, where an unspecified one is a name.
    pub(crate) fn name_by_default(&self) -> ConceptRef {
        match self {
            Self::Id(id) => ConceptRef::id(id),
            Self::Name(name) | Self::Unspecified(name) => ConceptRef::name(name),
        }
    }

    /// Returns the concept for annotations, where an unspecified one is an ID.
    pub(crate) fn id_by_default(&self) -> ConceptRef {
        match self {
            Self::Id(id) | Self::Unspecified(id) => ConceptRef::id(id),
            Self::Name(name) => ConceptRef::name(name),
        }
    }

    /// Returns the IDs of concepts, for parts of the API that accept nothing else.
    pub(crate) fn ids(concepts: &[Self]) -> Result<Vec<&str>, Failure> {
        concepts.iter().map(Self::id).collect()
    }

    fn id(&self) -> Result<&str, Failure> {
        match self {
            Self::Id(id) | Self::Unspecified(id) => Ok(id),
            Self::Name(name) => Err(Failure::usage(format!("a concept ID is required, but name:{name} was given"))
                .with_hint(format!("find the ID with `clarifai concepts search '{name}'`"))),
        }
    }
}

/// Checks that no concept is given both as present and, with the option `negative`, as absent. `reference` is how the
/// command reads a concept without a prefix.
pub(crate) fn check_contradiction(
    present: &[ConceptArg],
    absent: &[ConceptArg],
    reference: fn(&ConceptArg) -> ConceptRef,
    negative: &str,
) -> Result<(), Failure> {
    match present.iter().find(|concept| absent.iter().any(|other| reference(other) == reference(concept))) {
        None => Ok(()),
        Some(ConceptArg::Id(text) | ConceptArg::Name(text) | ConceptArg::Unspecified(text)) => {
            let text = crate::terminal::sanitize(text);
            let positive = negative.replacen("not-", "", 1);
            Err(Failure::usage(format!("{positive} {text} contradicts {negative} {text}")))
        }
    }
}

/// Parses a concept.
pub(super) fn concept(text: &str) -> Result<ConceptArg, String> {
    let (new, text): (fn(String) -> ConceptArg, _) = match text.split_once(':') {
        Some(("id", id)) => (ConceptArg::Id, id),
        Some(("name", name)) => (ConceptArg::Name, name),
        _ => (ConceptArg::Unspecified, text),
    };
    if text.trim().is_empty() { Err("ID or name must not be empty".to_owned()) } else { Ok(new(text.to_owned())) }
}

/// Parses a number of requests per second.
pub(super) fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate: &f64| (0.001..=10_000.0).contains(rate));
    rate.ok_or_else(|| "must be a number from 0.001 to 10000".to_owned())
}

/// A point on earth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Location {
    pub(crate) longitude: f64,
    pub(crate) latitude: f64,
}

impl Location {
    fn new(longitude: f64, latitude: f64) -> Result<Self, String> {
        if !(-180.0..=180.0).contains(&longitude) {
            return Err(format!("longitude {longitude} is not between -180 and 180 degrees"));
        }
        if !(-90.0..=90.0).contains(&latitude) {
            return Err(format!("latitude {latitude} is not between -90 and 90 degrees"));
        }
        Ok(Self { longitude, latitude })
    }

    /// Returns the point of the API.
    pub(crate) fn point(self) -> GeoPoint {
        GeoPoint::new(self.longitude, self.latitude)
    }
}

fn numbers<const COUNT: usize>(text: &str, form: &str) -> Result<[f64; COUNT], String> {
    let numbers: Result<Vec<f64>, _> = text.split(',').map(|number| number.trim().parse()).collect();
    numbers.ok().and_then(|numbers| numbers.try_into().ok()).ok_or_else(|| format!("expected {form}"))
}

/// Parses `LON,LAT`.
pub(super) fn location(text: &str) -> Result<Location, String> {
    let [longitude, latitude] = numbers(text, "LON,LAT, such as -6.26,53.35")?;
    Location::new(longitude, latitude)
}

/// Two opposite corners of an area.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Area(pub(crate) Location, pub(crate) Location);

/// Parses `LON,LAT,LON,LAT`.
pub(super) fn area(text: &str) -> Result<Area, String> {
    let [west, south, east, north] = numbers(text, "LON,LAT,LON,LAT, such as -6.5,53.2,-6.0,53.5")?;
    Ok(Area(Location::new(west, south)?, Location::new(east, north)?))
}

/// Parses `TOP,LEFT,BOTTOM,RIGHT`, as fractions.
pub(super) fn bounding_box(text: &str) -> Result<[f64; 4], String> {
    let edges @ [top, left, bottom, right] = numbers(text, "TOP,LEFT,BOTTOM,RIGHT, such as 0.1,0.2,0.5,0.6")?;
    match edges.iter().all(|edge| (0.0..=1.0).contains(edge)) && top < bottom && left < right {
        true => Ok(edges),
        false => {
            Err("expected fractions from 0 to 1, the top before the bottom and the left before the right".to_owned())
        }
    }
}

/// Parses a distance such as `10mi`.
pub(super) fn distance(text: &str) -> Result<Distance, String> {
    let number = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let unit: fn(f64) -> Distance = match &text[number.len()..] {
        "mi" => Distance::miles,
        "km" => Distance::km,
        "deg" => Distance::degrees,
        "rad" => Distance::radians,
        _ => return Err("expected a number and a unit (mi, km, deg or rad), such as 10km".to_owned()),
    };
    match number.trim().parse::<f64>() {
        Ok(value) if value.is_finite() && value > 0.0 => Ok(unit(value)),
        _ => Err("expected a number greater than 0 and a unit, such as 10km".to_owned()),
    }
}

/// Parses a number from 0 to 1.
pub(super) fn fraction(text: &str) -> Result<f64, String> {
    match text.trim().parse() {
        Ok(fraction) if (0.0..=1.0).contains(&fraction) => Ok(fraction),
        _ => Err("expected a number from 0 to 1".to_owned()),
    }
}

/// Parses a JSON object. It is sent as it was given.
pub(super) fn metadata(text: &str) -> Result<Metadata, String> {
    if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
        return Err(format!("invalid JSON: {error}"));
    }
    text.parse().map_err(|_| "expected a JSON object, such as {\"camera\": 7}".to_owned())
}

/// How an update combines given values with stored ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum PatchMode {
    /// Add the values
    #[default]
    Merge,
    /// Replace the stored values
    Overwrite,
    /// Remove the values
    Remove,
}

impl From<PatchMode> for PatchAction {
    fn from(mode: PatchMode) -> Self {
        match mode {
            PatchMode::Merge => Self::Merge,
            PatchMode::Overwrite => Self::Overwrite,
            PatchMode::Remove => Self::Remove,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn parses_valid_values() {
        assert_eq!(concept("id:cat").unwrap(), ConceptArg::Id("cat".to_owned()));
        assert_eq!(concept("name:a:b").unwrap(), ConceptArg::Name("a:b".to_owned()));
        assert_eq!(concept("ns:cat").unwrap(), ConceptArg::Unspecified("ns:cat".to_owned()));
        assert_eq!(location(" -6.26, 53").unwrap().point(), GeoPoint::new(-6.26, 53.0));
        assert_eq!(area("0,1,2,3").unwrap().1.point(), GeoPoint::new(2.0, 3.0));
        assert_eq!(distance("1.5e1km").unwrap(), Distance::km(15.0));
        assert_eq!(distance("0.1 rad").unwrap(), Distance::radians(0.1));
        assert!(bounding_box("0, 0.25,0.5,1").is_ok());
        assert!(metadata("{}").unwrap().is_empty());
    }

    #[test]
    fn rejects_invalid_values() {
        for bad in ["", "id:", "name: "] {
            assert!(concept(bad).is_err(), "{bad}");
        }
        for bad in ["", "1", "1,2,3", "181,0", "0,-91", "NaN,0", "x,y"] {
            assert!(location(bad).is_err(), "{bad}");
        }
        for bad in ["1,2", "0,0,0,91"] {
            assert!(area(bad).is_err(), "{bad}");
        }
        for bad in ["", "0,0,1", "0,0,1,1.1", "0.5,0,0.5,1", "0,1,1,0", "NaN,0,1,1"] {
            assert!(bounding_box(bad).is_err(), "{bad}");
        }
        for bad in ["", "10", "mi", "0mi", "-1km", "10 furlongs", "infkm", "NaNdeg"] {
            assert!(distance(bad).is_err(), "{bad}");
        }
        for bad in ["", "1.1", "-0.1", "NaN", "some"] {
            assert!(fraction(bad).is_err(), "{bad}");
        }
        for bad in ["", "[]", "1", "{"] {
            assert!(metadata(bad).is_err(), "{bad}");
        }
    }
}
