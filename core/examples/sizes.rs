//! x
#[path = "../benches/limit/samples.rs"]
mod samples;
fn main(){ 
 let exchange = clarifai_core::Exchange::new(&samples::app(), samples::predict_urls(128)).expect("a request");
 let json = samples::answer(128, 20);
 for _ in 0..600 { drop(std::hint::black_box(exchange.parse(http::Response::new(json.clone())).expect("an answer"))) }
}
