//! Prints what the general model recognizes in an image: `cargo run -p clarifai --example predict [ADDRESS]`.

use clarifai::blocking::Client;
use clarifai::models::{ModelRef, Predict};

fn main() -> clarifai::Result<()> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "https://samples.clarifai.com/metro-north.jpg".to_owned());
    let client = Client::from_env()?;
    let predict = Predict::new(ModelRef::public("general-image-recognition")).image_url(url);
    for concept in client.call(predict)?.into_single()?.concepts() {
        println!("{:.2} {}", concept.value(), concept.name);
    }
    Ok(())
}
