//! Measurements of a text: statistics, and a vector of its words.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// What can be counted in a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Statistics {
    pub(crate) words: usize,
    pub(crate) characters: usize,
    pub(crate) sentences: usize,
    /// The most frequent word in lower case, of several the first in the alphabet, and how often it occurs.
    pub(crate) most_frequent: Option<(String, usize)>,
}

impl Statistics {
    /// Counts in a text.
    pub(crate) fn of(text: &str) -> Self {
        let mut counts = BTreeMap::<String, usize>::new();
        for word in words(text) {
            *counts.entry(word).or_default() += 1;
        }
        let sentences = text.split(['.', '!', '?', '\n']).filter(|sentence| words(sentence).next().is_some()).count();
        let words = counts.values().sum();
        let most_frequent = counts.into_iter().rev().max_by_key(|(_, count)| *count);
        Self { words, characters: text.chars().count(), sentences, most_frequent }
    }

    /// Returns the statistics as JSON.
    pub(crate) fn json(&self, images: usize) -> Value {
        json!({
            "model": "simulated text statistics",
            "words": self.words,
            "characters": self.characters,
            "sentences": self.sentences,
            "images": images,
            "most_frequent_word": self.most_frequent.as_ref().map(|(word, _)| word),
        })
    }

    /// Returns the statistics as text, which names its author.
    pub(crate) fn text(&self, images: usize) -> String {
        let count = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let most_frequent = self.most_frequent.as_ref().map_or_else(String::new, |(word, times)| {
            format!(" Its most frequent word is \"{word}\" ({}).", count(*times, "time"))
        });
        format!(
            "This is the Clarifai simulator, which counts and is not a language model. Your message has {}, {}, {} and \
             {}.{most_frequent}",
            count(self.words, "word"),
            count(self.characters, "character"),
            count(self.sentences, "sentence"),
            count(images, "image"),
        )
    }
}

/// Returns the words of a text in lower case.
pub(crate) fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// Number of components of a vector.
pub(crate) const DIMENSIONS: usize = 64;

/// Returns a unit vector: each word adds 1 to the component that its hash selects. A text without words is the first
/// axis.
pub(crate) fn vector(text: &str, hash: impl Fn(&[u8]) -> u64) -> Vec<f64> {
    let mut vector = vec![0.0; DIMENSIONS];
    let mut is_empty = true;
    for word in words(text) {
        let at = usize::try_from(hash(word.as_bytes()) % DIMENSIONS as u64).unwrap_or_default();
        vector[at] += 1.0;
        is_empty = false;
    }
    if is_empty {
        vector[0] = 1.0;
    }
    let length = vector.iter().map(|component| component * component).sum::<f64>().sqrt();
    for component in &mut vector {
        *component /= length;
    }
    vector
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_words_characters_and_sentences() {
        let statistics = Statistics::of("The cat saw the dog. Did it? Yes!\n\n");
        assert_eq!((statistics.words, statistics.sentences, statistics.characters), (8, 3, 35));
        assert_eq!(statistics.most_frequent, Some(("the".to_owned(), 2)));
        assert_eq!(Statistics::of("b a").most_frequent, Some(("a".to_owned(), 1)));
        assert_eq!(Statistics::of(" .. "), Statistics { characters: 4, ..Statistics::default() });
        assert!(
            statistics
                .text(1)
                .contains("is not a language model. Your message has 8 words, 35 characters, 3 sentences and 1 image.")
        );
    }

    #[test]
    fn vectors_have_length_one_and_depend_on_the_words() {
        let hash = |bytes: &[u8]| bytes.iter().map(|byte| u64::from(*byte)).sum();
        let length = |vector: &[f64]| vector.iter().map(|component| component * component).sum::<f64>();
        for text in ["", "a", "a b c", "Good day, good night"] {
            let vector = vector(text, hash);
            assert!((length(&vector) - 1.0).abs() < 1e-9 && vector.len() == DIMENSIONS, "{text}");
        }
        assert_eq!(vector("cat dog", hash), vector("Dog, CAT!", hash));
        assert_ne!(vector("cat", hash), vector("dog", hash));
    }
}
