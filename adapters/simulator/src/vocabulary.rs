//! The public concepts: what can be predicted, fetched by id, and searched by name.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::vision;

/// A public concept.
#[derive(Debug)]
pub(crate) struct PublicConcept {
    pub(crate) id: String,
    /// English name.
    pub(crate) name: &'static str,
    /// Names in [`LANGUAGES`]. Empty for a concept that has only its English name.
    #[cfg(feature = "vision")]
    names: Vec<&'static str>,
    pub(crate) source: Source,
}

/// ISO 639-1 codes of the languages in `data/words.tsv`, in the order of its columns.
#[cfg(feature = "vision")]
const LANGUAGES: [&str; 6] = ["de", "fr", "es", "ru", "ja", "zh"];

/// What the value of a public concept is computed from.
#[derive(Debug)]
pub(crate) enum Source {
    /// A measurement on the pixels.
    Pixels(&'static vision::Concept),
    /// What the networks recognize.
    #[cfg(feature = "vision")]
    Seen(Seen),
}

/// How the value of a concept follows from the results of the networks. Without classes and faces it is 0: the concept
/// is a word that nothing here can recognize.
#[cfg(feature = "vision")]
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Indexes of the classes whose probabilities are added.
    pub(crate) classes: Vec<usize>,
    pub(crate) face: Option<FaceWord>,
}

/// A word whose value comes from the face detector.
#[cfg(feature = "vision")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaceWord {
    /// The score of the best face.
    Face,
    /// The same, but only if the face takes a large part of the image.
    Portrait,
}

impl PublicConcept {
    /// Returns the name in a language, or `None` if it has none. A region, as in `de-AT`, is ignored.
    pub(crate) fn name_in(&self, language: &str) -> Option<&'static str> {
        match &self.source {
            Source::Pixels(concept) => concept.name_in(language),
            #[cfg(feature = "vision")]
            Source::Seen(_) => {
                let primary = language.split(['-', '_']).next()?;
                if primary.eq_ignore_ascii_case("en") {
                    return Some(self.name);
                }
                let column = LANGUAGES.iter().position(|known| known.eq_ignore_ascii_case(primary))?;
                self.names.get(column).copied()
            }
        }
    }

    /// Returns the name in a language, or else in English.
    pub(crate) fn name_or_english(&self, language: &str) -> &'static str {
        self.name_in(language).unwrap_or(self.name)
    }

    /// Returns whether the value is measured on the pixels.
    pub(crate) fn is_measured(&self) -> bool {
        match self.source {
            Source::Pixels(_) => true,
            #[cfg(feature = "vision")]
            Source::Seen(_) => false,
        }
    }
}

/// A list of public concepts with an index.
#[derive(Debug)]
pub(crate) struct Vocabulary {
    pub(crate) concepts: Vec<PublicConcept>,
    by_id: HashMap<String, usize>,
}

impl Vocabulary {
    fn of(concepts: Vec<PublicConcept>) -> Self {
        let by_id = concepts.iter().enumerate().map(|(index, concept)| (concept.id.clone(), index)).collect();
        Self { concepts, by_id }
    }

    pub(crate) fn get(&self, id: &str) -> Option<&PublicConcept> {
        self.by_id.get(id).map(|index| &self.concepts[*index])
    }

    /// Finds a concept by its id or, without one, by its name in a language.
    pub(crate) fn find(&self, id: Option<&str>, name: Option<&str>, language: &str) -> Option<&PublicConcept> {
        let Some(id) = id else {
            let name = name?.to_lowercase();
            let named =
                |concept: &&PublicConcept| concept.name_in(language).is_some_and(|known| known.to_lowercase() == name);
            return self.concepts.iter().find(named);
        };
        self.get(id)
    }
}

/// Returns the concepts that are measured on pixels.
pub(crate) fn measured() -> &'static Vocabulary {
    static MEASURED: LazyLock<Vocabulary> = LazyLock::new(|| Vocabulary::of(measured_concepts().collect()));
    &MEASURED
}

fn measured_concepts() -> impl Iterator<Item = PublicConcept> {
    vision::vocabulary().iter().map(|concept| PublicConcept {
        id: concept.id.to_owned(),
        name: concept.name(),
        #[cfg(feature = "vision")]
        names: Vec::new(),
        source: Source::Pixels(concept),
    })
}

/// Returns the words of `data/words.tsv`, then the other classes and kinds of the networks, then the concepts that are
/// measured on pixels.
#[cfg(feature = "vision")]
pub(crate) fn complete() -> &'static Vocabulary {
    static COMPLETE: LazyLock<Vocabulary> = LazyLock::new(|| {
        let mut concepts = recognized_concepts();
        concepts.extend(measured_concepts());
        Vocabulary::of(concepts)
    });
    &COMPLETE
}

#[cfg(feature = "vision")]
static WORDS: &str = include_str!("../data/words.tsv");

#[cfg(feature = "vision")]
fn recognized_concepts() -> Vec<PublicConcept> {
    // Of several things with one name, such as the two kinds of *cap*, the concept is any of them.
    let mut things: Vec<(&'static str, &'static str, Vec<usize>)> = Vec::new();
    let mut places: HashMap<&'static str, usize> = HashMap::new();
    let classes = clarifai_vision::classes().iter().enumerate();
    let classes = classes.map(|(index, class)| (class.name, class.synset, vec![index]));
    let kinds = clarifai_vision::kinds().iter().map(|kind| (kind.name, kind.synset, kind.classes().collect()));
    for (name, synset, classes) in classes.chain(kinds) {
        if let Some(place) = places.get(name) {
            things[*place].2.extend(classes);
        } else {
            places.insert(name, things.len());
            things.push((name, synset, classes));
        }
    }
    for (_, _, classes) in &mut things {
        classes.sort_unstable();
        classes.dedup();
    }
    let mut used = vec![false; things.len()];
    let mut concepts = Vec::new();
    for line in WORDS.lines() {
        let mut columns = line.split('\t');
        let [id, name, sources] = [(); 3].map(|()| columns.next().unwrap_or_default());
        let mut seen = Seen::default();
        for source in sources.split('|').chain([name]) {
            match source {
                "@face" => seen.face = Some(FaceWord::Face),
                "@portrait" => seen.face = Some(FaceWord::Portrait),
                name => seen.classes.extend(places.get(name).into_iter().flat_map(|place| &things[*place].2)),
            }
        }
        seen.classes.sort_unstable();
        seen.classes.dedup();
        if let Some(place) = places.get(name) {
            used[*place] = true;
        }
        let id = if id == "-" { id_of(name) } else { id.to_owned() };
        concepts.push(PublicConcept { id, name, names: columns.collect(), source: Source::Seen(seen) });
    }
    let others = things.into_iter().zip(used).filter(|(_, used)| !used);
    concepts.extend(others.map(|((name, synset, classes), _)| PublicConcept {
        id: id_of(synset),
        name,
        names: Vec::new(),
        source: Source::Seen(Seen { classes, face: None }),
    }));
    concepts
}

/// Returns an id in the form of the service, `ai_` and eight letters or digits, derived from a text.
pub(crate) fn id_of(text: &str) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut rest = crate::state::ledger::fnv(text.as_bytes());
    let mut digit = |()| {
        let digit = char::from(DIGITS[usize::try_from(rest % 62).unwrap_or_default()]);
        rest /= 62;
        digit
    };
    format!("ai_{}", String::from_iter([(); 8].map(&mut digit)))
}

#[cfg(test)]
#[cfg(feature = "vision")]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_and_names_are_unique() {
        let concepts = &complete().concepts;
        let recognized: Vec<_> = concepts.iter().filter(|concept| !concept.is_measured()).collect();
        let ids: BTreeSet<_> = concepts.iter().map(|concept| &concept.id).collect();
        let names: BTreeSet<_> = recognized.iter().map(|concept| concept.name).collect();
        assert_eq!((ids.len(), names.len()), (concepts.len(), recognized.len()));
        assert!(recognized.iter().all(|concept| concept.id.starts_with("ai_") && concept.id.len() == 11));
    }

    #[test]
    fn words_have_a_name_in_every_language_and_known_sources() {
        let translated = complete().concepts.iter().filter(|concept| !concept.names.is_empty());
        assert!(translated.clone().count() >= 150);
        for concept in translated {
            assert!(concept.names.len() == LANGUAGES.len() && concept.names.iter().all(|name| !name.is_empty()));
        }
        let known = |name: &str| {
            clarifai_vision::classes().iter().any(|class| class.name == name)
                || clarifai_vision::kinds().iter().any(|kind| kind.name == name)
        };
        let sources = WORDS.lines().filter_map(|line| line.split('\t').nth(2)).flat_map(|sources| sources.split('|'));
        let unknown: Vec<_> = sources.filter(|one| !one.is_empty() && !one.starts_with('@') && !known(one)).collect();
        assert_eq!(unknown, [""; 0]);
    }

    #[test]
    fn names_depend_on_the_language() {
        let train = complete().get("ai_HLmqFqBf").expect("a concept");
        assert_eq!(
            ["en", "zh-CN", "ja", "RU"].map(|one| train.name_or_english(one)),
            ["train", "铁路列车", "列車", "поезд"]
        );
        assert_eq!((train.name_in("tlh"), train.name_or_english("tlh")), (None, "train"));
        let found = complete().find(None, Some("Hund"), "de").expect("a concept");
        assert_eq!((found.id.as_str(), found.name), ("ai_8S2Vq3cR", "dog"));
    }
}
