//! Recognition offline: an image of a megapixel against decoding and the networks alone, many photographs on two cores
//! against one, loading, and the memory of one prediction.
#![allow(missing_docs)]

#[path = "../../../core/benches/limit/mod.rs"]
mod limit;

use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use clarifai_core::models::Predict;
use clarifai_simulator::Client;
use clarifai_vision::{Classifier, FaceDetector};
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, RgbImage};
use limit::{Bound, Table, in_turns_of_all_threads, is_bench, wanted};
use rten::{Model, RunOptions, ThreadPool, Value};
use rten_tensor::Tensor;
use rten_tensor::prelude::*;

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../vision/data");
const IMAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/images");

/// Number of photographs for two cores.
const PHOTOGRAPHS: usize = 200;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Returns different photographs of this size as JPEG, made of those of the tests. Equal ones would be recognized once.
fn photographs(count: usize, width: u32, height: u32) -> Result<Vec<Vec<u8>>> {
    let mut sources: Vec<RgbImage> = Vec::new();
    for name in ["astronaut", "chelsea", "coffee", "rocket"] {
        let image = image::open(format!("{IMAGES}/{name}.jpg"))?;
        sources.push(image.resize_exact(width, height, FilterType::Triangle).to_rgb8());
    }
    let make = |index: usize| {
        let brighter = i32::try_from(index / sources.len())? - 20;
        let image = image::imageops::colorops::brighten(&sources[index % sources.len()], brighter);
        let mut bytes = Vec::new();
        DynamicImage::from(image).write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, 90))?;
        Ok(bytes)
    };
    (0..count).map(make).collect()
}

/// A network without anything around it, and an input that is ready.
struct Bare {
    model: Model,
    input: Tensor<f32>,
    options: RunOptions,
}

impl Bare {
    fn load(file: &str, side: usize) -> Result<Self> {
        let model = Model::load_file(Path::new(DATA).join(file))?;
        let input = Tensor::full(&[1, 3, side, side], 0.25);
        let options = RunOptions::default().with_thread_pool(Some(ThreadPool::with_num_threads(1).into()));
        Ok(Self { model, input, options })
    }

    fn run(&self) -> Result<Vec<Value>> {
        let node = self.model.node_id("image")?;
        let outputs = self.model.output_ids().to_vec();
        Ok(self.model.run(vec![(node, self.input.view().into())], &outputs, Some(self.options.clone()))?)
    }
}

/// One image of a megapixel, from the bytes of the file to its concepts, against decoding the file and running both
/// networks.
fn one_image(table: &mut Table) -> Result<()> {
    let row = "one image of 1 MP, file to concepts";
    if !wanted(row) {
        return Ok(());
    }
    let rounds = 30;
    let photographs = photographs(2 * rounds, 1200, 850)?;
    let (classes, faces) = (Bare::load("classes.onnx", 224)?, Bare::load("faces.onnx", 192)?);
    let client = Client::new();
    let (mut next, mut decoded) = (photographs.iter().cycle(), photographs.iter().cycle());
    let work = || {
        let bytes = next.next().cloned().unwrap_or_default();
        let outputs = client.call(&Predict::new("general-image-recognition").image_bytes(bytes)).expect("outputs");
        assert!(!black_box(outputs).is_empty());
    };
    let limit = || {
        let image = image::load_from_memory(decoded.next().map_or(&[], |bytes| bytes)).expect("an image");
        black_box(image.to_rgb8());
        black_box((classes.run().expect("outputs"), faces.run().expect("outputs")));
    };
    let turns = in_turns_of_all_threads(u32::try_from(rounds)?, 1, work, limit);
    table.timed(row, &turns, Bound::AtMost(1.5), Bound::AtMost(1.3));
    Ok(())
}

/// Many photographs by the program, on all cores against one of them.
fn two_cores(table: &mut Table, folder: &Path) -> Result<()> {
    let row = "200 photographs by predict, times faster on 2 cores";
    if !wanted(row) || !is_bench() {
        return Ok(());
    }
    if thread::available_parallelism()?.get() < 2 || Command::new("taskset").arg("--version").output().is_err() {
        println!("{row}: needs two cores and `taskset`");
        return Ok(());
    }
    let mut paths = Vec::new();
    for (index, bytes) in photographs(PHOTOGRAPHS, 640, 480)?.into_iter().enumerate() {
        let path = folder.join(format!("{index}.jpg"));
        fs::write(&path, bytes)?;
        paths.push(path);
    }
    let run = |cores: &str| -> Result<Duration> {
        let start = Instant::now();
        let mut command = Command::new("taskset");
        command.args(["-c", cores, env!("CARGO_BIN_EXE_clarifai"), "--simulator", "predict", "--json"]).args(&paths);
        let output = command.output()?;
        assert_eq!(String::from_utf8(output.stdout)?.lines().count(), PHOTOGRAPHS);
        Ok(start.elapsed())
    };
    let (mut one, mut two) = (Duration::MAX, Duration::MAX);
    for _ in 0..3 {
        one = one.min(run("0")?);
        two = two.min(run("0,1")?);
    }
    table.rate(row, one, two, Bound::AtLeast(1.7), Bound::AtLeast(1.9));
    Ok(())
}

/// Loading both networks, in milliseconds.
fn loading(table: &mut Table) {
    let row = "loading the networks, in ms";
    if wanted(row) {
        let load = || {
            let start = Instant::now();
            drop(black_box((Classifier::new().expect("a network"), FaceDetector::new().expect("a network"))));
            start.elapsed()
        };
        let least = (0..5).map(|_| load()).min().unwrap_or_default();
        table.counted(row, u64::try_from(least.as_millis()).unwrap_or(u64::MAX), 60, 40);
    }
}

/// The most memory that one prediction by the program needs, in MB: the last count of the system before its end.
fn memory(table: &mut Table) -> Result<()> {
    let row = "memory of one predict, in MB";
    if !wanted(row) || !cfg!(target_os = "linux") {
        return Ok(());
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_clarifai"));
    command.args(["--simulator", "predict", &format!("{IMAGES}/coffee.jpg")]).stdin(Stdio::null());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let mut peak = 0;
    while child.try_wait()?.is_none() {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let counted = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        peak = counted.map_or(Ok(peak), str::parse::<u64>)?;
        thread::sleep(Duration::from_micros(200));
    }
    assert!(child.wait()?.success());
    table.counted(row, peak * 1024 / 1_000_000, 120, 80);
    Ok(())
}

fn main() -> ExitCode {
    let mut table = Table::default();
    let folder = tempfile::tempdir().expect("a folder");
    loading(&mut table);
    one_image(&mut table).expect("a row");
    two_cores(&mut table, folder.path()).expect("a row");
    memory(&mut table).expect("a row");
    table.finish()
}
