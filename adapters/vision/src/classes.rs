//! The names of the classes, and the more general words above them.

use std::ops::Range;
use std::sync::LazyLock;

static LABELS: &str = include_str!("../data/labels.tsv");
static KINDS: &str = include_str!("../data/kinds.tsv");

/// One of the 1,000 classes of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Class {
    /// The synset of WordNet 3.0, such as `n07920052`.
    pub synset: &'static str,
    /// The name, such as `espresso`. No two classes have the same.
    pub name: &'static str,
    synonyms: &'static str,
}

impl Class {
    /// Returns all words of WordNet for the class, such as `bullfrog` and `Rana catesbeiana`.
    pub fn synonyms(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.synonyms.split(", ")
    }
}

/// A word above several classes, such as *beverage* above *espresso* and *red wine*.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Kind {
    /// The synset of WordNet 3.0.
    pub synset: &'static str,
    /// The name. A few kinds share one, such as the two of *cap*.
    pub name: &'static str,
    classes: Vec<Range<usize>>,
}

impl Kind {
    /// Returns the indexes of its classes in [`classes`], ascending.
    pub fn classes(&self) -> impl Iterator<Item = usize> + '_ {
        self.classes.iter().cloned().flatten()
    }
}

/// Returns the 1,000 classes, in the order of the network.
///
/// ```
/// let espresso = clarifai_vision::classes()[967];
/// assert_eq!((espresso.synset, espresso.name), ("n07920052", "espresso"));
/// ```
pub fn classes() -> &'static [Class] {
    static CLASSES: LazyLock<Vec<Class>> = LazyLock::new(|| {
        let class = |[synset, name, synonyms]: [&'static str; 3]| Class { synset, name, synonyms };
        LABELS.lines().map(columns).map(class).collect()
    });
    &CLASSES
}

/// Returns the more general words, those above the most classes first.
///
/// ```
/// use clarifai_vision::{classes, kinds};
///
/// let beverage = kinds().iter().find(|kind| kind.name == "beverage").expect("a kind");
/// assert!(beverage.classes().any(|class| classes()[class].name == "espresso"));
/// ```
pub fn kinds() -> &'static [Kind] {
    static ALL: LazyLock<Vec<Kind>> = LazyLock::new(|| {
        let kind = |[synset, name, classes]: [&'static str; 3]| Kind { synset, name, classes: ranges(classes) };
        KINDS.lines().map(columns).map(kind).collect()
    });
    &ALL
}

fn columns(line: &'static str) -> [&'static str; 3] {
    let mut columns = line.splitn(3, '\t');
    [(); 3].map(|()| columns.next().unwrap_or_default())
}

/// Reads ranges such as `3-5,9`, ends included.
fn ranges(text: &str) -> Vec<Range<usize>> {
    let number = |text: &str| text.parse::<usize>().ok();
    let range = |range: &str| {
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        Some(number(from)?..number(to)? + 1)
    };
    text.split(',').filter_map(range).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_complete() {
        assert_eq!((classes().len(), kinds().len()), (1000, 365));
        let names: BTreeSet<_> = classes().iter().map(|class| class.name).collect();
        assert_eq!(names.len(), 1000, "each class has its own name");
        let synsets: BTreeSet<_> = kinds().iter().map(|kind| kind.synset).collect();
        assert_eq!(synsets.len(), 365);
        for kind in kinds() {
            let classes: Vec<_> = kind.classes().collect();
            assert!(classes.len() > 1 && classes.is_sorted() && classes.iter().all(|class| *class < 1000), "{kind:?}");
        }
        assert!(classes().iter().all(|class| class.synset.len() == 9 && class.synonyms().count() > 0));
    }
}
