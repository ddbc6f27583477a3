//! A reference to a concept by id or by name, with an optional value.

use serde::{Serialize, Serializer};

use crate::error::InvalidArgument;

/// A reference to a concept by id or by name, with an optional value.
///
/// ```
/// use clarifai_core::concepts::ConceptRef;
///
/// let cat = ConceptRef::id("cat");
/// let no_dog = ConceptRef::name("dog").negative();
/// ```
#[doc(alias = "Concept")]
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ConceptRef {
    /// Id of the concept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Name of the concept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether, or to what degree, the concept is present.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<ConceptValue>,
}

/// Whether, or to what degree, a concept is present. It is sent as a number, because the API has only numbers here.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum ConceptValue {
    /// Present (sent as 1) or absent (sent as 0).
    Is(bool),
    /// Degree of presence, from 0 (definitely absent) to 1 (definitely present).
    Number(f64),
}

impl ConceptRef {
    /// Creates a reference to the concept with this id.
    pub fn id(id: impl Into<String>) -> Self {
        Self { id: Some(id.into()), ..Self::default() }
    }

    /// Creates a reference to the concept with this name.
    pub fn name(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::default() }
    }

    /// Sets the name, in addition to the id.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the value to present.
    pub fn positive(self) -> Self {
        self.valued(ConceptValue::Is(true))
    }

    /// Sets the value to absent.
    pub fn negative(self) -> Self {
        self.valued(ConceptValue::Is(false))
    }

    /// Sets the value: `true` or `false`, or a degree from 0 to 1.
    pub fn valued(mut self, value: impl Into<ConceptValue>) -> Self {
        self.value = Some(value.into());
        self
    }

    /// Checks that the reference has an id or a name, and that a numeric value is within 0 to 1.
    pub(crate) fn check(&self, argument: &str) -> Result<(), InvalidArgument> {
        let names = [&self.id, &self.name];
        if names.iter().all(|name| name.is_none()) || names.iter().any(|name| name.as_deref() == Some("")) {
            return Err(InvalidArgument::new(argument.to_owned(), "needs an id or a name"));
        }
        match self.value {
            Some(ConceptValue::Number(value)) if !(0.0..=1.0).contains(&value) => Err(InvalidArgument::new(
                argument.to_owned(),
                format!("has the value {value}, it must lie within 0 to 1"),
            )),
            _ => Ok(()),
        }
    }

    /// Checks every reference of a list.
    pub(crate) fn check_all(list: &[Self]) -> Result<(), InvalidArgument> {
        list.iter().enumerate().try_for_each(|(index, concept)| concept.check(&format!("concepts[{index}]")))
    }
}

impl Serialize for ConceptValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Is(is) => serializer.serialize_u8((*is).into()),
            Self::Number(value) => serializer.serialize_f64(*value),
        }
    }
}

impl From<bool> for ConceptValue {
    fn from(is: bool) -> Self {
        Self::Is(is)
    }
}

impl From<f64> for ConceptValue {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}
