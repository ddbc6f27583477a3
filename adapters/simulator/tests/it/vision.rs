//! Properties of the measurements that must hold for every image, whatever the exact numbers are.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "the test images are small"
)]

use std::io::Cursor;
use std::sync::LazyLock;

use clarifai_simulator::vision::{
    DecodeFailure, EMBEDDING_LEN, Image, LANGUAGES, Limits, colors, concepts, embedding, name_in, vocabulary,
};
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

const SAMPLES: [&str; 7] = ["astronaut", "brick", "chelsea", "coffee", "grass", "gravel", "rocket"];
const TEXTURES: [&str; 3] = ["brick", "grass", "gravel"];

struct Sample {
    name: &'static str,
    encoded: Vec<u8>,
    image: Image,
    embedding: Vec<f32>,
}

/// Decoded once, because decoding is slow without optimization.
static PHOTOGRAPHS: LazyLock<Vec<Sample>> = LazyLock::new(|| {
    let load = |name: &&'static str| {
        let path = format!("{}/../../tests/data/images/{name}.jpg", env!("CARGO_MANIFEST_DIR"));
        let encoded = std::fs::read(path).unwrap();
        let image = decode(&encoded);
        let embedding = embedding(&image);
        Sample { name, encoded, image, embedding }
    };
    SAMPLES.iter().map(load).collect()
});

fn sample(name: &str) -> &'static Sample {
    PHOTOGRAPHS.iter().find(|sample| sample.name == name).unwrap()
}

fn decode(bytes: &[u8]) -> Image {
    Image::decode(bytes, &Limits::default()).unwrap()
}

fn drawn(width: u32, height: u32, color: impl Fn(u32, u32) -> [u8; 3]) -> Image {
    let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    Image::from_rgb(width, height, places.map(|(x, y)| color(x, y)).collect()).unwrap()
}

fn value(image: &Image, id: &str) -> f32 {
    concepts(image).into_iter().find(|scored| scored.id == id).unwrap().value
}

fn cosine(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

fn encode(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A `SplitMix64` generator, which gives the same numbers in every run.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn between(&mut self, from: f32, to: f32) -> f32 {
        from + (to - from) * (self.next() >> 40) as f32 / (1_u64 << 24) as f32
    }
}

/// Checks ranges, order and sums of all measurements.
fn assert_valid(image: &Image) {
    let scored = concepts(image);
    assert_eq!(scored.len(), vocabulary().len());
    for scored in &scored {
        assert!((0.0..=1.0).contains(&scored.value), "{scored:?}");
    }
    for pair in scored.windows(2) {
        let order = pair[1].value.total_cmp(&pair[0].value).then(pair[0].id.cmp(pair[1].id));
        assert!(order.is_lt(), "{pair:?}");
    }
    let colors = colors(image);
    assert!((1..=8).contains(&colors.len()));
    assert!(colors.windows(2).all(|pair| pair[0].share >= pair[1].share));
    assert!((colors.iter().map(|color| f64::from(color.share)).sum::<f64>() - 1.0).abs() < 1e-6);
    let embedding = embedding(image);
    assert_eq!(embedding.len(), EMBEDDING_LEN);
    assert!(embedding.iter().all(|value| value.is_finite()));
    assert!((cosine(&embedding, &embedding) - 1.0).abs() < 1e-4);
}

#[test]
fn photographs_have_valid_and_reproducible_measurements() {
    for sample in PHOTOGRAPHS.iter() {
        assert_valid(&sample.image);
        let again = decode(&sample.encoded);
        assert_eq!(concepts(&sample.image), concepts(&again));
        assert_eq!(colors(&sample.image), colors(&again));
        assert_eq!(sample.embedding, embedding(&again));
    }
}

#[test]
fn extreme_sizes_and_plain_images_have_valid_measurements() {
    for (width, height) in [(1, 1), (1, 10_000), (10_000, 1), (2, 2), (3, 7), (700, 2)] {
        for color in [[0, 0, 0], [255, 255, 255], [255, 0, 0], [120, 130, 90]] {
            assert_valid(&drawn(width, height, |_, _| color));
        }
        assert_valid(&drawn(width, height, |x, y| [x as u8, y as u8, (x ^ y) as u8]));
    }
}

#[test]
fn gray_textures_are_gray_and_monochrome() {
    for name in TEXTURES {
        let image = &sample(name).image;
        assert!(value(image, "sim_gray") > 0.95, "{name}");
        assert!(value(image, "sim_monochrome") > 0.95, "{name}");
        assert!(value(image, "sim_colorful") < 0.05, "{name}");
    }
}

#[test]
fn pure_colors_are_named_exactly() {
    let cases = [
        ("sim_red", [255, 0, 0], "#ff0000", "Red"),
        ("sim_orange", [255, 165, 0], "#ffa500", "Orange"),
        ("sim_yellow", [255, 255, 0], "#ffff00", "Yellow"),
        ("sim_green", [0, 128, 0], "#008000", "Green"),
        ("sim_cyan", [0, 255, 255], "#00ffff", "Aqua"),
        ("sim_blue", [0, 0, 255], "#0000ff", "Blue"),
        ("sim_purple", [128, 0, 128], "#800080", "Purple"),
        ("sim_pink", [255, 192, 203], "#ffc0cb", "Pink"),
        ("sim_brown", [139, 69, 19], "#8b4513", "SaddleBrown"),
        ("sim_black", [0, 0, 0], "#000000", "Black"),
        ("sim_gray", [128, 128, 128], "#808080", "Gray"),
        ("sim_white", [255, 255, 255], "#ffffff", "White"),
    ];
    for (id, color, hex, name) in cases {
        let image = DynamicImage::ImageRgb8(RgbImage::from_pixel(60, 40, Rgb(color)));
        let decoded = decode(&encode(&image, ImageFormat::Png));
        assert!(value(&decoded, id) > 0.95, "{id}: {:?}", &concepts(&decoded)[..8]);
        let colors = colors(&decoded);
        assert_eq!(colors.len(), 1);
        assert_eq!((colors[0].raw_hex.as_str(), colors[0].w3c_hex.as_str(), colors[0].w3c_name), (hex, hex, name));
    }
}

#[test]
fn color_shares_are_shares_of_the_area() {
    let flag = drawn(120, 80, |x, _| if x < 90 { [0, 0, 255] } else { [255, 255, 0] });
    let found: Vec<_> = colors(&flag).iter().map(|color| (color.w3c_name, color.share)).collect();
    assert_eq!(found, [("Blue", 0.75), ("Yellow", 0.25)]);
}

#[test]
fn line_concepts_distinguish_directions() {
    let stripe = |place: u32| {
        if (place / 8).is_multiple_of(2) { [30; 3] } else { [220; 3] }
    };
    let lines = ["sim_horizontal_lines", "sim_vertical_lines", "sim_diagonal_lines"];
    let images =
        [drawn(200, 200, |_, y| stripe(y)), drawn(200, 200, |x, _| stripe(x)), drawn(200, 200, |x, y| stripe(x + y))];
    for (drawn, image) in images.iter().enumerate() {
        for (line, id) in lines.iter().enumerate() {
            let value = value(image, id);
            assert!(if line == drawn { value > 0.9 } else { value < 0.1 }, "{id} in image {drawn}: {value}");
        }
        assert!(value(image, "sim_pattern") > 0.9);
    }
}

#[test]
fn blurring_makes_an_image_less_sharp() {
    for sample in PHOTOGRAPHS.iter() {
        let image = image::load_from_memory(&sample.encoded).unwrap();
        let blurred = decode(&encode(&image.fast_blur(5.0), ImageFormat::Bmp));
        assert!(value(&blurred, "sim_sharp") < value(&sample.image, "sim_sharp"), "{}", sample.name);
        assert!(value(&blurred, "sim_blurred") > value(&sample.image, "sim_blurred"), "{}", sample.name);
    }
}

#[test]
fn lighter_images_have_a_higher_value_for_bright() {
    let ramp: Vec<Image> =
        (0..=5).map(|step| drawn(64, 64, |x, y| [(40 * step + (x * 7 + y * 13) % 40) as u8; 3])).collect();
    for pair in ramp.windows(2) {
        assert!(value(&pair[0], "sim_bright") <= value(&pair[1], "sim_bright"));
        assert!(value(&pair[0], "sim_dark") >= value(&pair[1], "sim_dark"));
    }
    assert!(value(&ramp[0], "sim_dark") > 0.9 && value(&ramp[5], "sim_bright") > 0.9);
}

#[test]
fn format_concepts_follow_the_frame() {
    let grain = |x: u32, y: u32| [(x * 31 + y * 17) as u8; 3];
    let cases = [
        (300, 200, "sim_landscape_format"),
        (200, 300, "sim_portrait_format"),
        (200, 200, "sim_square_format"),
        (600, 200, "sim_panorama"),
    ];
    for (width, height, id) in cases {
        assert!(value(&drawn(width, height, grain), id) > 0.9, "{id}");
    }
    // A crop has its own frame: the left half of a square is in portrait format.
    let half = drawn(1000, 1000, grain).crop(0.0, 0.0, 1.0, 0.5);
    assert_eq!((half.width(), half.height()), (500, 1000));
    assert!(value(&half, "sim_portrait_format") > 0.9);
}

#[test]
fn crops_have_at_least_one_pixel() {
    let image = drawn(40, 30, |x, y| [x as u8, y as u8, 0]);
    let mut random = SplitMix(7);
    for _ in 0..60 {
        let [top, left, bottom, right] = std::array::from_fn(|_| random.between(-0.5, 1.5));
        let region = image.crop(top, left, bottom, right);
        assert!(region.width() >= 1 && region.height() >= 1);
    }
    assert_valid(&image.crop(f32::NAN, 1.0, 0.0, f32::INFINITY));
    assert_eq!(image.crop(0.0, 0.0, 1.0, 1.0), image);
}

#[test]
fn small_changes_keep_the_embedding_closest_to_its_own_image() {
    for sample in PHOTOGRAPHS.iter() {
        let image = image::load_from_memory(&sample.encoded).unwrap();
        let mut low_quality = Vec::new();
        JpegEncoder::new_with_quality(&mut low_quality, 50).encode_image(&image).unwrap();
        let half = image.resize_exact(image.width() / 2, image.height() / 2, FilterType::Triangle);
        let brighter = image.to_rgb8().pixels().map(|pixel| pixel.0.map(|v| (f32::from(v) * 1.1) as u8)).collect();
        let changed = [
            ("cropped", sample.image.crop(0.025, 0.025, 0.975, 0.975)),
            ("re-encoded", decode(&low_quality)),
            ("halved", decode(&encode(&half, ImageFormat::Bmp))),
            ("brightened", Image::from_rgb(image.width(), image.height(), brighter).unwrap()),
        ];
        for (change, image) in changed {
            let changed = embedding(&image);
            let own = cosine(&changed, &sample.embedding);
            assert!(own > 0.9, "{} {change}: {own}", sample.name);
            for other in PHOTOGRAPHS.iter().filter(|other| other.name != sample.name) {
                let foreign = cosine(&changed, &other.embedding);
                assert!(foreign < own, "{} {change}: {own} to itself, {foreign} to {}", sample.name, other.name);
            }
        }
    }
}

#[test]
fn textures_are_recognized_in_unseen_parts() {
    let mut random = SplitMix(1);
    let mut crops = |name: &str, left: f32| -> Vec<Vec<f32>> {
        let half = sample(name).image.crop(0.0, left, 1.0, left + 0.5);
        let mut crop = || {
            let [height, width] = [random.between(0.4, 0.6), random.between(0.4, 0.6)];
            let [top, left] = [random.between(0.0, 1.0 - height), random.between(0.0, 1.0 - width)];
            embedding(&half.crop(top, left, top + height, left + width))
        };
        (0..12).map(|_| crop()).collect()
    };
    let mut centroid = |name: &&str| -> Vec<f32> {
        let seen = crops(name, 0.0);
        (0..EMBEDDING_LEN).map(|place| seen.iter().map(|one| one[place]).sum::<f32>() / 12.0).collect()
    };
    let centroids: Vec<Vec<f32>> = TEXTURES.iter().map(&mut centroid).collect();
    let distance = |one: &[f32], other: &[f32]| one.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum::<f32>();
    let mut right = 0;
    for (truth, name) in TEXTURES.iter().enumerate() {
        for unseen in crops(name, 0.5) {
            let to = |class: &usize| distance(&centroids[*class], &unseen);
            right += usize::from((0..3).min_by(|a, b| to(a).total_cmp(&to(b))) == Some(truth));
        }
    }
    println!("{right} of 36 unseen parts recognized");
    assert!(right >= 35, "{right} of 36");
}

#[test]
fn every_concept_has_a_name_in_every_language() {
    let mut ids: Vec<_> = vocabulary().iter().map(|concept| concept.id).collect();
    for concept in vocabulary() {
        assert!(concept.id.starts_with("sim_") && !concept.measured.is_empty());
        assert!(LANGUAGES.iter().all(|language| name_in(concept.id, language).is_some_and(|name| !name.is_empty())));
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), vocabulary().len());
    assert_eq!(name_in("sim_red", "de"), Some("rot"));
    assert_eq!(name_in("sim_red", "zh-CN"), Some("红色"));
    assert_eq!(name_in("sim_red", "tlh"), None);
    assert_eq!(name_in("sim_dog", "en"), None);
}

#[test]
fn decodes_every_format_and_draws_transparency_on_white() {
    let image = DynamicImage::ImageRgb8(RgbImage::from_pixel(20, 10, Rgb([0, 0, 255])));
    for format in [ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP, ImageFormat::Bmp, ImageFormat::Tiff] {
        assert_eq!(colors(&decode(&encode(&image, format)))[0].w3c_name, "Blue", "{format:?}");
    }
    let clear = DynamicImage::new_rgba8(20, 10);
    assert_eq!(colors(&decode(&encode(&clear, ImageFormat::Png)))[0].raw_hex, "#ffffff");
}

/// Returns the header of a PNG file, with a correct checksum and without pixels.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut chunk = b"IHDR".to_vec();
    chunk.extend(width.to_be_bytes());
    chunk.extend(height.to_be_bytes());
    chunk.extend([8, 2, 0, 0, 0]);
    let crc = !chunk.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 })
    });
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    png.extend(chunk);
    png.extend(crc.to_be_bytes());
    // The decoder reads up to the first chunk of pixels before it reports the size.
    png.extend(b"\0\0\x10\0IDAT");
    png
}

#[test]
fn refuses_oversized_and_truncated_images() {
    let coffee = &sample("coffee").encoded;
    let limits = Limits::default();
    let refused = |bytes: &[u8]| Image::decode(bytes, &limits).unwrap_err();

    let bomb = refused(&png_header(60_000, 60_000));
    assert_eq!(bomb, DecodeFailure::TooManyPixels { width: 60_000, height: 60_000, limit: limits.pixels });
    let zeros = refused(&vec![0; 25_000_000]);
    assert_eq!(zeros, DecodeFailure::TooManyBytes { actual: 25_000_000, limit: limits.encoded_bytes });
    assert_eq!(refused(b""), DecodeFailure::NotAnImage);
    assert_eq!(refused(b"This is text, not an image."), DecodeFailure::NotAnImage);
    assert_eq!(refused(&[0; 1000]), DecodeFailure::NotAnImage);
    assert!(matches!(refused(&coffee[..100]), DecodeFailure::Damaged(_)));
    let frugal = Limits { decoder_memory: 1000, ..limits };
    assert_eq!(Image::decode(coffee, &frugal), Err(DecodeFailure::TooMuchMemory { limit: 1000 }));
}

#[test]
fn a_truncated_jpeg_decodes_to_the_part_that_is_there() {
    let whole = sample("chelsea");
    let part = decode(&whole.encoded[..whole.encoded.len() / 2]);
    assert_eq!((part.width(), part.height()), (whole.image.width(), whole.image.height()));
    assert_valid(&part);
}

#[test]
fn damaged_images_never_panic() {
    let image = image::load_from_memory(&sample("chelsea").encoded).unwrap().thumbnail(48, 48);
    let mut random = SplitMix(3);
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP, ImageFormat::Tiff] {
        let whole = encode(&image, format);
        for _ in 0..60 {
            let mut bytes = whole.clone();
            for _ in 0..=random.below(8) {
                let place = random.below(bytes.len());
                bytes[place] = random.next() as u8;
            }
            bytes.truncate(bytes.len() - random.below(4) * random.below(bytes.len() / 4));
            let limits = Limits { pixels: 1_000_000, ..Limits::default() };
            if let Ok(image) = Image::decode(&bytes, &limits) {
                assert!(image.width() > 0 && !colors(&image).is_empty());
            }
        }
    }
}
