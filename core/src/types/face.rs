//! [`Face`]: identity and appearance of a face, in responses until 2020.

use super::Concept;
use crate::lenient::record;

record! {
    /// Identity and appearance of a face. Only in responses until 2020.
    ///
    /// Later responses list the same concepts among those of the region. [`Region::age_concepts`],
    /// [`Region::gender_concepts`] and [`Region::multicultural_concepts`] read both forms.
    ///
    /// [`Region::age_concepts`]: super::Region::age_concepts
    /// [`Region::gender_concepts`]: super::Region::gender_concepts
    /// [`Region::multicultural_concepts`]: super::Region::multicultural_concepts
    pub struct Face {
        /// Possible identities of the person.
        #[doc(alias = "FaceIdentity")]
        pub identity: Option<ConceptGroup>,
        /// Apparent age: concepts named by the age in years.
        #[doc(alias = "FaceAgeAppearance")]
        pub age_appearance: Option<ConceptGroup>,
        /// Gender appearance.
        #[doc(alias = "FaceGenderAppearance")]
        pub gender_appearance: Option<ConceptGroup>,
        /// Multicultural appearance.
        #[doc(alias = "FaceMulticulturalAppearance")]
        pub multicultural_appearance: Option<ConceptGroup>,
    }
}

impl Face {
    /// Returns the possible identities of the person.
    pub fn identity(&self) -> &[Concept] {
        self.identity.as_ref().map_or(&[], ConceptGroup::concepts)
    }

    /// Returns the apparent age: concepts named by the age in years.
    pub fn age(&self) -> &[Concept] {
        self.age_appearance.as_ref().map_or(&[], ConceptGroup::concepts)
    }

    /// Returns the concepts of the gender appearance.
    pub fn gender(&self) -> &[Concept] {
        self.gender_appearance.as_ref().map_or(&[], ConceptGroup::concepts)
    }

    /// Returns the concepts of the multicultural appearance.
    pub fn multicultural(&self) -> &[Concept] {
        self.multicultural_appearance.as_ref().map_or(&[], ConceptGroup::concepts)
    }
}

record! {
    /// Concepts that describe one aspect of a face.
    #[doc(alias = "FaceIdentity")]
    #[doc(alias = "FaceAgeAppearance")]
    #[doc(alias = "FaceGenderAppearance")]
    #[doc(alias = "FaceMulticulturalAppearance")]
    pub struct ConceptGroup {
        /// The concepts, highest value first.
        pub concepts: Option<Vec<Concept>>,
    }
}

impl ConceptGroup {
    /// Returns the concepts, in the order of the response.
    pub fn concepts(&self) -> &[Concept] {
        self.concepts.as_deref().unwrap_or_default()
    }
}
