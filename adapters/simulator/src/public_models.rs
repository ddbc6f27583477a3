//! The simulated public models.

use serde_json::{Value, json};

use crate::recognition::Recognition;
use crate::vocabulary::{PublicConcept, id_of};
use crate::wildcard::matches;

/// What a public model computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Everything that is recognized in the image.
    General,
    /// Those of the general concepts that belong to one of the named kinds.
    Subject(&'static [&'static str]),
    /// Measurements on the pixels, by the ids of their concepts.
    Measured(&'static [&'static str]),
    /// The same within the best face.
    Portrait(&'static [&'static str]),
    Colors,
    Embeddings,
    Faces,
    FaceEmbeddings,
    Focus,
    /// Concepts that nothing here can recognize, with their low values. Of the first one the value is what is left to
    /// 1.
    Blind(&'static [&'static str]),
    /// The same for the whole image as a region.
    BlindRegion(&'static [&'static str]),
    /// The same for each face: identities.
    Identities(&'static [&'static str]),
    /// The same for each face: age, gender and cultural appearance.
    Demographics,
}

/// A public model.
#[derive(Debug)]
pub(crate) struct PublicModel {
    /// Current id.
    pub(crate) id: &'static str,
    /// Legacy id, still accepted.
    pub(crate) old_id: &'static str,
    /// The name, followed by other names that it is found by.
    names: &'static [&'static str],
    display_name: &'static str,
    description: &'static str,
    /// Legacy model type, and the more specific one.
    model_type: [&'static str; 2],
    /// Current model type.
    model_type_id: &'static str,
    version: &'static str,
    pub(crate) kind: Kind,
}

/// Words for the appearance of a face: ages, genders and cultures, as the service lists them.
pub(crate) static AGES: [&str; 9] =
    ["0-2", "3-9", "10-19", "20-29", "30-39", "40-49", "50-59", "60-69", "more than 70"];
pub(crate) static GENDERS: [&str; 2] = ["feminine", "masculine"];
pub(crate) static CULTURES: [&str; 7] = [
    "asian",
    "black or african american",
    "hispanic, latino, or spanish origin",
    "middle eastern or north african",
    "native hawaiian or pacific islander",
    "american indian or alaska native",
    "white",
];

const QUALITY: &[&str] = &[
    "sim_sharp",
    "sim_blurred",
    "sim_bright",
    "sim_dark",
    "sim_overexposed",
    "sim_underexposed",
    "sim_high_contrast",
    "sim_low_contrast",
    "sim_colorful",
    "sim_muted",
    "sim_grainy",
    "sim_centered_subject",
    "sim_plain_background",
    "sim_low_resolution",
    "sim_high_resolution",
];
const TEXTURES: &[&str] = &[
    "sim_texture",
    "sim_smooth",
    "sim_detailed",
    "sim_grainy",
    "sim_pattern",
    "sim_even_texture",
    "sim_horizontal_lines",
    "sim_vertical_lines",
    "sim_diagonal_lines",
    "sim_grid",
    "sim_gradient",
];
const FOOD: &[&str] = &[
    "food",
    "beverage",
    "produce",
    "edible fruit",
    "vegetable",
    "fruit",
    "dish",
    "bread",
    "dessert",
    "condiment",
    "alcohol",
    "mushroom",
    "tableware",
    "bottle",
];
const APPAREL: &[&str] = &[
    "clothing",
    "garment",
    "footwear",
    "headdress",
    "hat",
    "bag",
    "sunglasses",
    "sunglass",
    "hosiery",
    "necktie",
    "swimsuit",
    "overgarment",
    "armor",
    "mask",
    "wig",
    "umbrella",
];
const TRAVEL: &[&str] = &[
    "vehicle",
    "building",
    "geological formation",
    "dwelling",
    "place of worship",
    "bridge",
    "memorial",
    "fountain",
    "establishment",
    "public transport",
    "natural elevation",
    "shelter",
    "shore",
    "beach",
    "rocket",
];
const CELEBRITIES: &[&str] = &["unknown celebrity"];
const LOGOS: &[&str] = &["unknown brand"];
const MODERATION: &[&str] = &["safe", "suggestive", "explicit", "gore", "drug"];
const NSFW: &[&str] = &["sfw", "nsfw"];
const WEDDINGS: &[&str] =
    &["no wedding", "bride", "groom", "ceremony", "wedding", "reception", "bouquet", "wedding cake"];

const BLIND: &str = "Simulated: nothing here can recognize this. The values are low and mean nothing.";

pub(crate) static PUBLIC_MODELS: [PublicModel; 18] = [
    PublicModel {
        id: "general-image-recognition",
        old_id: "aaa03c23b3724a16a56b629203edc62c",
        names: &["general-v1.3", "general"],
        display_name: "General (simulated)",
        description: "Simulated: things recognized by a small network, or measurements on pixels.",
        model_type: ["concept", "concept"],
        model_type_id: "visual-classifier",
        version: "aa9ca48295b37401f8af92ad1af0d91d",
        kind: Kind::General,
    },
    PublicModel {
        id: "color-recognition",
        old_id: "eeed0b6733a644cea07cf4c60f87ebb7",
        names: &["color"],
        display_name: "Color (simulated)",
        description: "Simulated: the dominant colors of the pixels.",
        model_type: ["color", "color"],
        model_type_id: "image-color-recognizer",
        version: "5100000000000000000000000000000c",
        kind: Kind::Colors,
    },
    PublicModel {
        id: "general-image-embedding",
        old_id: "bbb5f41425b8468d9b7a554ff10f8581",
        names: &["general-v1.3"],
        display_name: "General Embedding (simulated)",
        description: "Simulated: 1,024 numbers; similar images have similar ones.",
        model_type: ["embed", "embed"],
        model_type_id: "visual-embedder",
        version: "5100000000000000000000000000000e",
        kind: Kind::Embeddings,
    },
    PublicModel {
        id: "apparel-recognition",
        old_id: "e0be3b9d6a454f0493ac3a30784001ff",
        names: &["apparel"],
        display_name: "Apparel (simulated)",
        description: "Simulated: clothes among the things that the general model recognizes.",
        model_type: ["concept", "concept"],
        model_type_id: "visual-classifier",
        version: "51000000000000000000000000000001",
        kind: Kind::Subject(APPAREL),
    },
    PublicModel {
        id: "celebrity-face-recognition",
        old_id: "e466caa0619f444ab97497640cefc4dc",
        names: &["celeb-v1.3", "celebrity"],
        display_name: "Celebrity (simulated)",
        description: BLIND,
        model_type: ["concept", "facedetect-identity"],
        model_type_id: "visual-detector",
        version: "51000000000000000000000000000002",
        kind: Kind::Identities(CELEBRITIES),
    },
    PublicModel {
        id: "demographics-recognition",
        old_id: "c0c0ac362b03416da06ab3fa36fb58e3",
        names: &["demographics"],
        display_name: "Demographics (simulated)",
        description: BLIND,
        model_type: ["concept", "facedetect-demographics"],
        model_type_id: "visual-detector",
        version: "51000000000000000000000000000003",
        kind: Kind::Demographics,
    },
    PublicModel {
        id: "face-detection",
        old_id: "a403429f2ddf4b49b307e318f00e528b",
        names: &["face", "face-v1.3"],
        display_name: "Face Detection (simulated)",
        description: "Simulated: faces found by a small network, without telling whose they are.",
        model_type: ["facedetect", "facedetect"],
        model_type_id: "visual-detector",
        version: "51000000000000000000000000000004",
        kind: Kind::Faces,
    },
    PublicModel {
        id: "face-embedding",
        old_id: "d02b4508df58432fbb84e800597b8959",
        names: &["face"],
        display_name: "Face Embedding (simulated)",
        description: "Simulated: the general embedding of each face. It does not tell whose face it is.",
        model_type: ["embed", "detect-embed"],
        model_type_id: "visual-detector-embedder",
        version: "51000000000000000000000000000005",
        kind: Kind::FaceEmbeddings,
    },
    PublicModel {
        id: "focus",
        old_id: "c2cf7cecd8a6427da375b9f35fcd2381",
        names: &["focus"],
        display_name: "Focus (simulated)",
        description: "Simulated: sharpness, measured on the pixels.",
        model_type: ["focus", "focus"],
        model_type_id: "blur-detector",
        version: "51000000000000000000000000000006",
        kind: Kind::Focus,
    },
    PublicModel {
        id: "food-item-recognition",
        old_id: "bd367be194cf45149e75f01d59f77ba7",
        names: &["food-items-v1.0", "food"],
        display_name: "Food (simulated)",
        description: "Simulated: food among the things that the general model recognizes.",
        model_type: ["concept", "concept"],
        model_type_id: "visual-classifier",
        version: "51000000000000000000000000000007",
        kind: Kind::Subject(FOOD),
    },
    PublicModel {
        id: "landscape-quality",
        old_id: "bec14810deb94c40a05f1f0eb3c91403",
        names: &["Landscape Quality"],
        display_name: "Landscape Quality (simulated)",
        description: "Simulated: sharpness, light and colors, measured on the pixels.",
        model_type: ["concept", "concept"],
        model_type_id: "visual-classifier",
        version: "51000000000000000000000000000008",
        kind: Kind::Measured(QUALITY),
    },
    PublicModel {
        id: "logo-detection",
        old_id: "c443119bf2ed4da98487520d01a0b1e3",
        names: &["logo"],
        display_name: "Logo (simulated)",
        description: BLIND,
        model_type: ["concept", "detect-concept"],
        model_type_id: "visual-detector",
        version: "51000000000000000000000000000009",
        kind: Kind::BlindRegion(LOGOS),
    },
    PublicModel {
        id: "moderation-recognition",
        old_id: "d16f390eb32cad478c7ae150069bd2c6",
        names: &["moderation"],
        display_name: "Moderation (simulated)",
        description: BLIND,
        model_type: ["concept", "concept"],
        model_type_id: "visual-classifier",
        version: "5100000000000000000000000000000b",
        kind: Kind::Blind(MODERATION),
    },
    PublicModel {
        id: "nsfw-recognition",
        old_id: "e9576d86d2004ed1a38ba0cf39ecb4b1",
        names: &["nsfw-v1.0"],
        display_name: "NSFW (simulated)",
        description: BLIND,
        model_type: ["concept", "concept"],
        model_type_id: "visual-classifier",
        version: "5100000000000000000000000000000d",
        kind: Kind::Blind(NSFW),
    },
    PublicModel {
        id: "portrait-quality",
        old_id: "de9bd05cfdbf4534af151beb2a5d0953",
        names: &["Portrait Quality"],
        display_name: "Portrait Quality (simulated)",
        description: "Simulated: sharpness, light and colors, measured on the pixels of the best face, or of the image.",
        model_type: ["concept", "concept"],
        model_type_id: "visual-classifier",
        version: "5100000000000000000000000000000f",
        kind: Kind::Portrait(QUALITY),
    },
    PublicModel {
        id: "texture-recognition",
        old_id: "fbefb47f9fdb410e8ce14f24f54b47ff",
        names: &["Textures & Patterns"],
        display_name: "Textures & Patterns (simulated)",
        description: "Simulated: textures, lines and patterns, measured on the pixels.",
        model_type: ["concept", "concept"],
        model_type_id: "visual-classifier",
        version: "51000000000000000000000000000010",
        kind: Kind::Measured(TEXTURES),
    },
    PublicModel {
        id: "travel-recognition",
        old_id: "eee28c313d69466f836ab83287a54ed9",
        names: &["travel-v1.0"],
        display_name: "Travel (simulated)",
        description: "Simulated: vehicles, buildings and landscapes among the things that the general model recognizes.",
        model_type: ["concept", "concept"],
        model_type_id: "visual-classifier",
        version: "51000000000000000000000000000011",
        kind: Kind::Subject(TRAVEL),
    },
    PublicModel {
        id: "weddings-recognition",
        old_id: "c386b7a870114f4a87477c0824499348",
        names: &["weddings-v1.0"],
        display_name: "Weddings (simulated)",
        description: BLIND,
        model_type: ["concept", "concept"],
        model_type_id: "visual-classifier",
        version: "51000000000000000000000000000012",
        kind: Kind::Blind(WEDDINGS),
    },
];

/// Number of the models that exist where images are only measured.
const MEASURED_MODELS: usize = 3;

/// Creation time reported for every public model and concept.
pub(crate) const CREATED: &str = "2016-03-09T17:11:39.608845Z";

/// Returns the public models.
pub(crate) fn all(recognition: Recognition) -> &'static [PublicModel] {
    if recognition == Recognition::Pixels { &PUBLIC_MODELS[..MEASURED_MODELS] } else { &PUBLIC_MODELS }
}

/// Finds a public model by its current or legacy id.
pub(crate) fn find(id: &str, recognition: Recognition) -> Option<&'static PublicModel> {
    all(recognition).iter().find(|entry| entry.id == id || entry.old_id == id)
}

impl PublicModel {
    /// Returns the id of the only version.
    pub(crate) fn version(&self, recognition: Recognition) -> &'static str {
        match self.kind {
            Kind::Embeddings if recognition != Recognition::Pixels => "510000000000000000000000000001e0",
            Kind::General if recognition == Recognition::Pixels => "5100000000000000000000000000000a",
            _ => self.version,
        }
    }

    /// Returns whether a name, the display name or an id matches a pattern, in which `*` stands for any text.
    pub(crate) fn has_name(&self, pattern: &str) -> bool {
        let others = [self.display_name, self.id, self.old_id];
        self.names.iter().chain(&others).any(|name| matches(pattern, name))
    }

    /// Returns whether the model has this type, by one of its legacy names or its current name.
    pub(crate) fn has_type(&self, wanted: &str) -> bool {
        self.model_type.contains(&wanted) || self.model_type_id == wanted
    }

    /// Returns the public concepts that the model can predict.
    pub(crate) fn vocabulary(&self, recognition: Recognition) -> Vec<&'static PublicConcept> {
        let all = &recognition.vocabulary().concepts;
        match self.kind {
            Kind::General => {
                all.iter().filter(|one| recognition == Recognition::Pixels || !one.is_measured()).collect()
            }
            Kind::Subject(kinds) => subject(kinds, recognition),
            Kind::Measured(ids) | Kind::Portrait(ids) => {
                ids.iter().filter_map(|id| recognition.vocabulary().get(id)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Returns ids and names of the concepts that the model can predict.
    fn concepts(&self, recognition: Recognition) -> Vec<(String, &'static str)> {
        let own = |names: &[&'static str]| names.iter().map(|name| (id_of(name), *name)).collect();
        match self.kind {
            Kind::Blind(names) | Kind::BlindRegion(names) | Kind::Identities(names) => own(names),
            Kind::Demographics => own(&[&AGES[..], &GENDERS, &CULTURES].concat()),
            Kind::Faces => own(&["face"]),
            _ => self.vocabulary(recognition).iter().map(|concept| (concept.id.clone(), concept.name)).collect(),
        }
    }

    /// Returns the model as JSON, with the id it was requested by (default: the legacy id). `verbose` adds its
    /// concepts.
    pub(crate) fn json(&self, asked_as: Option<&str>, recognition: Recognition, verbose: bool) -> Value {
        let [model_type, type_ext] = self.model_type;
        let mut model = json!({
            "id": asked_as.unwrap_or(self.old_id),
            "name": self.names[0],
            "display_name": self.display_name,
            "description": self.description,
            "created_at": CREATED,
            "app_id": "main",
            "user_id": "clarifai",
            "model_type_id": self.model_type_id,
            "output_info": {
                "message": "Show output_info with: GET /models/{model_id}/output_info",
                "type": model_type,
                "type_ext": type_ext,
                "output_config": {"concepts_mutually_exclusive": false, "closed_environment": false},
            },
            "model_version": {
                "id": self.version(recognition),
                "created_at": CREATED,
                "status": {"code": 21100, "description": "Model is trained and ready"},
            },
            "visibility": {"gettable": 50},
        });
        let concepts = self.concepts(recognition);
        if !concepts.is_empty() {
            model["model_version"]["active_concept_count"] = concepts.len().into();
            if verbose {
                let concept = |(id, name): &(String, &str)| json!({"id": id, "name": name, "language": "en", "app_id": "main", "created_at": CREATED});
                model["output_info"]["data"] = json!({"concepts": concepts.iter().map(concept).collect::<Vec<_>>()});
            }
        }
        if verbose {
            model["output_info"].as_object_mut().map(|info| info.remove("message"));
        }
        model
    }
}

/// Returns the concepts all of whose classes belong to one of the named kinds.
#[cfg(feature = "vision")]
fn subject(kinds: &'static [&'static str], recognition: Recognition) -> Vec<&'static PublicConcept> {
    use std::collections::BTreeSet;

    use crate::vocabulary::Source;

    let classes = |concept: &'static PublicConcept| match &concept.source {
        Source::Seen(seen) => seen.classes.as_slice(),
        Source::Pixels(_) => &[],
    };
    let all = &recognition.vocabulary().concepts;
    let named = all.iter().filter(|concept| kinds.contains(&concept.name));
    let members: BTreeSet<usize> = named.flat_map(|concept| classes(concept).iter().copied()).collect();
    let belongs = |concept: &&'static PublicConcept| {
        !classes(concept).is_empty() && classes(concept).iter().all(|class| members.contains(class))
    };
    all.iter().filter(belongs).collect()
}

/// Returns nothing: without networks there are no such models.
#[cfg(not(feature = "vision"))]
fn subject(_: &'static [&'static str], _: Recognition) -> Vec<&'static PublicConcept> {
    Vec::new()
}
