//! What the networks of `clarifai-vision` recognize in an image. Results are kept for as long as the process runs, so
//! that an image is recognized once.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

use clarifai_vision::{Classifier, Face, FaceDetector, Pixels};

use crate::vision::Image;

/// Maximum number of images whose results are kept. Each takes about 10 kB.
const KEPT: usize = 2048;

/// What the classifier recognizes in an image.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Probability of each class. Empty if the network failed for lack of memory.
    pub(crate) classes: Vec<f32>,
    /// The compact embedding.
    pub(crate) embedding: Vec<f32>,
}

/// The results for one image, each computed when it is first needed.
#[derive(Debug, Default)]
struct Entry {
    seen: OnceLock<Seen>,
    faces: OnceLock<Vec<Face>>,
}

/// The kept results, by the fingerprint of the image.
#[derive(Debug, Default)]
struct Cache {
    entries: HashMap<u128, Arc<Entry>>,
    /// The fingerprints, oldest first.
    order: VecDeque<u128>,
}

impl Cache {
    fn entry(&mut self, fingerprint: u128) -> Arc<Entry> {
        if let Some(entry) = self.entries.get(&fingerprint) {
            return Arc::clone(entry);
        }
        if self.order.len() >= KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.entries.remove(&oldest);
        }
        self.order.push_back(fingerprint);
        Arc::clone(self.entries.entry(fingerprint).or_default())
    }
}

fn entry(image: &Image) -> Arc<Entry> {
    static CACHE: LazyLock<Mutex<Cache>> = LazyLock::new(Mutex::default);
    CACHE.lock().unwrap_or_else(PoisonError::into_inner).entry(image.fingerprint())
}

/// The result of the classifier for an image.
#[derive(Debug)]
pub(crate) struct SeenIn(Arc<Entry>);

impl std::ops::Deref for SeenIn {
    type Target = Seen;

    fn deref(&self) -> &Seen {
        self.0.seen.get_or_init(Seen::default)
    }
}

/// Classifies an image.
pub(crate) fn classify(image: &Image) -> SeenIn {
    static CLASSIFIER: LazyLock<Option<Classifier>> = LazyLock::new(|| Classifier::new().ok());
    let entry = entry(image);
    entry.seen.get_or_init(|| {
        let (width, height, rgb) = image.rgb();
        let run = || CLASSIFIER.as_ref()?.classify(&Pixels::new(width, height, rgb).ok()?).ok();
        run().map_or_else(Seen::default, |found| Seen {
            classes: found.probabilities().to_vec(),
            embedding: found.compact_embedding(),
        })
    });
    SeenIn(entry)
}

/// Finds the faces in an image, best first.
pub(crate) fn faces(image: &Image) -> Vec<Face> {
    static DETECTOR: LazyLock<Option<FaceDetector>> = LazyLock::new(|| FaceDetector::new().ok());
    let entry = entry(image);
    let faces = entry.faces.get_or_init(|| {
        let (width, height, rgb) = image.rgb();
        let run = || DETECTOR.as_ref()?.detect(&Pixels::new(width, height, rgb).ok()?).ok();
        run().unwrap_or_default()
    });
    faces.clone()
}
