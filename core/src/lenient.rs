//! Lenient deserialization: a JSON value of the wrong type counts as absent and is never an error.
//!
//! The service changes without notice, so one unreadable member must cost only that member: the rest of the record, and
//! of the list that contains it, is still read. Only malformed JSON fails. `serde_with` (`DefaultOnError`, `PickFirst`,
//! `VecSkipError`) offers the same through attributes. This module is used instead, for three reasons:
//!
//! * It is fast. It reads a response in about two thirds of the time that serde's derived code takes for structs of the
//!   same shape (`core/benches/README.md`). Each object is read in place, and no value is buffered or read twice;
//!   `DefaultOnError` buffers every value to be able to skip it.
//! * It keeps the 72 record types plain. [`record!`] declares a type with its fields and docs; with `serde_with` each
//!   of several hundred fields would need attributes.
//! * The rules are in one place: text that contains a number is a number, null is absent, a list leaves out elements it
//!   cannot read, but a list of numbers keeps their positions.
//!
//! Each type specifies which JSON types it accepts by implementing [`Lenient`]. [`Place`] is where a value goes: a
//! field, or the end of a list. One visitor, [`ReadInto`], reads any JSON value into a place.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::repair::Repaired;

/// A record of the API: a JSON object with known members, all of which are optional.
pub trait Record {}

/// A type that can be read from JSON values of several types.
///
/// There is one method for each JSON type. Each returns `None` by default, which means that the type cannot be read
/// from such a value, and the value is skipped.
pub(crate) trait Lenient: Sized {
    /// Reads a Boolean value.
    #[inline]
    fn from_bool(_: bool) -> Option<Self> {
        None
    }
    /// Reads an integer that is not negative.
    #[inline]
    fn from_u64(_: u64) -> Option<Self> {
        None
    }
    /// Reads an integer. From JSON text, `serde_json` calls this only for negative ones.
    #[inline]
    fn from_i64(_: i64) -> Option<Self> {
        None
    }
    /// Reads a number with a fraction or an exponent.
    #[inline]
    fn from_f64(_: f64) -> Option<Self> {
        None
    }
    /// Reads a string.
    #[inline]
    fn from_text(_: &str) -> Option<Self> {
        None
    }
    /// Creates the empty value that [`fill`](Self::fill) reads an object into, or `None` if the type cannot be read
    /// from an object.
    #[inline]
    fn blank() -> Option<Self> {
        None
    }
    /// Reads the members of an object into a [`blank`](Self::blank) value.
    ///
    /// The value is already at its final position, in a field or in a list. Returning it instead would copy each record
    /// on the way, and records are large and numerous.
    #[inline]
    fn fill<'de, A: MapAccess<'de>>(&mut self, map: A) -> Result<(), A::Error> {
        skip(map)
    }
    /// Reads an array.
    #[inline]
    fn from_seq<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<Option<Self>, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }
    /// Returns the value that replaces an unreadable element of a list, or `None` if the list leaves it out.
    #[inline]
    fn gap() -> Option<Self> {
        None
    }
}

/// Skips the members of an object.
#[inline]
fn skip<'de, A: MapAccess<'de>>(mut map: A) -> Result<(), A::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

/// Reads a `T`, or returns `None` if the value is null or of a type that `T` cannot be read from.
#[inline]
pub(crate) fn read<'de, T: Lenient, D: Deserializer<'de>>(source: D) -> Result<Option<T>, D::Error> {
    let mut value = None;
    source.deserialize_any(ReadInto(&mut value))?;
    Ok(value)
}

/// The place that a value is read into: a field of a record, or the end of a list.
pub(crate) trait Place: Sized {
    /// The type that is read from JSON.
    type Item: Lenient;
    /// Stores the value; `None` if it is null or unreadable.
    fn put(&mut self, read: Option<Self::Item>);
    /// Reads an object directly into the place. By default the object is skipped, and counts as unreadable.
    #[inline]
    fn put_map<'de, A: MapAccess<'de>>(&mut self, map: A) -> Result<(), A::Error> {
        self.put(None);
        skip(map)
    }
}

/// A field of a record, which is not written if it is absent.
pub(crate) trait Member: Place {
    /// Returns whether the field is absent: `None`, or an empty id or name.
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

/// Ids and names, which are empty when absent.
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

/// The end of a list. An unreadable element is left out, or replaced if the type has a [`gap`](Lenient::gap).
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
        // Push first and fill in place: a record is not moved once it is read.
        self.push(blank);
        match self.last_mut() {
            Some(value) => value.fill(map),
            None => skip(map),
        }
    }
}

/// Reads the next JSON value, of any type, into a place.
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

/// Reads the value of the key that was read last into a field.
#[inline]
pub(crate) fn member<'de, M: Member, A: MapAccess<'de>>(map: &mut A, member: &mut M) -> Result<(), A::Error> {
    map.next_value_seed(ReadInto(member))
}

/// Returns whether a field is absent, for `skip_serializing_if`.
pub(crate) fn is_absent<M: Member>(member: &M) -> bool {
    member.is_absent()
}

/// Numbers and Boolean values are read as their text.
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

/// Reads `true`, `false`, 1 and 0, also as text.
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

/// Reads numbers, also as text, and Boolean values as 1 and 0.
impl Lenient for f64 {
    /// Some requests send the value of a concept as a Boolean, and the service returns it in the same form.
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
    /// Includes `NaN`, `Infinity` and `-Infinity`, which JSON cannot write as numbers.
    #[inline]
    fn from_text(value: &str) -> Option<Self> {
        value.parse().ok()
    }
    /// Returns `NaN`. In lists of numbers, such as vectors and curves, the position has a meaning, so the numbers after
    /// an unreadable one must keep theirs.
    #[inline]
    fn gap() -> Option<Self> {
        Some(f64::NAN)
    }
}

/// Returns the number as an integer, or `None` if it has a fraction or exceeds 2^53, beyond which an `f64` cannot
/// represent every integer.
#[inline]
fn whole(value: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53
    #[expect(clippy::cast_possible_truncation, reason = "whole and in range, as just tested")]
    (value.fract() == 0.0 && value.abs() <= EXACT).then_some(value as i64)
}

/// Implements [`Lenient`] for integer types: they read whole numbers within their range, also as text.
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

/// Free-form JSON is kept unchanged; only null is absent.
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

/// Reads an array element by element.
impl<T: Lenient> Lenient for Vec<T> {
    #[inline]
    fn from_seq<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<Option<Self>, A::Error> {
        let mut list = Vec::new();
        while seq.next_element_seed(ReadInto(&mut list))?.is_some() {}
        // A response is read once and then kept, and growing leaves a list up to half empty: for lists of large records
        // that would double the memory.
        list.shrink_to_fit();
        Ok(Some(list))
    }
}

/// A list of which every element keeps its place: an unreadable one is read as a blank record.
pub(crate) struct InPlace<T>(pub(crate) Vec<T>);

impl<T: Lenient> Place for InPlace<T> {
    type Item = T;
    #[inline]
    fn put(&mut self, read: Option<T>) {
        self.0.extend(read.or_else(T::blank));
    }
    #[inline]
    fn put_map<'de, A: MapAccess<'de>>(&mut self, map: A) -> Result<(), A::Error> {
        self.0.put_map(map)
    }
}

impl<T: Lenient> Lenient for InPlace<T> {
    fn from_seq<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<Option<Self>, A::Error> {
        let mut list = Self(Vec::new());
        while seq.next_element_seed(ReadInto(&mut list))?.is_some() {}
        list.0.shrink_to_fit();
        Ok(Some(list))
    }
}

/// A list that keeps the JSON of its elements. Elements that cannot be read are left out, with their JSON; if they are
/// to stay in place (`IN_PLACE`), they are read as blank records.
///
/// Readable from JSON text only.
pub(crate) struct RawList<T, const IN_PLACE: bool = false> {
    pub(crate) values: Vec<T>,
    /// The JSON of each of the `values`.
    pub(crate) json: Vec<Box<RawValue>>,
}

impl<T: Lenient, const IN_PLACE: bool> Lenient for RawList<T, IN_PLACE> {
    fn from_seq<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<Option<Self>, A::Error> {
        let mut list = Self { values: Vec::new(), json: Vec::new() };
        let unreadable = if IN_PLACE { T::blank } else { T::gap };
        while let Some(json) = seq.next_element::<&RawValue>()? {
            if let Some(value) = read_text(json.get()).map_err(A::Error::custom)?.or_else(unreadable) {
                list.values.push(value);
                list.json.push(json.to_owned());
            }
        }
        list.values.shrink_to_fit();
        list.json.shrink_to_fit();
        Ok(Some(list))
    }
}

/// A record that keeps its JSON. Both are `None` if it is missing or cannot be read.
///
/// Readable from JSON text only.
pub(crate) struct RawRecord<T> {
    pub(crate) value: Option<T>,
    pub(crate) json: Option<Box<RawValue>>,
}

impl<T> Default for RawRecord<T> {
    fn default() -> Self {
        Self { value: None, json: None }
    }
}

/// A member of an object that is read by its name.
pub(crate) trait NamedMember: Default {
    /// Reads the value of the key that was read last.
    fn read<'de, A: MapAccess<'de>>(&mut self, map: &mut A) -> Result<(), A::Error>;
}

impl<T: Lenient> NamedMember for Option<T> {
    #[inline]
    fn read<'de, A: MapAccess<'de>>(&mut self, map: &mut A) -> Result<(), A::Error> {
        member(map, self)
    }
}

impl<T: Lenient> NamedMember for RawRecord<T> {
    fn read<'de, A: MapAccess<'de>>(&mut self, map: &mut A) -> Result<(), A::Error> {
        let json = map.next_value::<&RawValue>()?;
        self.value = read_text(json.get()).map_err(A::Error::custom)?;
        self.json = self.value.is_some().then(|| json.to_owned());
        Ok(())
    }
}

/// Reads a `T` from JSON text. Parts that cannot be read are repaired, and cost only themselves.
// Apart from the reading of typed values alone, which slows down measurably if this is inlined next to it.
#[inline(never)]
fn read_text<T: Lenient>(text: &str) -> serde_json::Result<Option<T>> {
    read(&mut serde_json::Deserializer::from_str(text)).or_else(|error| match Repaired::new(text.as_bytes()) {
        Some(repaired) => read(&mut serde_json::Deserializer::from_slice(&repaired.body)),
        None => Err(error),
    })
}

/// Reads an object with any keys. Members that cannot be read are left out.
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

/// Reads what `T` reads.
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

/// Implements `Deserialize` through [`Lenient`]. A value that cannot be read becomes the default value.
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

/// Declares the type of a JSON object of the API.
///
/// Fields are `Option`s, or `String` for ids and names. `= "name"` after a field sets its name in JSON where that
/// differs from the name in Rust. Reading ignores unknown members, takes the last of several with the same name, and
/// treats one that is null or of the wrong type as absent. Writing produces the members that were read.
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

        // Keys are read as a variant of this enum and never allocated. The constant keeps the names out of the module.
        const _: () = {
            #[allow(non_camel_case_types, reason = "a variant for each field, with its name")]
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

            impl $crate::lenient::Record for $name {}
        };
    };
    (@key $member:ident) => { stringify!($member) };
    (@key $member:ident $json:literal) => { $json };
}

pub(crate) use {deserialize_leniently, record};
