//! What the public models predict for an image.

use serde_json::{Value, json};

use crate::output_options::{Options, number};
use crate::public_models::{AGES, CULTURES, GENDERS, Kind, PublicModel};
use crate::recognition::{Face, Recognition};
use crate::vision::{self, Image};
use crate::vocabulary::{PublicConcept, id_of};

/// Returns the data of a public model's output.
pub(crate) fn data(recognition: Recognition, model: &PublicModel, image: &Image, options: &Options) -> Value {
    match model.kind {
        Kind::General => options.select_public(general(recognition, image, options)),
        Kind::Subject(_) => {
            let vocabulary = model.vocabulary(recognition);
            let belongs = |concept: &PublicConcept| vocabulary.iter().any(|known| known.id == concept.id);
            let all = recognition.general(image).into_iter();
            options.select_public(all.filter(|(concept, _)| belongs(concept)))
        }
        Kind::Measured(ids) => options.select_public(measured(recognition, image, ids)),
        Kind::Portrait(ids) => {
            let face = recognition.faces(image).into_iter().next();
            let part = face.map(|face| cut_out(image, &face));
            options.select_public(measured(recognition, part.as_ref().unwrap_or(image), ids))
        }
        Kind::Colors => colors(image),
        Kind::Embeddings => json!({"embeddings": [embedding(recognition, image)]}),
        Kind::Faces => faces(
            recognition,
            image,
            |_, face| json!({"concepts": [{"id": id_of("face"), "name": "face", "value": number(face.score), "app_id": "main"}]}),
        ),
        Kind::FaceEmbeddings => {
            faces(recognition, image, |_, face| json!({"embeddings": [embedding(recognition, &cut_out(image, face))]}))
        }
        Kind::Focus => focus(recognition, image),
        Kind::Blind(names) => {
            let concepts = unrecognized(image, 0, names);
            options.select(concepts.iter().map(|(id, name, value)| (id.as_str(), *name, *name, *value)), "main")
        }
        Kind::BlindRegion(names) => {
            let data = json!({"concepts": concepts_json(low(image, 0, names), None)});
            json!({"regions": [region(image, 0, [0.0, 0.0, 1.0, 1.0], None, &data)]})
        }
        Kind::Identities(names) => faces(recognition, image, |index, _| {
            let concepts = concepts_json(low(image, index, names), None);
            json!({"concepts": concepts.clone(), "face": {"identity": {"concepts": concepts}}})
        }),
        Kind::Demographics => faces(recognition, image, |index, _| demographics(image, index)),
    }
}

/// Returns the general concepts, and those that are measured if they are requested.
fn general(recognition: Recognition, image: &Image, options: &Options) -> Vec<(&'static PublicConcept, f32)> {
    let measured = recognition.vocabulary().concepts.iter().filter(|concept| concept.is_measured());
    if options.selects(measured) { recognition.all(image) } else { recognition.general(image) }
}

fn measured(recognition: Recognition, image: &Image, ids: &[&str]) -> Vec<(&'static PublicConcept, f32)> {
    let all = recognition.measured(image).into_iter();
    all.filter(|(concept, _)| ids.contains(&concept.id.as_str())).collect()
}

fn colors(image: &Image) -> Value {
    let color = |color: vision::NamedColor| {
        let w3c = json!({"hex": color.w3c_hex, "name": color.w3c_name});
        json!({"raw_hex": color.raw_hex, "w3c": w3c, "value": number(color.share)})
    };
    json!({"colors": vision::colors(image).into_iter().map(color).collect::<Vec<_>>()})
}

fn embedding(recognition: Recognition, image: &Image) -> Value {
    let vector: Vec<_> = recognition.embedding(image).into_iter().map(number).collect();
    json!({"num_dimensions": vector.len(), "vector": vector})
}

/// Returns a region for each face, with the data that `data` computes from its index and itself.
fn faces(recognition: Recognition, image: &Image, data: impl Fn(usize, &Face) -> Value) -> Value {
    let faces = recognition.faces(image);
    let region =
        |(index, face): (usize, &Face)| region(image, index, face.bounds, Some(face.score), &data(index, face));
    let regions: Vec<_> = faces.iter().enumerate().map(region).collect();
    if regions.is_empty() { json!({}) } else { json!({"regions": regions}) }
}

fn region(image: &Image, index: usize, bounds: [f32; 4], score: Option<f32>, data: &Value) -> Value {
    let [top, left, bottom, right] = bounds.map(number);
    let mut region = json!({
        "id": format!("{:032x}", image.fingerprint().wrapping_add(index as u128)),
        "region_info": {"bounding_box": {"top_row": top, "left_col": left, "bottom_row": bottom, "right_col": right}},
        "data": data,
    });
    if let Some(score) = score {
        region["value"] = number(score).into();
    }
    region
}

/// Returns the part of the image with a face, and a fifth of its size around it.
fn cut_out(image: &Image, face: &Face) -> Image {
    let [top, left, bottom, right] = face.bounds;
    let (height, width) = (0.2 * (bottom - top), 0.2 * (right - left));
    image.crop(top - height, left - width, bottom + height, right + width)
}

/// Returns the sharpness of the image, and the quarters that are sharp.
fn focus(recognition: Recognition, image: &Image) -> Value {
    let sharpness = |image: &Image| {
        let all = recognition.measured(image);
        all.iter().find(|(concept, _)| concept.id == "sim_sharp").map_or(0.0, |(_, value)| *value)
    };
    let quarters: Vec<_> = [(0.0, 0.0), (0.0, 0.5), (0.5, 0.0), (0.5, 0.5)]
        .map(|(top, left)| [top, left, top + 0.5, left + 0.5])
        .into_iter()
        .map(|bounds| (bounds, sharpness(&image.crop(bounds[0], bounds[1], bounds[2], bounds[3]))))
        .collect();
    let sharp: Vec<_> = quarters.iter().filter(|(_, value)| *value >= 0.5).collect();
    let density = number(crate::output_options::count(sharp.len()) / 4.0);
    let regions: Vec<_> = sharp
        .iter()
        .enumerate()
        .map(|(index, (bounds, value))| {
            let data = json!({"focus": {"density": number(*value), "value": number(*value)}});
            region(image, index, *bounds, None, &data)
        })
        .collect();
    json!({"focus": {"density": density, "value": number(sharpness(image))}, "regions": regions})
}

/// Returns age, gender and cultural appearance, in the form of today and in that until 2020.
fn demographics(image: &Image, index: usize) -> Value {
    let aspects =
        [("age_appearance", &AGES[..]), ("gender_appearance", &GENDERS), ("multicultural_appearance", &CULTURES)];
    let mut all = Vec::new();
    let mut face = json!({});
    for (aspect, names) in aspects {
        let concepts = low(image, index, names);
        face[aspect] = json!({"concepts": concepts_json(concepts.clone(), None)});
        all.extend(concepts_json(concepts, Some(aspect)));
    }
    json!({"concepts": all, "face": face})
}

/// A concept that nothing here can recognize: id, name and value.
type Unrecognized = (String, &'static str, f32);

/// Returns low values, at most 0.05, which depend on the image only so that images differ. Highest first.
#[expect(clippy::cast_precision_loss, reason = "16 bits")]
fn low(image: &Image, index: usize, names: &[&'static str]) -> Vec<Unrecognized> {
    let seed = image.fingerprint() ^ index as u128;
    let value = |name: &str| {
        let mixed = crate::state::ledger::fnv(format!("{seed:x}{name}").as_bytes());
        0.01 + 0.04 * (mixed >> 48) as f32 / 65_536.0
    };
    let mut concepts: Vec<_> = names.iter().map(|name| (id_of(name), *name, value(name))).collect();
    concepts.sort_by(|(_, _, one), (_, _, other)| other.total_cmp(one));
    concepts
}

/// Returns low values for all names but the first one, which gets the rest to 1. Highest first.
fn unrecognized(image: &Image, index: usize, names: &[&'static str]) -> Vec<Unrecognized> {
    let Some((first, others)) = names.split_first() else { return Vec::new() };
    let others = low(image, index, others);
    let rest = 1.0 - others.iter().map(|(_, _, value)| value).sum::<f32>();
    std::iter::once((id_of(first), *first, rest)).chain(others).collect()
}

fn concepts_json(concepts: Vec<Unrecognized>, vocabulary: Option<&str>) -> Vec<Value> {
    let concept = |(id, name, value): Unrecognized| {
        let mut concept = json!({"id": id, "name": name, "value": number(value), "app_id": "main"});
        if let Some(vocabulary) = vocabulary {
            concept["vocab_id"] = vocabulary.into();
        }
        concept
    };
    concepts.into_iter().map(concept).collect()
}
