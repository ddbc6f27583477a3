//! The vocabulary of measurable concepts, and their values for an image.

use super::image::Image;
use super::measurements::{Measurements, rising};

/// ISO 639-1 codes of the languages in which every concept has a name.
pub const LANGUAGES: [&str; 5] = ["en", "de", "fr", "es", "zh"];

/// A concept of the simulator's vocabulary.
#[derive(Clone, Copy, Debug)]
pub struct Concept {
    /// Stable id. Its prefix `sim_` distinguishes it from the concepts of the real service.
    pub id: &'static str,
    /// Description of the measurement that gives its value, with the range that is mapped to 0 to 1.
    pub measured: &'static str,
    names: [&'static str; LANGUAGES.len()],
    value: fn(&Measurements) -> f32,
}

impl Concept {
    /// Returns the English name.
    pub fn name(&self) -> &'static str {
        self.names[0]
    }

    /// Returns the name in one of [`LANGUAGES`], or `None` for any other language. A region, as in `de-AT`, is ignored.
    pub fn name_in(&self, language: &str) -> Option<&'static str> {
        let primary = language.split(['-', '_']).next()?;
        let place = LANGUAGES.iter().position(|known| known.eq_ignore_ascii_case(primary))?;
        Some(self.names[place])
    }
}

/// The value of a concept for an image.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// Id of the concept.
    pub id: &'static str,
    /// English name of the concept.
    pub name: &'static str,
    /// Value from 0 (absent) to 1 (present).
    pub value: f32,
}

/// Returns every concept of the [`vocabulary`] with its value for an image, highest value first, then by id.
pub fn concepts(image: &Image) -> Vec<Scored> {
    let measured = Measurements::of(image);
    let score = |concept: &Concept| Scored {
        id: concept.id,
        name: concept.name(),
        value: (concept.value)(&measured).clamp(0.0, 1.0),
    };
    let mut scored: Vec<Scored> = VOCABULARY.iter().map(score).collect();
    scored.sort_by(|one, other| other.value.total_cmp(&one.value).then_with(|| one.id.cmp(other.id)));
    scored
}

/// Returns all concepts, in a fixed order.
pub fn vocabulary() -> &'static [Concept] {
    VOCABULARY
}

/// Returns the name of a concept in one of [`LANGUAGES`], or `None` if the id or the language is unknown.
pub fn name_in(id: &str, language: &str) -> Option<&'static str> {
    VOCABULARY.iter().find(|concept| concept.id == id)?.name_in(language)
}

/// A smooth step from 1 at `from` to 0 at `to`.
fn falling(value: f32, from: f32, to: f32) -> f32 {
    1.0 - rising(value, from, to)
}

/// Maps a share of the image to a value: 0.1 to 0.40, a third to 0.82, and 1 to 1.
fn covering(share: f32) -> f32 {
    (1.0 - (-5.0 * share).exp()) / (1.0 - (-5.0_f32).exp())
}

/// Damps the line concepts in images with little structure.
fn visible(m: &Measurements) -> f32 {
    rising(m.mean_gradient, 0.2, 1.0)
}

const fn concept(
    id: &'static str,
    names: [&'static str; LANGUAGES.len()],
    measured: &'static str,
    value: fn(&Measurements) -> f32,
) -> Concept {
    Concept { id, measured, names, value }
}

#[rustfmt::skip]
const VOCABULARY: &[Concept] = &[
    // Colors
    concept("sim_red", ["red", "rot", "rouge", "rojo", "红色"], "share of red pixels", |m| covering(m.palette.red)),
    concept("sim_orange", ["orange", "orange", "orange", "naranja", "橙色"], "share of orange pixels", |m| covering(m.palette.orange)),
    concept("sim_yellow", ["yellow", "gelb", "jaune", "amarillo", "黄色"], "share of yellow pixels", |m| covering(m.palette.yellow)),
    concept("sim_green", ["green", "grün", "vert", "verde", "绿色"], "share of green pixels", |m| covering(m.palette.green)),
    concept("sim_cyan", ["cyan", "cyan", "cyan", "cian", "青色"], "share of cyan pixels", |m| covering(m.palette.cyan)),
    concept("sim_blue", ["blue", "blau", "bleu", "azul", "蓝色"], "share of blue pixels", |m| covering(m.palette.blue)),
    concept("sim_purple", ["purple", "violett", "violet", "morado", "紫色"], "share of purple pixels", |m| covering(m.palette.purple)),
    concept("sim_pink", ["pink", "rosa", "rose", "rosa", "粉色"], "share of pink pixels", |m| covering(m.palette.pink)),
    concept("sim_brown", ["brown", "braun", "brun", "marrón", "棕色"], "share of brown pixels", |m| covering(m.palette.brown)),
    concept("sim_black", ["black", "schwarz", "noir", "negro", "黑色"], "share of black pixels", |m| covering(m.palette.black)),
    concept("sim_gray", ["gray", "grau", "gris", "gris", "灰色"], "share of gray pixels", |m| covering(m.palette.gray)),
    concept("sim_white", ["white", "weiß", "blanc", "blanco", "白色"], "share of white pixels", |m| covering(m.palette.white)),
    // Colorfulness
    concept("sim_colorful", ["colorful", "bunt", "coloré", "colorido", "多彩"], "spread of colors around their mean, 8 to 40", |m| rising(m.color_deviation, 8.0, 40.0)),
    concept("sim_monochrome", ["monochrome", "einfarbig", "monochrome", "monocromo", "单色"], "chroma exceeded by 5 % of pixels, 18 down to 4", |m| falling(m.high_chroma, 4.0, 18.0)),
    concept("sim_single_hue", ["single hue", "ein Farbton", "teinte unique", "un solo tono", "单一色调"], "agreement of hues, 0.5 to 1, where there is color", |m| rising(m.hue_agreement, 0.5, 1.0) * rising(m.mean_chroma, 3.0, 10.0)),
    concept("sim_vivid", ["vivid", "kräftig", "vif", "vívido", "鲜艳"], "chroma exceeded by 5 % of pixels, 35 to 90", |m| rising(m.high_chroma, 35.0, 90.0)),
    concept("sim_muted", ["muted", "gedämpft", "atténué", "apagado", "柔和"], "some mean chroma, 4 to 9, and chroma exceeded by 5 % of pixels, 60 down to 25", |m| rising(m.mean_chroma, 4.0, 9.0) * falling(m.high_chroma, 25.0, 60.0)),
    concept("sim_pastel", ["pastel", "pastellfarben", "pastel", "pastel", "粉彩"], "share of light pixels with little color", |m| covering(m.pastel_share)),
    concept("sim_warm", ["warm colors", "warme Farben", "couleurs chaudes", "colores cálidos", "暖色"], "mean chroma toward orange, 2 to 30", |m| rising(m.warmth, 2.0, 30.0)),
    concept("sim_cool", ["cool colors", "kühle Farben", "couleurs froides", "colores fríos", "冷色"], "mean chroma away from orange, 2 to 25", |m| rising(-m.warmth, 2.0, 25.0)),
    // Brightness and contrast
    concept("sim_bright", ["bright", "hell", "clair", "claro", "明亮"], "mean lightness, 45 to 85", |m| rising(m.mean_lightness, 45.0, 85.0)),
    concept("sim_dark", ["dark", "dunkel", "sombre", "oscuro", "黑暗"], "mean lightness, 55 down to 15", |m| falling(m.mean_lightness, 15.0, 55.0)),
    concept("sim_overexposed", ["overexposed", "überbelichtet", "surexposé", "sobreexpuesto", "过曝"], "share of pixels at white", |m| covering(m.white_clipped)),
    concept("sim_underexposed", ["underexposed", "unterbelichtet", "sous-exposé", "subexpuesto", "欠曝"], "share of pixels at black", |m| covering(m.black_clipped)),
    concept("sim_high_key", ["high key", "High Key", "high key", "clave alta", "高调"], "lightness that 90 % of pixels exceed, 45 to 80", |m| rising(m.low_lightness, 45.0, 80.0)),
    concept("sim_low_key", ["low key", "Low Key", "low key", "clave baja", "低调"], "lightness that 10 % of pixels exceed, 55 down to 20", |m| falling(m.high_lightness, 20.0, 55.0)),
    concept("sim_high_contrast", ["high contrast", "hoher Kontrast", "fort contraste", "alto contraste", "高对比度"], "deviation of lightness, 12 to 34", |m| rising(m.lightness_deviation, 12.0, 34.0)),
    concept("sim_low_contrast", ["low contrast", "geringer Kontrast", "faible contraste", "bajo contraste", "低对比度"], "deviation of lightness, 18 down to 4", |m| falling(m.lightness_deviation, 4.0, 18.0)),
    // Sharpness and texture
    concept("sim_sharp", ["sharp", "scharf", "net", "nítido", "清晰"], "share of the difference between neighbors that blurring removes, 0.4 to 0.95", |m| rising(m.sharpness, 0.4, 0.95)),
    concept("sim_blurred", ["blurred", "unscharf", "flou", "borroso", "模糊"], "share of the difference between neighbors that blurring removes, 0.65 down to 0.25, if there is any difference", |m| if m.sharpness > 0.0 { falling(m.sharpness, 0.25, 0.65) } else { 0.0 }),
    concept("sim_texture", ["texture", "Textur", "texture", "textura", "纹理"], "share of blocks that vary in lightness, 0.5 to 1, and their similarity", |m| rising(m.textured_share, 0.5, 1.0) * rising(m.evenness, 0.4, 0.75)),
    concept("sim_smooth", ["smooth", "glatt", "lisse", "liso", "平滑"], "share of blocks that hardly vary in lightness, 0.1 to 0.8", |m| rising(m.even_share, 0.1, 0.8)),
    concept("sim_detailed", ["detailed", "detailreich", "détaillé", "detallado", "细致"], "share of pixels at an edge, 0.05 to 0.6", |m| rising(m.edge_share, 0.05, 0.6)),
    concept("sim_grainy", ["grainy", "körnig", "granuleux", "granulado", "颗粒感"], "deviation of noise in lightness, 1 to 8", |m| rising(m.noise, 1.0, 8.0)),
    concept("sim_pattern", ["regular pattern", "regelmäßiges Muster", "motif régulier", "patrón regular", "规则图案"], "peak of the autocorrelation along rows or columns, 0.15 to 0.7", |m| rising(m.repetition, 0.15, 0.7)),
    concept("sim_even_texture", ["uniform texture", "gleichmäßige Textur", "texture uniforme", "textura uniforme", "均匀纹理"], "similarity of the variation in all blocks, 0.6 to 0.85", |m| rising(m.evenness, 0.6, 0.85) * rising(m.textured_share, 0.3, 0.8)),
    // Lines
    concept("sim_horizontal_lines", ["horizontal lines", "waagerechte Linien", "lignes horizontales", "líneas horizontales", "水平线"], "share of edge energy along rows, 0.2 to 0.7", |m| rising(m.horizontal, 0.2, 0.7) * visible(m)),
    concept("sim_vertical_lines", ["vertical lines", "senkrechte Linien", "lignes verticales", "líneas verticales", "垂直线"], "share of edge energy along columns, 0.2 to 0.7", |m| rising(m.vertical, 0.2, 0.7) * visible(m)),
    concept("sim_diagonal_lines", ["diagonal lines", "diagonale Linien", "lignes diagonales", "líneas diagonales", "对角线"], "share of edge energy along diagonals, 0.35 to 0.8", |m| rising(m.diagonal, 0.35, 0.8) * visible(m)),
    concept("sim_grid", ["grid", "Gitter", "grille", "cuadrícula", "网格"], "the smaller of horizontal and vertical edge energy, 0.17 to 0.4", |m| rising(m.horizontal.min(m.vertical), 0.17, 0.4) * visible(m)),
    // The frame
    concept("sim_landscape_format", ["landscape format", "Querformat", "format paysage", "formato horizontal", "横幅"], "width divided by height, 1.02 to 1.3", |m| rising(m.aspect, 1.02, 1.3)),
    concept("sim_portrait_format", ["portrait format", "Hochformat", "format portrait", "formato vertical", "竖幅"], "height divided by width, 1.02 to 1.3", |m| rising(1.0 / m.aspect, 1.02, 1.3)),
    concept("sim_square_format", ["square format", "quadratisches Format", "format carré", "formato cuadrado", "方形"], "longer side divided by shorter side, 1.15 down to 1", |m| falling(m.aspect.max(1.0 / m.aspect), 1.0, 1.15)),
    concept("sim_panorama", ["panorama", "Panorama", "panorama", "panorama", "全景"], "width divided by height, 1.8 to 2.6", |m| rising(m.aspect, 1.8, 2.6)),
    concept("sim_low_resolution", ["low resolution", "niedrige Auflösung", "basse résolution", "baja resolución", "低分辨率"], "megapixels, 0.3 down to 0.02", |m| falling(m.megapixels, 0.02, 0.3)),
    concept("sim_high_resolution", ["high resolution", "hohe Auflösung", "haute résolution", "alta resolución", "高分辨率"], "megapixels, 1 to 8", |m| rising(m.megapixels, 1.0, 8.0)),
    // Composition
    concept("sim_symmetric", ["symmetric", "symmetrisch", "symétrique", "simétrico", "对称"], "correlation with the image mirrored left to right, 0.3 to 0.95", |m| rising(m.mirror, 0.3, 0.95)),
    concept("sim_reflection", ["upside-down symmetry", "oben und unten gespiegelt", "symétrie haut-bas", "simetría arriba-abajo", "上下对称"], "correlation with the image mirrored top to bottom, 0.3 to 0.95", |m| rising(m.flip, 0.3, 0.95)),
    concept("sim_centered_subject", ["centered subject", "Motiv in der Mitte", "sujet centré", "sujeto centrado", "主体居中"], "distance of the center from the border's colors beyond their own spread, 5 to 40", |m| rising(m.subject_distance, 5.0, 40.0)),
    concept("sim_bright_center", ["bright center", "helle Mitte", "centre lumineux", "centro luminoso", "中心明亮"], "lightness of the center minus that of the edge, 3 to 30", |m| rising(m.center_over_edge, 3.0, 30.0)),
    concept("sim_dark_center", ["dark center", "dunkle Mitte", "centre sombre", "centro oscuro", "中心黑暗"], "lightness of the edge minus that of the center, 3 to 30", |m| rising(-m.center_over_edge, 3.0, 30.0)),
    concept("sim_vignette", ["vignette", "Vignette", "vignette", "viñeta", "暗角"], "lightness of the center minus that of the corners, 8 to 35", |m| rising(m.middle_over_corners, 8.0, 35.0)),
    concept("sim_plain_background", ["plain background", "einfarbiger Hintergrund", "fond uni", "fondo liso", "纯色背景"], "deviation of color along the border, 20 down to 2", |m| falling(m.border_deviation, 2.0, 20.0)),
    concept("sim_bright_upper_half", ["bright upper half", "helle obere Hälfte", "moitié supérieure claire", "mitad superior clara", "上半部明亮"], "lightness of the upper half minus the lower, 4 to 35", |m| rising(m.upper_over_lower, 4.0, 35.0)),
    concept("sim_bright_lower_half", ["bright lower half", "helle untere Hälfte", "moitié inférieure claire", "mitad inferior clara", "下半部明亮"], "lightness of the lower half minus the upper, 4 to 35", |m| rising(-m.upper_over_lower, 4.0, 35.0)),
    concept("sim_bright_left_half", ["bright left half", "helle linke Hälfte", "moitié gauche claire", "mitad izquierda clara", "左半部明亮"], "lightness of the left half minus the right, 4 to 35", |m| rising(m.left_over_right, 4.0, 35.0)),
    concept("sim_bright_right_half", ["bright right half", "helle rechte Hälfte", "moitié droite claire", "mitad derecha clara", "右半部明亮"], "lightness of the right half minus the left, 4 to 35", |m| rising(-m.left_over_right, 4.0, 35.0)),
    concept("sim_gradient", ["gradient", "Verlauf", "dégradé", "degradado", "渐变"], "share of the variation of lightness that a linear ramp explains, 0.4 to 0.95", |m| rising(m.ramp, 0.4, 0.95)),
];
