//! The networks compute what another engine computes: logits, embeddings, boxes and points of seven photographs, as
//! onnxruntime 1.32.0 computed them from the same input. The values are recorded, so the test needs no other engine.

use std::path::Path;

use clarifai_vision::{CLASSES, Classifier, EMBEDDING_LEN, FaceDetector, Pixels, classes};
use image::RgbImage;

const PHOTOGRAPHS: [&str; 7] = ["astronaut", "brick", "chelsea", "coffee", "grass", "gravel", "rocket"];

/// For each photograph the logits and then the embedding, as little-endian numbers of 32 bits.
static REFERENCE: &[u8] = include_bytes!("reference.f32");

/// The only face: score, box and points of the astronaut.
const FACE_SCORE: f32 = 0.907_373_1;
const FACE: [f32; 16] = [
    0.336_688, 0.129_526, 0.542_709, 0.335_437, 0.394_785, 0.198_662, 0.485_964, 0.207_555, 0.437_729, 0.256_881,
    0.429_755, 0.290_142, 0.339_129, 0.204_139, 0.529_27, 0.212_182,
];

fn photograph(name: &str) -> RgbImage {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../tests/data/images/{name}.jpg"));
    image::open(path).expect("a photograph").into_rgb8()
}

fn pixels(image: &RgbImage) -> Pixels<'_> {
    Pixels::new(image.width(), image.height(), image.as_raw()).expect("valid pixels")
}

fn largest_difference(one: &[f32], other: &[f32]) -> f32 {
    assert_eq!(one.len(), other.len());
    one.iter().zip(other).map(|(one, other)| (one - other).abs()).fold(0.0, f32::max)
}

#[test]
fn logits_and_embeddings_agree_with_the_reference() {
    let classifier = Classifier::new().expect("a network");
    let numbers: Vec<f32> = REFERENCE.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    for (name, recorded) in PHOTOGRAPHS.iter().zip(numbers.chunks_exact(CLASSES + EMBEDDING_LEN)) {
        let found = classifier.classify(&pixels(&photograph(name))).expect("a classification");
        let (logits, embedding) = recorded.split_at(CLASSES);
        // Engines and processors add in different orders; logits reach 15. A photograph that another decoder of JPEG
        // reads may differ by one step in a few pixels, hence the tolerance.
        assert!(largest_difference(found.logits(), logits) < 0.02, "{name}");
        assert!(largest_difference(found.embedding(), embedding) < 0.002, "{name}");
    }
}

#[test]
fn coffee_is_espresso_and_a_beverage() {
    let classifier = Classifier::new().expect("a network");
    let found = classifier.classify(&pixels(&photograph("coffee"))).expect("a classification");
    let best = found.best(1);
    assert!(best[0].0.name == "espresso" && (best[0].1 - 0.956).abs() < 0.005, "{best:?}");
    assert!(best[0].0.synonyms().eq(["espresso"]));
    let kinds = found.kinds();
    let value = |name: &str| kinds.iter().find(|(kind, _)| kind.name == name).expect("a kind").1;
    assert!(value("beverage") > 0.95 && value("animal") < 0.01);
    assert!((found.probabilities().iter().sum::<f32>() - 1.0).abs() < 1e-4);
    let compact = found.compact_embedding();
    assert_eq!(compact.len(), clarifai_vision::COMPACT_EMBEDDING_LEN);
    assert!((compact.iter().map(|number| number * number).sum::<f32>() - 1.0).abs() < 1e-4);
}

#[test]
fn faces_agree_with_the_reference() {
    let detector = FaceDetector::new().expect("a network");
    for name in PHOTOGRAPHS {
        let faces = detector.detect(&pixels(&photograph(name))).expect("faces");
        if name != "astronaut" {
            assert!(faces.is_empty(), "{name}: {faces:?}");
            continue;
        }
        assert_eq!(faces.len(), 1, "{faces:?}");
        let bounds = faces[0].bounds;
        let mut numbers = vec![bounds.left, bounds.top, bounds.right, bounds.bottom];
        numbers.extend(faces[0].points.iter().flat_map(|point| [point.x, point.y]));
        assert!(
            (faces[0].score - FACE_SCORE).abs() < 0.005 && largest_difference(&numbers, &FACE) < 0.003,
            "{faces:?}"
        );
    }
}

/// Threads that run at the same time get the results of one that runs alone, bit for bit.
#[test]
fn results_do_not_depend_on_other_threads() {
    let classifier = Classifier::new().expect("a network");
    let image = photograph("rocket");
    let alone = classifier.classify(&pixels(&image)).expect("a classification");
    std::thread::scope(|scope| {
        let run = || classifier.classify(&pixels(&image)).expect("a classification");
        let threads: Vec<_> = (0..3).map(|_| scope.spawn(run)).collect();
        for thread in threads {
            assert!(thread.join().expect("no panic") == alone);
        }
    });
}

#[test]
fn extreme_sizes_and_colors_have_finite_results() {
    let (classifier, detector) = (Classifier::new().expect("a network"), FaceDetector::new().expect("a network"));
    for (width, height) in [(1, 1), (1, 2), (30_000, 1), (1, 30_000), (3, 2), (223, 225)] {
        for value in [0, 255] {
            let rgb = vec![value; 3 * width as usize * height as usize];
            let pixels = Pixels::new(width, height, &rgb).expect("valid pixels");
            let found = classifier.classify(&pixels).expect("a classification");
            assert!(found.logits().iter().chain(found.embedding()).all(|number| number.is_finite()));
            assert!(found.kinds().iter().all(|(_, value)| (0.0..=1.0).contains(value)));
            let faces = detector.detect(&pixels).expect("faces");
            assert!(faces.iter().all(|face| face.score.is_finite() && face.bounds.left.is_finite()));
        }
    }
    assert_eq!(classes().len(), CLASSES);
}

#[test]
fn wrong_numbers_of_bytes_are_refused() {
    for (width, height, bytes) in [(0, 0, 0), (1, 0, 0), (1, 1, 4), (1, 1, 2), (u32::MAX, u32::MAX, 3), (2, 2, 3)] {
        let error = Pixels::new(width, height, &vec![0; bytes]).expect_err("invalid pixels");
        assert!(error.actual == bytes && error.to_string().contains(&format!("{width} x {height}")), "{error}");
    }
}
