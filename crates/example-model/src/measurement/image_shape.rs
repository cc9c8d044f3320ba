//! How large a photo is and what its file was.

use photo_format::PhotoFormat;
use serde::Serialize;

use crate::Photo;

/// A photo's shape.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ImageShape {
    /// Pixels from left to right, as stored.
    pub width: u32,
    /// Pixels from top to bottom, as stored.
    pub height: u32,
    /// Millions of pixels.
    pub megapixels: f64,
    /// What the file was, by its content: `jpeg`, `png`, `nef` and so on.
    pub format: PhotoFormat,
}

/// The shape of a photo.
pub fn image_shape(photo: &Photo) -> ImageShape {
    let (width, height) = (photo.image.width(), photo.image.height());
    ImageShape {
        width,
        height,
        megapixels: f64::from(width) * f64::from(height) / 1e6,
        format: photo.format,
    }
}

#[cfg(test)]
mod tests {
    use image::DynamicImage;

    use super::*;

    #[test]
    fn the_shape_is_that_of_the_pixels() {
        let photo = Photo { image: DynamicImage::new_luma8(2000, 1500), format: PhotoFormat::Jpeg };
        let shape =
            ImageShape { width: 2000, height: 1500, megapixels: 3.0, format: PhotoFormat::Jpeg };
        assert_eq!(image_shape(&photo), shape);
    }
}
