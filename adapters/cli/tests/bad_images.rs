//! Images that are unusual, damaged or hostile: each gets outputs or a refusal of the service, the same one each time,
//! within 256 MB of memory.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::fs;
use std::io::{BufRead as _, BufReader, Cursor};
use std::process::Child;

use clarifai_core::error::ErrorKind;
use clarifai_core::models::Predict;
use clarifai_core::types::Output;
use clarifai_core::{Config, Credentials, Operation as _};
use common::Cli;
use image::codecs::gif::GifEncoder;
use image::{DynamicImage, Frame, ImageFormat, RgbImage, RgbaImage};
use jpeg_encoder::{ColorType, Encoder};

/// Maximum memory of the program: 256 MB, in units of 1,024 bytes.
const MOST_MEMORY: u64 = 250_000;

/// What the service must do with an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Outputs,
    Refusal,
    /// The part of the image that is there may be enough.
    Either,
}
use Expected::{Either, Outputs, Refusal};

fn encode(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn photo(name: &str) -> Vec<u8> {
    fs::read(common::image(name)).unwrap()
}

fn plain(width: u32, height: u32) -> DynamicImage {
    RgbImage::from_fn(width, height, |x, y| [x.to_le_bytes()[0], y.to_le_bytes()[0], 90].into()).into()
}

/// A gray JPEG of any size: its header, and the same 14 bits for each square of 8 by 8 pixels. Encoding as many pixels
/// takes seconds in a debug build.
fn large(width: u16, height: u16) -> Vec<u8> {
    let gray = RgbImage::from_pixel(16, 16, [128; 3].into());
    let small = jpeg_of_size(&encode(&gray.into(), ImageFormat::Jpeg), width, height);
    let scan = small.windows(2).position(|two| two == [0xff, 0xda]).unwrap();
    let header = scan + 2 + usize::from(small[scan + 3]);
    // For each of the three colors: no difference, and no further coefficient.
    let eight_squares: Vec<u8> = (0..14_usize)
        .map(|byte| (8 * byte..8 * byte + 8).fold(0, |bits, at| bits << 1 | u8::from([2, 4].contains(&(at % 14)))))
        .collect();
    let squares = usize::from(width).div_ceil(8) * usize::from(height).div_ceil(8);
    [&small[..header], &eight_squares.repeat(squares.div_ceil(8)), &[0xff, 0xd9]].concat()
}

fn cmyk() -> Vec<u8> {
    let pixels: Vec<u8> = (0..64 * 64_u32).flat_map(u32::to_be_bytes).collect();
    let mut bytes = Vec::new();
    Encoder::new(&mut bytes, 90).encode(&pixels, 64, 64, ColorType::Cmyk).unwrap();
    bytes
}

fn animated_gif() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for shade in [0, 90, 180] {
        let frame = RgbaImage::from_pixel(40, 30, [shade, 200, 10, 255].into());
        encoder.encode_frame(Frame::new(frame)).unwrap();
    }
    drop(encoder);
    bytes
}

/// A chunk of a RIFF file.
fn chunk(name: &str, data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap().to_le_bytes();
    [name.as_bytes(), &length, data, &[0][..data.len() % 2]].concat()
}

/// The length of a canvas in the extended header of WebP: one less, in three bytes.
fn less_one(length: u32) -> Vec<u8> {
    (length - 1).to_le_bytes()[..3].to_vec()
}

/// An animated WebP of two equal frames on a canvas of this size.
fn animated_webp(width: u32, height: u32) -> Vec<u8> {
    let still = encode(&plain(16, 16), ImageFormat::WebP);
    let frame = [vec![0; 6], less_one(16), less_one(16), vec![100, 0, 0, 0], still[12..].to_vec()].concat();
    let header = [vec![0b10, 0, 0, 0], less_one(width), less_one(height)].concat();
    let frame = chunk("ANMF", &frame);
    let parts = [b"WEBP".to_vec(), chunk("VP8X", &header), chunk("ANIM", &[0; 6]), frame.clone(), frame].concat();
    chunk("RIFF", &parts)
}

/// A PNG whose header claims this size, with a valid check sum.
fn png_that_claims(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = encode(&plain(8, 8), ImageFormat::Png);
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let sum = crc32fast::hash(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&sum.to_be_bytes());
    bytes
}

/// Changes the size in the frame header of a JPEG.
fn jpeg_of_size(jpeg: &[u8], width: u16, height: u16) -> Vec<u8> {
    let mut bytes = jpeg.to_vec();
    let frame = bytes.windows(2).position(|two| two == [0xff, 0xc0]).unwrap();
    bytes[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    bytes[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    bytes
}

fn gif_that_claims(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = animated_gif();
    bytes[6..8].copy_from_slice(&width.to_le_bytes());
    bytes[8..10].copy_from_slice(&height.to_le_bytes());
    bytes
}

fn bmp_that_claims(width: i32, height: i32) -> Vec<u8> {
    let mut bytes = encode(&plain(8, 8), ImageFormat::Bmp);
    bytes[18..22].copy_from_slice(&width.to_le_bytes());
    bytes[22..26].copy_from_slice(&height.to_le_bytes());
    bytes
}

/// A photo with an EXIF orientation, 1 to 8.
fn turned(orientation: u8) -> Vec<u8> {
    let tag = [0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0];
    let exif = [b"Exif\0\0II*\0\x08\0\0\0\x01\0".as_slice(), &tag, &[0; 4]].concat();
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    let photo = photo("coffee.jpg");
    [&photo[..2], &[0xff, 0xe1], &length, &exif, &photo[2..]].concat()
}

/// A JPEG with comments before its pixels, so that it is nearly as large as the service allows.
fn commented(jpeg: &[u8]) -> Vec<u8> {
    let comment = [[0xff, 0xfe, 0xff, 0xff].as_slice(), &vec![b'x'; 0xffff - 2]].concat();
    let comments = (19_900_000 - jpeg.len()) / comment.len();
    [&jpeg[..2], &comment.repeat(comments), &jpeg[2..]].concat()
}

fn noise(length: u64) -> Vec<u8> {
    (0..length).map(|index| index.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes()[1]).collect()
}

fn table() -> Vec<(String, Vec<u8>, Expected)> {
    let mut images: Vec<(String, Vec<u8>, Expected)> = Vec::new();
    let mut add = |name: &str, bytes, expected| images.push((name.to_owned(), bytes, expected));
    add("one pixel", encode(&plain(1, 1), ImageFormat::Png), Outputs);
    add("a row of 30,000 pixels", encode(&plain(30_000, 1), ImageFormat::Png), Outputs);
    add("a column of 30,000 pixels", encode(&plain(1, 30_000), ImageFormat::Png), Outputs);
    add("alpha", encode(&plain(50, 40).to_rgba8().into(), ImageFormat::Png), Outputs);
    let clear = RgbaImage::from_pixel(20, 20, [9, 9, 9, 0].into());
    add("transparent", encode(&clear.into(), ImageFormat::Png), Outputs);
    add("16 bit", encode(&plain(50, 40).to_rgb16().into(), ImageFormat::Png), Outputs);
    add("16 bit, alpha", encode(&plain(50, 40).to_rgba16().into(), ImageFormat::Png), Outputs);
    add("gray", encode(&plain(50, 40).to_luma8().into(), ImageFormat::Jpeg), Outputs);
    add("16 bit TIFF", encode(&plain(50, 40).to_rgb16().into(), ImageFormat::Tiff), Outputs);
    add("CMYK", cmyk(), Either);
    add("animated GIF", animated_gif(), Outputs);
    add("animated WebP", animated_webp(16, 16), Outputs);
    for orientation in 0..=9 {
        add(&format!("EXIF orientation {orientation}"), turned(orientation), Outputs);
    }
    add("50 megapixels", large(7_100, 7_000), Outputs);
    add("a file of 20 MB", commented(&large(5_800, 4_000)), Outputs);
    add("60 megapixels", large(8_000, 7_500), Refusal);
    add("claims of PNG", png_that_claims(60_000, 60_000), Refusal);
    add("largest claims of PNG", png_that_claims(0x7fff_ffff, 0x7fff_ffff), Refusal);
    add("PNG without width", png_that_claims(0, 8), Refusal);
    let small = encode(&plain(16, 16), ImageFormat::Jpeg);
    add("claims of JPEG", jpeg_of_size(&small, 65_535, 65_535), Refusal);
    add("JPEG without width", jpeg_of_size(&small, 0, 8), Refusal);
    add("claims of GIF", gif_that_claims(65_535, 65_535), Refusal);
    add("claims of WebP", animated_webp(1 << 24, 255), Refusal);
    add("claims of BMP", bmp_that_claims(i32::MAX, i32::MAX), Refusal);
    add("BMP with the least height", bmp_that_claims(8, i32::MIN), Refusal);
    for (name, length) in [("coffee.jpg", 1), ("coffee.jpg", 2), ("coffee.jpg", 30), ("rocket.jpg", 160)] {
        add(&format!("{length} bytes of a photo"), photo(name)[..length].to_vec(), Refusal);
    }
    let whole = photo("rocket.jpg");
    add("half of a photo", whole[..whole.len() / 2].to_vec(), Either);
    add("a photo without its last byte", whole[..whole.len() - 1].to_vec(), Either);
    for format in [ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP, ImageFormat::Bmp, ImageFormat::Tiff] {
        let bytes = encode(&plain(60, 60), format);
        for share in [1, 2, 3] {
            let part = bytes[..bytes.len() * share / 4].to_vec();
            add(&format!("{share} of 4 parts of {format:?}"), part, Either);
        }
        add(&format!("{format:?} with noise at its end"), [bytes, noise(999)].concat(), Either);
    }
    add("noise", noise(10_000), Refusal);
    for magic in
        [b"\xff\xd8\xff\xe0".as_slice(), b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"II*\0", b"RIFF\x20\x27\0\0WEBPVP8 "]
    {
        add(&format!("noise after {magic:?}"), [magic, &noise(10_000)].concat(), Refusal);
    }
    images
}

/// The program as a server, with the networks.
struct Program {
    child: Child,
    client: clarifai_ureq::Client,
}

impl Program {
    fn start(cli: &Cli) -> Self {
        let mut child = cli.command(&["simulator"]).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut url).unwrap();
        let config = Config::new(Credentials::key("k12345").unwrap()).with_base_url(url.trim()).unwrap();
        Self { child, client: clarifai_ureq::Client::new(config).unwrap() }
    }

    /// Returns the outputs of two models for an image, or the status code of the refusal.
    fn predict(&self, bytes: &[u8]) -> Result<Vec<Output>, u32> {
        let of = |model: &str| {
            let batch = self.client.call(&Predict::new(model).image_bytes(bytes.to_vec()).by_item());
            match batch {
                Ok(batch) => match batch.into_result() {
                    Ok(outputs) => Ok(outputs.into_iter().next().unwrap()),
                    Err(error) => Err(error.api_code().unwrap()),
                },
                Err(error) if matches!(error.kind(), ErrorKind::Api(_)) => Err(error.api_code().unwrap()),
                Err(error) => panic!("{error}"),
            }
        };
        Ok(vec![of("general-image-recognition")?, of("face-detection")?])
    }

    /// Returns the most memory that the program had since the last call, in kB, where the system counts it.
    fn peak_memory(&self) -> u64 {
        let folder = format!("/proc/{}", self.child.id());
        let Ok(status) = fs::read_to_string(format!("{folder}/status")) else { return 0 };
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        let peak = line.trim().strip_suffix(" kB").unwrap().parse().unwrap();
        // Starts a new count.
        let _ = fs::write(format!("{folder}/clear_refs"), "5");
        peak
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the names and values of the concepts of each model, without the ids of the outputs.
fn contents(outputs: &[Output]) -> Vec<(String, f64)> {
    let concepts = outputs.iter().flat_map(|output| output.concepts().iter());
    let concepts = concepts.map(|concept| (concept.name.clone(), concept.value.unwrap_or_default()));
    let regions = outputs.iter().flat_map(Output::regions).map(|_| ("region".to_owned(), 1.0));
    concepts.chain(regions).collect()
}

#[test]
fn unusual_damaged_and_hostile_images_have_outputs_or_a_refusal() {
    let cli = Cli::new();
    let program = Program::start(&cli);
    let mut refusals = 0;
    for (name, bytes, expected) in table() {
        let first = program.predict(&bytes);
        let peak = program.peak_memory();
        assert!(peak <= MOST_MEMORY, "{name}: {peak} kB");
        match (&first, expected) {
            (Ok(outputs), Outputs | Either) => assert!(!contents(outputs).is_empty(), "{name}"),
            (Err(30_101 | 30_104 | 30_300), Refusal | Either) => refusals += 1,
            (result, expected) => panic!("{name}: expected {expected:?}, {result:?}"),
        }
        if bytes.len() > 100_000 {
            // The large ones take seconds in a debug build.
            continue;
        }
        let again = program.predict(&bytes);
        assert_eq!(first.map(|outputs| contents(&outputs)), again.map(|outputs| contents(&outputs)), "{name}");
    }
    assert!(refusals > 20, "{refusals}");
}

/// Measurements of pixels do without the networks, and a program that recognizes nothing does not load them.
#[test]
fn networks_are_loaded_when_they_are_needed() {
    let cli = Cli::new();
    let program = Program::start(&cli);
    let color = Predict::new("color-recognition").image_bytes(photo("coffee.jpg"));
    assert!(!program.client.call(&color).unwrap().into_result().unwrap()[0].colors().is_empty());
    let without = program.peak_memory();
    program.predict(&photo("coffee.jpg")).unwrap();
    let with = program.peak_memory();
    // The weights alone have 5.7 MB, and more when they are prepared.
    assert!(without == 0 || with > without + 10_000, "{without} kB without the networks, {with} kB with them");
}

/// Turning a photo by EXIF gives what turning its pixels gives.
#[test]
fn exif_orientation_is_applied_before_recognition() {
    let cli = Cli::new();
    let program = Program::start(&cli);
    let upright = contents(&program.predict(&photo("coffee.jpg")).unwrap());
    assert_eq!(contents(&program.predict(&turned(1)).unwrap()), upright);
    let turned_pixels = |turn: fn(&DynamicImage) -> DynamicImage| {
        let turned = turn(&image::load_from_memory(&photo("coffee.jpg")).unwrap());
        contents(&program.predict(&encode(&turned, ImageFormat::Png)).unwrap())
    };
    for (orientation, pixels) in [
        (2, turned_pixels(DynamicImage::fliph)),
        (3, turned_pixels(DynamicImage::rotate180)),
        (6, turned_pixels(DynamicImage::rotate90)),
        (8, turned_pixels(DynamicImage::rotate270)),
    ] {
        let by_exif = contents(&program.predict(&turned(orientation)).unwrap());
        assert_eq!(by_exif[0].0, pixels[0].0, "orientation {orientation}");
        // The pixels are scaled before they are turned, and not after.
        assert!((by_exif[0].1 - pixels[0].1).abs() < 0.05, "{orientation}: {:?} {:?}", by_exif[0], pixels[0]);
        assert_ne!(by_exif, upright, "orientation {orientation} was ignored");
    }
}
