//! [`EnumValue`]: a value of one of the service's enumerations, sent as a number or as a name.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::lenient::{Lenient, deserialize_leniently};

/// A value of one of the service's enumerations, sent as a number or as a name.
///
/// Values unknown to this crate are kept, and serialize in the form they arrived in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EnumValue {
    /// The number. The REST API usually sends this form.
    Number(i64),
    /// The name, such as `CONN_THROTTLED`.
    Name(Box<str>),
}

impl EnumValue {
    /// Returns the number, or `None` if the value was sent as a name.
    pub const fn as_number(&self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Name(_) => None,
        }
    }

    /// Returns the name, or `None` if the value was sent as a number.
    pub fn as_name(&self) -> Option<&str> {
        match self {
            Self::Number(_) => None,
            Self::Name(name) => Some(name),
        }
    }
}

// 0 is "not set" in every enumeration of the service.
impl Default for EnumValue {
    fn default() -> Self {
        Self::Number(0)
    }
}

impl fmt::Display for EnumValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl Lenient for EnumValue {
    #[inline]
    fn from_u64(value: u64) -> Option<Self> {
        i64::from_u64(value).map(Self::Number)
    }
    #[inline]
    fn from_i64(value: i64) -> Option<Self> {
        Some(Self::Number(value))
    }
    #[inline]
    fn from_f64(value: f64) -> Option<Self> {
        i64::from_f64(value).map(Self::Number)
    }
    #[inline]
    fn from_text(value: &str) -> Option<Self> {
        Some(value.parse().map_or_else(|_| Self::Name(value.into()), Self::Number))
    }
}

deserialize_leniently!(EnumValue);

impl Serialize for EnumValue {
    fn serialize<S: Serializer>(&self, target: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => target.serialize_i64(*number),
            Self::Name(name) => target.serialize_str(name),
        }
    }
}

/// Implements reading for a newtype around [`EnumValue`] that gives its values a meaning.
macro_rules! read_as_enum_value {
    ($type:ident) => {
        impl $crate::lenient::Lenient for $type {
            #[inline]
            fn from_u64(value: u64) -> Option<Self> {
                EnumValue::from_u64(value).map(Self)
            }
            #[inline]
            fn from_i64(value: i64) -> Option<Self> {
                EnumValue::from_i64(value).map(Self)
            }
            #[inline]
            fn from_f64(value: f64) -> Option<Self> {
                EnumValue::from_f64(value).map(Self)
            }
            #[inline]
            fn from_text(value: &str) -> Option<Self> {
                EnumValue::from_text(value).map(Self)
            }
        }
        $crate::lenient::deserialize_leniently!($type);
    };
}
pub(super) use read_as_enum_value;
