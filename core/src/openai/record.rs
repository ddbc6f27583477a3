//! Declares types whose unknown members are kept.

/// Declares the type of a JSON object like [`record!`](crate::lenient::record), but keeps the members that have no field
/// in `other`, and converts from and to [`Value`](serde_json::Value).
macro_rules! open_record {
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
            /// Members without a field, as they were read.
            #[serde(flatten)]
            pub other: ::serde_json::Map<String, ::serde_json::Value>,
        }

        const _: () = {
            #[allow(non_camel_case_types, reason = "a variant for each field, with its name")]
            enum Key {
                $($member,)*
                Unknown(String),
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
                        $($crate::openai::record::open_record!(@key $member $($json)?) => Key::$member,)*
                        other => Key::Unknown(other.to_owned()),
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
                            Key::Unknown(key) => {
                                let value = map.next_value()?;
                                self.other.insert(key, value);
                            }
                        }
                    }
                    Ok(())
                }
            }

            $crate::lenient::deserialize_leniently!($name);

            impl From<$name> for ::serde_json::Value {
                fn from(value: $name) -> Self {
                    ::serde_json::to_value(value).unwrap_or_default()
                }
            }

            impl TryFrom<::serde_json::Value> for $name {
                type Error = $crate::error::InvalidArgument;

                fn try_from(value: ::serde_json::Value) -> ::std::result::Result<Self, Self::Error> {
                    if !value.is_object() {
                        return Err($crate::error::InvalidArgument::new("value", "must be a JSON object"));
                    }
                    ::serde_json::from_value(value)
                        .map_err(|error| $crate::error::InvalidArgument::new("value", error.to_string()))
                }
            }
        };
    };
    (@key $member:ident) => { stringify!($member) };
    (@key $member:ident $json:literal) => { $json };
}

pub(crate) use open_record;
