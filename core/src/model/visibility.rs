//! Who may see a thing.

use std::hash::{Hash, Hasher};

use serde::Serialize;

use super::enum_value::{EnumValue, read_as_enum_value};
use crate::lenient::record;

record! {
    /// Who may see a concept, a model, a model version or a workflow.
    pub struct Visibility {
        /// Who may get it.
        pub gettable: Option<Gettable>,
    }
}

impl Visibility {
    /// Whether everyone may see it. False if the answer does not say.
    pub fn is_public(&self) -> bool {
        self.gettable == Some(Gettable::PUBLIC)
    }
}

/// Who may get a thing: its owner, the owner's organisation, or everyone.
///
/// It arrives as a number (10, 30, 50), or as the name of the number; both forms are equal.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(transparent)]
pub struct Gettable(EnumValue);

read_as_enum_value!(Gettable);

impl Gettable {
    /// Its owner alone.
    pub const PRIVATE: Self = Self(EnumValue::Number(10));
    /// The owner's organisation.
    pub const ORG: Self = Self(EnumValue::Number(30));
    /// Everyone.
    pub const PUBLIC: Self = Self(EnumValue::Number(50));

    /// The value as it was written.
    pub const fn value(&self) -> &EnumValue {
        &self.0
    }

    /// The number if there is one, so that both spellings are the same key.
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
    fn numbers_and_names_are_equal_and_survive() {
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
