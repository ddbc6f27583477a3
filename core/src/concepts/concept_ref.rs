//! A concept as requests name it: by id or by name, with or without a value.

use serde::Serialize;

use crate::error::InvalidArgument;

/// A concept as requests name it: by id or by name, with or without a value.
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
    /// The concept's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The concept's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it is there, or how much.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<ConceptValue>,
}

/// Whether a concept is there, or how much of it. The service takes both forms.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum ConceptValue {
    /// There or not there: the form of old.
    Is(bool),
    /// From 0, surely not there, to 1, surely there.
    Number(f64),
}

impl ConceptRef {
    /// The concept with this id.
    pub fn id(id: impl Into<String>) -> Self {
        Self { id: Some(id.into()), ..Self::default() }
    }

    /// The concept with this name.
    pub fn name(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::default() }
    }

    /// Adds the name, beside the id.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// It is there.
    pub fn positive(self) -> Self {
        self.valued(ConceptValue::Is(true))
    }

    /// It is not there.
    pub fn negative(self) -> Self {
        self.valued(ConceptValue::Is(false))
    }

    /// It is there to this degree.
    pub fn valued(mut self, value: impl Into<ConceptValue>) -> Self {
        self.value = Some(value.into());
        self
    }

    /// Refuses what names no concept.
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

    /// Refuses a list in which one names no concept.
    pub(crate) fn check_all(list: &[Self]) -> Result<(), InvalidArgument> {
        list.iter().enumerate().try_for_each(|(index, concept)| concept.check(&format!("concepts[{index}]")))
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
