//! Reading JSON from a service that changes: a value of the wrong kind is an absent value, never an
//! error.
//!
//! Each type says which kinds of JSON it can be made of ([`Lenient`]); one visitor does the rest.
//! What a type does not accept is skipped over, so only JSON that is malformed as such still fails.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// A type that can be made of several kinds of JSON. `None` stands for "not of this one".
pub(crate) trait Lenient: Sized {
    #[inline]
    fn from_bool(_: bool) -> Option<Self> {
        None
    }
    #[inline]
    fn from_u64(_: u64) -> Option<Self> {
        None
    }
    /// Only called with negative numbers when the source is JSON text.
    #[inline]
    fn from_i64(_: i64) -> Option<Self> {
        None
    }
    #[inline]
    fn from_f64(_: f64) -> Option<Self> {
        None
    }
    #[inline]
    fn from_text(_: &str) -> Option<Self> {
        None
    }
    #[inline]
    fn from_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
    #[inline]
    fn from_seq<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<Option<Self>, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }
    /// What stands in a list for an element that could not be read; `None` leaves the element out.
    #[inline]
    fn gap() -> Option<Self> {
        None
    }
}

/// Reads a `T`, or `None` if there is null or something `T` cannot be made of.
#[inline]
pub(crate) fn read<'de, T: Lenient, D: Deserializer<'de>>(source: D) -> Result<Option<T>, D::Error> {
    source.deserialize_any(AnyKind(PhantomData))
}

/// The form of [`read`] that serde's traits can name.
pub(crate) struct Maybe<T>(pub(crate) Option<T>);

impl<'de, T: Lenient> Deserialize<'de> for Maybe<T> {
    #[inline]
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        read(source).map(Maybe)
    }
}

struct AnyKind<T>(PhantomData<T>);

impl<'de, T: Lenient> Visitor<'de> for AnyKind<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }
    #[inline]
    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(T::from_bool(value))
    }
    #[inline]
    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(T::from_u64(value))
    }
    #[inline]
    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(T::from_i64(value))
    }
    #[inline]
    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(T::from_f64(value))
    }
    #[inline]
    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(T::from_text(value))
    }
    #[inline]
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
    #[inline]
    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
    #[inline]
    fn visit_some<D: Deserializer<'de>>(self, source: D) -> Result<Self::Value, D::Error> {
        read(source)
    }
    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::from_map(map)
    }
    #[inline]
    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        T::from_seq(seq)
    }
}

/// A member of a record: what a missing or unreadable value leaves behind, and when it is not
/// written.
pub(crate) trait Member: Sized {
    /// The type read from JSON.
    type Item: Lenient;
    fn from_read(read: Option<Self::Item>) -> Self;
    fn is_absent(&self) -> bool;
}

impl<T: Lenient> Member for Option<T> {
    type Item = T;
    #[inline]
    fn from_read(read: Option<T>) -> Self {
        read
    }
    #[inline]
    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

/// Ids and names: the empty text says "absent".
impl Member for String {
    type Item = String;
    #[inline]
    fn from_read(read: Option<String>) -> Self {
        read.unwrap_or_default()
    }
    #[inline]
    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

/// Reads the value that belongs to the key just read.
#[inline]
pub(crate) fn member<'de, M: Member, A: MapAccess<'de>>(map: &mut A) -> Result<M, A::Error> {
    map.next_value::<Maybe<M::Item>>().map(|read| M::from_read(read.0))
}

/// For `skip_serializing_if`.
pub(crate) fn is_absent<M: Member>(member: &M) -> bool {
    member.is_absent()
}

impl Lenient for String {
    #[inline]
    fn from_bool(value: bool) -> Option<Self> {
        Some(value.to_string())
    }
    #[inline]
    fn from_u64(value: u64) -> Option<Self> {
        Some(value.to_string())
    }
    #[inline]
    fn from_i64(value: i64) -> Option<Self> {
        Some(value.to_string())
    }
    #[inline]
    fn from_f64(value: f64) -> Option<Self> {
        Some(value.to_string())
    }
    #[inline]
    fn from_text(value: &str) -> Option<Self> {
        Some(value.to_owned())
    }
}

impl Lenient for bool {
    #[inline]
    fn from_bool(value: bool) -> Option<Self> {
        Some(value)
    }
    #[inline]
    fn from_u64(value: u64) -> Option<Self> {
        match value {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
    #[inline]
    fn from_text(value: &str) -> Option<Self> {
        match value {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        }
    }
}

impl Lenient for f64 {
    /// A concept's value is a truth value in some requests, and comes back as it went.
    #[inline]
    fn from_bool(value: bool) -> Option<Self> {
        Some(f64::from(u8::from(value)))
    }
    #[inline]
    #[expect(clippy::cast_precision_loss, reason = "the member is a float by its definition")]
    fn from_u64(value: u64) -> Option<Self> {
        Some(value as f64)
    }
    #[inline]
    #[expect(clippy::cast_precision_loss, reason = "the member is a float by its definition")]
    fn from_i64(value: i64) -> Option<Self> {
        Some(value as f64)
    }
    #[inline]
    fn from_f64(value: f64) -> Option<Self> {
        Some(value)
    }
    /// Includes `NaN`, `Infinity` and `-Infinity`, which JSON has no number for.
    #[inline]
    fn from_text(value: &str) -> Option<Self> {
        value.parse().ok()
    }
    /// Positions carry meaning in lists of numbers (vectors, curves): a gap must not move the
    /// numbers behind it.
    #[inline]
    fn gap() -> Option<Self> {
        Some(f64::NAN)
    }
}

/// The number as an integer, if it is a whole one within the range where floats count by ones.
#[inline]
fn whole(value: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53
    #[expect(clippy::cast_possible_truncation, reason = "whole and in range, as just tested")]
    (value.fract() == 0.0 && value.abs() <= EXACT).then_some(value as i64)
}

macro_rules! integers {
    ($($integer:ty)*) => {$(
        impl Lenient for $integer {
            #[inline]
            fn from_u64(value: u64) -> Option<Self> {
                value.try_into().ok()
            }
            #[inline]
            fn from_i64(value: i64) -> Option<Self> {
                value.try_into().ok()
            }
            #[inline]
            fn from_f64(value: f64) -> Option<Self> {
                whole(value)?.try_into().ok()
            }
            #[inline]
            fn from_text(value: &str) -> Option<Self> {
                value.parse().ok().or_else(|| Self::from_f64(value.parse().ok()?))
            }
        }
    )*};
}
integers!(i64 u64 u32);

/// Free-form members keep whatever they hold; only null is absent.
impl Lenient for Value {
    #[inline]
    fn from_bool(value: bool) -> Option<Self> {
        Some(value.into())
    }
    #[inline]
    fn from_u64(value: u64) -> Option<Self> {
        Some(value.into())
    }
    #[inline]
    fn from_i64(value: i64) -> Option<Self> {
        Some(value.into())
    }
    #[inline]
    fn from_f64(value: f64) -> Option<Self> {
        Some(value.into())
    }
    #[inline]
    fn from_text(value: &str) -> Option<Self> {
        Some(value.into())
    }
    fn from_map<'de, A: MapAccess<'de>>(map: A) -> Result<Option<Self>, A::Error> {
        Value::deserialize(MapAccessDeserializer::new(map)).map(Some)
    }
    fn from_seq<'de, A: SeqAccess<'de>>(seq: A) -> Result<Option<Self>, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(seq)).map(Some)
    }
}

impl<T: Lenient> Lenient for Vec<T> {
    #[inline]
    fn from_seq<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<Option<Self>, A::Error> {
        let mut list = Vec::new();
        while let Some(Maybe(element)) = seq.next_element()? {
            if let Some(element) = element.or_else(T::gap) {
                list.push(element);
            }
        }
        Ok(Some(list))
    }
}

impl<T: Lenient> Lenient for BTreeMap<String, T> {
    fn from_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
        let mut entries = BTreeMap::new();
        while let Some((key, Maybe(value))) = map.next_entry()? {
            entries.extend(value.map(|value| (key, value)));
        }
        Ok(Some(entries))
    }
}

impl<T: Lenient> Lenient for Box<T> {
    #[inline]
    fn from_bool(value: bool) -> Option<Self> {
        T::from_bool(value).map(Box::new)
    }
    #[inline]
    fn from_u64(value: u64) -> Option<Self> {
        T::from_u64(value).map(Box::new)
    }
    #[inline]
    fn from_i64(value: i64) -> Option<Self> {
        T::from_i64(value).map(Box::new)
    }
    #[inline]
    fn from_f64(value: f64) -> Option<Self> {
        T::from_f64(value).map(Box::new)
    }
    #[inline]
    fn from_text(value: &str) -> Option<Self> {
        T::from_text(value).map(Box::new)
    }
    #[inline]
    fn from_map<'de, A: MapAccess<'de>>(map: A) -> Result<Option<Self>, A::Error> {
        Ok(T::from_map(map)?.map(Box::new))
    }
    #[inline]
    fn from_seq<'de, A: SeqAccess<'de>>(seq: A) -> Result<Option<Self>, A::Error> {
        Ok(T::from_seq(seq)?.map(Box::new))
    }
}

/// `Deserialize` through [`Lenient`]: what cannot be read becomes the default value.
macro_rules! deserialize_leniently {
    ($type:ty) => {
        impl<'de> ::serde::Deserialize<'de> for $type {
            #[inline]
            fn deserialize<D: ::serde::Deserializer<'de>>(source: D) -> ::std::result::Result<Self, D::Error> {
                Ok($crate::lenient::read(source)?.unwrap_or_default())
            }
        }
    };
}

/// Declares a JSON object of the API.
///
/// Members are `Option`s, or `String` for ids and names; `= "…"` behind a member gives the name it
/// has in JSON where Rust needs another one. Reading ignores unknown members, takes the last of two
/// with the same name, and leaves a member out that is null or of the wrong kind. Writing gives
/// back what was read.
macro_rules! record {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[$member_meta:meta])* pub $member:ident: $type:ty $(= $json:literal)?,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Default, ::serde::Serialize)]
        #[non_exhaustive]
        pub struct $name {
            $(
                $(#[$member_meta])*
                #[serde(skip_serializing_if = "crate::lenient::is_absent" $(, rename = $json)?)]
                pub $member: $type,
            )*
        }

        const _: () = {
            #[allow(non_camel_case_types, reason = "a variant per member, spelled like it")]
            enum Key {
                $($member,)*
                Unknown,
            }

            struct KeyVisitor;

            impl ::serde::de::Visitor<'_> for KeyVisitor {
                type Value = Key;
                fn expecting(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                    f.write_str("the name of a member")
                }
                #[inline]
                fn visit_str<E>(self, key: &str) -> ::std::result::Result<Key, E> {
                    Ok(match key {
                        $($crate::lenient::record!(@key $member $($json)?) => Key::$member,)*
                        _ => Key::Unknown,
                    })
                }
            }

            impl<'de> ::serde::Deserialize<'de> for Key {
                #[inline]
                fn deserialize<D: ::serde::Deserializer<'de>>(source: D) -> ::std::result::Result<Self, D::Error> {
                    source.deserialize_identifier(KeyVisitor)
                }
            }

            impl $crate::lenient::Lenient for $name {
                #[inline]
                fn from_map<'de, A: ::serde::de::MapAccess<'de>>(
                    mut map: A,
                ) -> ::std::result::Result<Option<Self>, A::Error> {
                    let mut record = Self::default();
                    while let Some(key) = map.next_key()? {
                        match key {
                            $(Key::$member => record.$member = $crate::lenient::member(&mut map)?,)*
                            Key::Unknown => {
                                map.next_value::<::serde::de::IgnoredAny>()?;
                            }
                        }
                    }
                    Ok(Some(record))
                }
            }

            $crate::lenient::deserialize_leniently!($name);
        };
    };
    (@key $member:ident) => { stringify!($member) };
    (@key $member:ident $json:literal) => { $json };
}

pub(crate) use {deserialize_leniently, record};
