//! Prints what is in a picture on the web and in one on disk.
//!
//! `CLARIFAI_PAT=… cargo run --example predict_reqwest -- ADDRESS FILE`; `CLARIFAI_API_BASE` names another address of the
//! service.

use std::error::Error;

use clarifai_reqwest::{
    App, Client, Credentials,
    models::{ModelRef, Predict},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let [_, address, file] = &std::env::args().collect::<Vec<_>>()[..] else {
        return Err("usage: predict ADDRESS FILE".into());
    };
    let mut app = App::new(Credentials::personal_access_token(std::env::var("CLARIFAI_PAT")?)?);
    if let Ok(base) = std::env::var("CLARIFAI_API_BASE") {
        app = app.with_base(&base)?;
    }
    for line in predict(&Client::new(app), address, std::fs::read(file)?).await? {
        println!("{line}");
    }
    Ok(())
}

/// The concepts of both pictures, a line each.
pub(crate) async fn predict(client: &Client, address: &str, picture: Vec<u8>) -> Result<Vec<String>, Box<dyn Error>> {
    let predict = Predict::with(ModelRef::public("general-image-recognition"))
        .image_url(address)
        .image_bytes(picture)
        .min_value(0.5);
    let mut lines = Vec::new();
    for output in client.call(predict).await?.all()? {
        for concept in output.concepts() {
            lines.push(format!("{:5.1} %  {}", 100.0 * concept.value(), concept.name));
        }
    }
    Ok(lines)
}
