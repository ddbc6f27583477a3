//! Arguments that are more than a text, and what is wrong with those that are none.

use clap::ValueEnum;
use clarifai_core::PatchAction;
use clarifai_core::concepts::ConceptRef;
use clarifai_core::searches::DistanceUnit;
use serde_json::{Map, Value};

use crate::exit::Failure;

/// A concept: `id:X`, `name:X`, or X, whose meaning hangs on the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Concept {
    Id(String),
    Name(String),
    Plain(String),
}

impl Concept {
    /// As searches have it: a name unless it is said to be an id.
    pub(crate) fn searched(&self) -> ConceptRef {
        match self {
            Self::Id(id) => ConceptRef::id(id),
            Self::Name(name) | Self::Plain(name) => ConceptRef::name(name),
        }
    }

    /// As statements about inputs have it: an id unless it is said to be a name.
    pub(crate) fn stated(&self) -> ConceptRef {
        match self {
            Self::Id(id) | Self::Plain(id) => ConceptRef::id(id),
            Self::Name(name) => ConceptRef::name(name),
        }
    }

    /// The id, where the API takes nothing else.
    pub(crate) fn id(&self) -> Result<&str, Failure> {
        match self {
            Self::Id(id) | Self::Plain(id) => Ok(id),
            Self::Name(name) => Err(Failure::usage(format!(
                "name:{name} cannot be used here, where the API takes ids of concepts; `clarifai concepts search` \
                 finds them"
            ))),
        }
    }

    /// The ids of several.
    pub(crate) fn ids(concepts: &[Self]) -> Result<Vec<&str>, Failure> {
        concepts.iter().map(Self::id).collect()
    }
}

/// Reads a concept.
pub(crate) fn concept(text: &str) -> Result<Concept, String> {
    let (make, text): (fn(String) -> Concept, _) = match text.split_once(':') {
        Some(("id", id)) => (Concept::Id, id),
        Some(("name", name)) => (Concept::Name, name),
        _ => (Concept::Plain, text),
    };
    if text.trim().is_empty() { Err("a concept needs an id or a name".to_owned()) } else { Ok(make(text.to_owned())) }
}

/// A place on earth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Place {
    pub(crate) longitude: f64,
    pub(crate) latitude: f64,
}

impl Place {
    fn new(longitude: f64, latitude: f64) -> Result<Self, String> {
        match (-180.0..=180.0).contains(&longitude) && (-90.0..=90.0).contains(&latitude) {
            true => Ok(Self { longitude, latitude }),
            false => Err(format!(
                "{longitude},{latitude} is no place on earth: LON,LAT are degrees east, -180 to 180, and degrees \
                 north, -90 to 90"
            )),
        }
    }

    pub(crate) fn pair(self) -> (f64, f64) {
        (self.longitude, self.latitude)
    }
}

fn numbers<const COUNT: usize>(text: &str, form: &str) -> Result<[f64; COUNT], String> {
    let numbers: Result<Vec<f64>, _> = text.split(',').map(|number| number.trim().parse()).collect();
    numbers.ok().and_then(|numbers| numbers.try_into().ok()).ok_or_else(|| format!("it must look like {form}"))
}

/// Reads `LON,LAT`.
pub(crate) fn place(text: &str) -> Result<Place, String> {
    let [longitude, latitude] = numbers(text, "LON,LAT, such as -6.26,53.35")?;
    Place::new(longitude, latitude)
}

/// Two opposite corners of an area.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Area(pub(crate) Place, pub(crate) Place);

/// Reads `LON,LAT,LON,LAT`.
pub(crate) fn area(text: &str) -> Result<Area, String> {
    let [west, south, east, north] = numbers(text, "LON,LAT,LON,LAT, such as -6.5,53.2,-6.0,53.5")?;
    Ok(Area(Place::new(west, south)?, Place::new(east, north)?))
}

/// A distance on earth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Distance(pub(crate) f64, pub(crate) DistanceUnit);

/// Reads `10mi`.
pub(crate) fn distance(text: &str) -> Result<Distance, String> {
    let number = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let unit = match &text[number.len()..] {
        "mi" => DistanceUnit::Miles,
        "km" => DistanceUnit::Kilometers,
        "deg" => DistanceUnit::Degrees,
        "rad" => DistanceUnit::Radians,
        _ => return Err("it needs a unit: mi, km, deg or rad, such as 10km".to_owned()),
    };
    match number.trim().parse::<f64>() {
        Ok(value) if value.is_finite() && value > 0.0 => Ok(Distance(value, unit)),
        _ => Err("it must be a number greater than 0 and a unit, such as 10km".to_owned()),
    }
}

/// Reads a number from 0 to 1.
pub(crate) fn share(text: &str) -> Result<f64, String> {
    match text.trim().parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("it must be a number from 0 to 1".to_owned()),
    }
}

/// Reads a JSON object.
pub(crate) fn metadata(text: &str) -> Result<Map<String, Value>, String> {
    match serde_json::from_str(text) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err("it must be a JSON object, such as {\"camera\": 7}".to_owned()),
        Err(error) => Err(format!("it is no JSON: {error}")),
    }
}

/// What an update does with what is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Action {
    /// Add to it
    #[default]
    Merge,
    /// Replace it
    Overwrite,
    /// Take it away
    Remove,
}

impl From<Action> for PatchAction {
    fn from(action: Action) -> Self {
        match action {
            Action::Merge => Self::Merge,
            Action::Overwrite => Self::Overwrite,
            Action::Remove => Self::Remove,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn values_are_read() {
        assert_eq!(concept("id:cat").unwrap(), Concept::Id("cat".to_owned()));
        assert_eq!(concept("name:a:b").unwrap(), Concept::Name("a:b".to_owned()));
        assert_eq!(concept("ns:cat").unwrap(), Concept::Plain("ns:cat".to_owned()));
        assert_eq!(place(" -6.26, 53").unwrap().pair(), (-6.26, 53.0));
        assert_eq!(area("0,1,2,3").unwrap().1.pair(), (2.0, 3.0));
        assert_eq!(distance("1.5e1km").unwrap(), Distance(15.0, DistanceUnit::Kilometers));
        assert_eq!(distance("0.1 rad").unwrap(), Distance(0.1, DistanceUnit::Radians));
        assert_eq!(metadata("{}").unwrap().len(), 0);
    }

    #[test]
    fn others_are_refused() {
        for bad in ["", "id:", "name: "] {
            assert!(concept(bad).is_err(), "{bad}");
        }
        for bad in ["", "1", "1,2,3", "181,0", "0,-91", "NaN,0", "x,y"] {
            assert!(place(bad).is_err(), "{bad}");
        }
        for bad in ["1,2", "0,0,0,91"] {
            assert!(area(bad).is_err(), "{bad}");
        }
        for bad in ["", "10", "mi", "0mi", "-1km", "10 furlongs", "infkm", "NaNdeg"] {
            assert!(distance(bad).is_err(), "{bad}");
        }
        for bad in ["", "1.1", "-0.1", "NaN", "some"] {
            assert!(share(bad).is_err(), "{bad}");
        }
        for bad in ["", "[]", "1", "{"] {
            assert!(metadata(bad).is_err(), "{bad}");
        }
    }
}
