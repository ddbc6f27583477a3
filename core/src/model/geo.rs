//! Places on earth: where a picture was taken, where to search.

use crate::lenient::record;

record! {
    /// Where an input belongs on the globe, or an area to search.
    pub struct Geo {
        /// The place.
        pub geo_point: Option<GeoPoint>,
        /// How far around the place to search.
        pub geo_limit: Option<GeoLimit>,
        /// Two opposite corners of an area to search.
        #[doc(alias = "GeoBox")]
        pub geo_box: Option<Vec<GeoBoxedPoint>>,
    }
}

record! {
    /// A place on the globe, in degrees.
    pub struct GeoPoint {
        /// Degrees east, -180 to 180.
        pub longitude: Option<f64>,
        /// Degrees north, -90 to 90.
        pub latitude: Option<f64>,
    }
}

record! {
    /// A distance around a place.
    pub struct GeoLimit {
        /// The unit: `withinMiles`, `withinKilometers`, `withinRadians` or `withinDegrees`.
        #[doc(alias = "type")]
        pub kind: Option<String> = "type",
        /// How many of the unit.
        pub value: Option<f64>,
    }
}

record! {
    /// A corner of an area.
    #[doc(alias = "GeoBox")]
    pub struct GeoBoxedPoint {
        /// The place of the corner.
        pub geo_point: Option<GeoPoint>,
    }
}
