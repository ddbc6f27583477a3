//! Reading JSON from a service that changes: a value of the wrong kind is an absent value, never an
//! error.
//!
//! Each type says which kinds of JSON it can be made of ([`Lenient`]); one visitor does the rest ([`ReadInto`]).
//! What a type does not accept is skipped over, so only JSON that is malformed as such still fails.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
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
    /// The value that an object is read over with [`fill`](Self::fill), if it can be made of one.
    #[inline]
    fn blank() -> Option<Self> {
        None
    }
    /// Reads an object over a [`blank`](Self::blank) value, which stays where it is: records are large, and there
    /// are many.
    #[inline]
    fn fill<'de, A: MapAccess<'de>>(&mut self, map: A) -> Result<(), A::Error> {
        skip(map)
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

#[inline]
fn skip<'de, A: MapAccess<'de>>(mut map: A) -> Result<(), A::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

/// Reads a `T`, or `None` if there is null or something `T` cannot be made of.
#[inline]
pub(crate) fn read<'de, T: Lenient, D: Deserializer<'de>>(source: D) -> Result<Option<T>, D::Error> {
    let mut value = None;
    source.deserialize_any(ReadInto(&mut value))?;
    Ok(value)
}

/// Where a value goes when it is read.
pub(crate) trait Place: Sized {
    /// The type read from JSON.
    type Item: Lenient;
    fn put(&mut self, read: Option<Self::Item>);
    /// An object is filled in where it will stay.
    #[inline]
    fn put_map<'de, A: MapAccess<'de>>(&mut self, map: A) -> Result<(), A::Error> {
        self.put(None);
        skip(map)
    }
}

/// A member of a record: what a missing or unreadable value leaves behind, and when it is not
/// written.
pub(crate) trait Member: Place {
    fn is_absent(&self) -> bool;
}

impl<T: Lenient> Place for Option<T> {
    type Item = T;
    #[inline]
    fn put(&mut self, read: Option<T>) {
        *self = read;
    }
    #[inline]
    fn put_map<'de, A: MapAccess<'de>>(&mut self, map: A) -> Result<(), A::Error> {
        *self = T::blank();
        match self {
            Some(value) => value.fill(map),
            None => skip(map),
        }
    }
}

impl<T: Lenient> Member for Option<T> {
    #[inline]
    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

/// Ids and names: the empty text says "absent".
impl Place for String {
    type Item = String;
    #[inline]
    fn put(&mut self, read: Option<String>) {
        *self = read.unwrap_or_default();
    }
}

impl Member for String {
    #[inline]
    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

/// The end of a list.
impl<T: Lenient> Place for Vec<T> {
    type Item = T;
    #[inline]
    fn put(&mut self, read: Option<T>) {
        self.extend(read.or_else(T::gap));
    }
    #[inline]
    fn put_map<'de, A: MapAccess<'de>>(&mut self, map: A) -> Result<(), A::Error> {
        let Some(blank) = T::blank() else {
            self.put(None);
            return skip(map);
        };
        self.push(blank);
        match self.last_mut() {
            Some(value) => value.fill(map),
            None => skip(map),
        }
    }
}

/// Reads the next value of any kind into a place.
struct ReadInto<'a, P>(&'a mut P);

impl<'de, P: Place> DeserializeSeed<'de> for ReadInto<'_, P> {
    type Value = ();

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<(), D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de, P: Place> Visitor<'de> for ReadInto<'_, P> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }
    #[inline]
    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.0.put(P::Item::from_bool(value));
        Ok(())
    }
    #[inline]
    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.0.put(P::Item::from_u64(value));
        Ok(())
    }
    #[inline]
    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.0.put(P::Item::from_i64(value));
        Ok(())
    }
    #[inline]
    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.0.put(P::Item::from_f64(value));
        Ok(())
    }
    #[inline]
    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.0.put(P::Item::from_text(value));
        Ok(())
    }
    #[inline]
    fn visit_unit<E>(self) -> Result<(), E> {
        self.0.put(None);
        Ok(())
    }
    #[inline]
    fn visit_none<E>(self) -> Result<(), E> {
        self.0.put(None);
        Ok(())
    }
    #[inline]
    fn visit_some<D: Deserializer<'de>>(self, source: D) -> Result<(), D::Error> {
        source.deserialize_any(self)
    }
    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        self.0.put_map(map)
    }
    #[inline]
    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        self.0.put(P::Item::from_seq(seq)?);
        Ok(())
    }
}

/// Reads the value that belongs to the key just read.
#[inline]
pub(crate) fn member<'de, M: Member, A: MapAccess<'de>>(map: &mut A, member: &mut M) -> Result<(), A::Error> {
    map.next_value_seed(ReadInto(member))
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
    fn blank() -> Option<Self> {
        Some(Self::Null)
    }
    fn fill<'de, A: MapAccess<'de>>(&mut self, map: A) -> Result<(), A::Error> {
        *self = Value::deserialize(MapAccessDeserializer::new(map))?;
        Ok(())
    }
    fn from_seq<'de, A: SeqAccess<'de>>(seq: A) -> Result<Option<Self>, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(seq)).map(Some)
    }
}

impl<T: Lenient> Lenient for Vec<T> {
    #[inline]
    fn from_seq<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<Option<Self>, A::Error> {
        let mut list = Vec::new();
        while seq.next_element_seed(ReadInto(&mut list))?.is_some() {}
        // Answers are read once and then held: half-empty lists of large records would double what they take.
        list.shrink_to_fit();
        Ok(Some(list))
    }
}

impl<T: Lenient> Lenient for BTreeMap<String, T> {
    fn blank() -> Option<Self> {
        Some(Self::new())
    }
    fn fill<'de, A: MapAccess<'de>>(&mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key()? {
            let mut value = None;
            map.next_value_seed(ReadInto(&mut value))?;
            self.extend(value.map(|value| (key, value)));
        }
        Ok(())
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
    fn blank() -> Option<Self> {
        T::blank().map(Box::new)
    }
    #[inline]
    fn fill<'de, A: MapAccess<'de>>(&mut self, map: A) -> Result<(), A::Error> {
        (**self).fill(map)
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
                fn blank() -> Option<Self> {
                    Some(Self::default())
                }
                #[inline]
                fn fill<'de, A: ::serde::de::MapAccess<'de>>(
                    &mut self,
                    mut map: A,
                ) -> ::std::result::Result<(), A::Error> {
                    while let Some(key) = map.next_key()? {
                        match key {
                            $(Key::$member => $crate::lenient::member(&mut map, &mut self.$member)?,)*
                            Key::Unknown => {
                                map.next_value::<::serde::de::IgnoredAny>()?;
                            }
                        }
                    }
                    Ok(())
                }
            }

            $crate::lenient::deserialize_leniently!($name);
        };
    };
    (@key $member:ident) => { stringify!($member) };
    (@key $member:ident $json:literal) => { $json };
}

pub(crate) use {deserialize_leniently, record};
