//! A fixed share of the inputs, so that several machines can divide them without talking to each other.

use std::ffi::OsStr;
use std::fmt;
use std::str::FromStr;

use super::path_bytes;

/// Share number `index` of `count`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shard {
    /// From 1.
    index: u64,
    count: u64,
}

impl Shard {
    /// Whether an input belongs to the share. It depends only on its path or URL, as it was given: the first eight
    /// bytes of the SHA-256 of the name, as a big-endian number, modulo the number of shares.
    pub(crate) fn contains(self, name: &OsStr) -> bool {
        let hash = hmac_sha256::Hash::hash(&path_bytes::encode(name));
        let number = hash.iter().take(8).fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
        number % self.count == self.index - 1
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/').and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
        match numbers {
            Some((index, count)) if index >= 1 && index <= count && count <= 10_000 => Ok(Self { index, count }),
            _ => Err("must be I/N with I from 1 to N, such as 2/5".to_owned()),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_parsed() {
        assert_eq!("2/5".parse(), Ok(Shard { index: 2, count: 5 }));
        for text in ["", "0/5", "6/5", "1", "1/0", "a/b", "1/2/3", "-1/2", "1/99999"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
