//! What can be measured of a photo.

mod average_color;
mod image_shape;
mod perceptual_hash;
mod sharpness;

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

pub use average_color::{AverageColor, average_color};
pub use image_shape::{ImageShape, image_shape};
pub use perceptual_hash::{PerceptualHash, perceptual_hash};
pub use sharpness::{Sharpness, sharpness};

use crate::Photo;

/// One of the measurements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Measurement {
    /// How large the photo is and what its file was.
    ImageShape,
    /// The color of the whole photo.
    AverageColor,
    /// How much fine detail it has.
    Sharpness,
    /// A number that photos which look alike have in common.
    PerceptualHash,
    /// Nothing: the photo is received and not looked at.
    Noop,
}

/// What came of a measurement.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Measured {
    /// Of [`Measurement::ImageShape`].
    ImageShape(ImageShape),
    /// Of [`Measurement::AverageColor`].
    AverageColor(AverageColor),
    /// Of [`Measurement::Sharpness`].
    Sharpness(Sharpness),
    /// Of [`Measurement::PerceptualHash`].
    PerceptualHash(PerceptualHash),
    /// Of [`Measurement::Noop`].
    Noop {},
}

/// Why a text is not the name of a [`Measurement`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the measurements are image_shape, average_color, sharpness, perceptual_hash and noop")]
pub struct UnknownMeasurement;

impl Measurement {
    /// Every one.
    pub const ALL: [Self; 5] =
        [Self::ImageShape, Self::AverageColor, Self::Sharpness, Self::PerceptualHash, Self::Noop];

    /// Its name, and that of its model unless another is chosen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ImageShape => "image_shape",
            Self::AverageColor => "average_color",
            Self::Sharpness => "sharpness",
            Self::PerceptualHash => "perceptual_hash",
            Self::Noop => "noop",
        }
    }

    /// The keys of what it measures.
    pub const fn classes(self) -> &'static [&'static str] {
        match self {
            Self::ImageShape => &["width", "height", "megapixels", "format"],
            Self::AverageColor => &["r", "g", "b", "hex"],
            Self::Sharpness => &["sharpness", "width", "height"],
            Self::PerceptualHash => &["hash"],
            Self::Noop => &[],
        }
    }

    /// Measures a photo. Takes a while: not for a thread that serves requests.
    pub fn measure(self, photo: Photo) -> Measured {
        match self {
            Self::ImageShape => Measured::ImageShape(image_shape(&photo)),
            Self::AverageColor => Measured::AverageColor(average_color(&photo.image.into_rgb8())),
            Self::Sharpness => Measured::Sharpness(sharpness(&photo.image.into_luma8())),
            Self::PerceptualHash => {
                Measured::PerceptualHash(perceptual_hash(&photo.image.into_luma8()))
            }
            Self::Noop => Measured::Noop {},
        }
    }
}

impl FromStr for Measurement {
    type Err = UnknownMeasurement;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|m| m.name() == name).ok_or(UnknownMeasurement)
    }
}

impl fmt::Display for Measurement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use image::DynamicImage;
    use photo_format::PhotoFormat;

    use super::*;

    #[test]
    fn a_name_leads_back_to_its_measurement() {
        for measurement in Measurement::ALL {
            assert_eq!(measurement.name().parse(), Ok(measurement));
        }
        assert_eq!("nope".parse::<Measurement>(), Err(UnknownMeasurement));
    }

    #[test]
    fn the_classes_are_the_keys_of_the_result() {
        for measurement in Measurement::ALL {
            let photo = Photo { image: DynamicImage::new_rgb8(3, 2), format: PhotoFormat::Png };
            let result = serde_json::to_value(measurement.measure(photo)).unwrap();
            let mut keys: Vec<_> = result.as_object().unwrap().keys().cloned().collect();
            let mut classes = measurement.classes().to_vec();
            keys.sort_unstable();
            classes.sort_unstable();
            assert_eq!(keys, classes, "{measurement}");
        }
    }
}
