//! [`Visibility`]: who may see a concept, a model, a model version or a workflow.

use std::hash::{Hash, Hasher};

use serde::Serialize;

use super::enum_value::{EnumValue, read_as_enum_value};
use crate::lenient::record;

record! {
    /// Who may see a concept, a model, a model version or a workflow.
    pub struct Visibility {
        /// Group of users who may read the object. Absent if the response does not contain it.
        pub gettable: Option<Gettable>,
    }
}

impl Visibility {
    /// Returns whether everyone may see the object. False if the visibility is absent from the response.
    pub fn is_public(&self) -> bool {
        self.gettable == Some(Gettable::PUBLIC)
    }
}

/// A group of users who may read an object: its owner, the owner's organization, or everyone.
///
/// The service sends it as a number (10, 30, 50) or as a name (`PRIVATE`, `ORG`, `PUBLIC`). Both forms compare equal,
/// and each serializes in the form it arrived in.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(transparent)]
pub struct Gettable(EnumValue);

read_as_enum_value!(Gettable);

impl Gettable {
    /// Only the owner.
    pub const PRIVATE: Self = Self(EnumValue::Number(10));
    /// The owner's organization.
    pub const ORG: Self = Self(EnumValue::Number(30));
    /// Everyone.
    pub const PUBLIC: Self = Self(EnumValue::Number(50));

    /// Returns the value as the service sent it.
    pub const fn value(&self) -> &EnumValue {
        &self.0
    }

    /// Returns the number for both forms, or else the unknown name, so that equal values have equal keys.
    fn key(&self) -> Result<i64, &str> {
        match &self.0 {
            EnumValue::Number(number) => Ok(*number),
            EnumValue::Name(name) => match &**name {
                "PRIVATE" => Ok(10),
                "ORG" => Ok(30),
                "PUBLIC" => Ok(50),
                other => Err(other),
            },
        }
    }
}

impl PartialEq for Gettable {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Gettable {}

impl Hash for Gettable {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_are_equal_and_serialize_unchanged() {
        for (json, public) in [
            (r#"{"gettable":50}"#, true),
            (r#"{"gettable":"PUBLIC"}"#, true),
            (r#"{"gettable":10}"#, false),
            (r#"{"gettable":"FRIENDS"}"#, false),
            ("{}", false),
        ] {
            let visibility: Visibility = serde_json::from_str(json).expect(json);
            assert_eq!(visibility.is_public(), public, "{json}");
            assert_eq!(serde_json::to_string(&visibility).expect(json), json);
        }
    }
}
