//! What is known of a photo.

use photo_format::{Dimensions, Orientation};
use serde::{Deserialize, Serialize};

use crate::{Checksum, ImageKey, PhotoFormat, Sha256Digest};

/// What is known of a stored photo: the first line of its image's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageInfo {
    /// The photo's MD5, its name.
    pub md5: ImageKey,
    /// The photo's SHA-256, which tells forged twins of one MD5 apart.
    pub sha256: Sha256Digest,
    /// What its bytes are checked by whenever they are read. Photos stored by a version that did
    /// not take it have none until they are first checked by their SHA-256.
    #[serde(rename = "xxh3", default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<Checksum>,
    /// What it is, by its content.
    pub format: PhotoFormat,
    /// How many bytes it has.
    pub bytes: u64,
    /// How many pixels it has, by its header.
    #[serde(flatten)]
    pub dimensions: Dimensions,
    /// How its pixels are to be turned, by its header, as Exif numbers it; `None` in records that
    /// were written before it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orientation: Option<u8>,
    /// What is wrong with it, in sentences. Records written before have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl ImageInfo {
    /// Where the photo lies below the store's root: `<first two digits>/<md5>.<extension>`. Model
    /// services of the `filename` generation open it by this name.
    pub fn path(&self) -> String {
        let md5 = self.md5.to_string();
        format!("{}/{md5}.{}", &md5[..2], self.format.extension())
    }

    /// How the photo's pixels are to be turned, if its record says so.
    pub fn orientation(&self) -> Option<Orientation> {
        self.orientation.and_then(Orientation::new)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::PhotoHasher;

    proptest! {
        #[test]
        fn it_reads_back_and_names_a_safe_path(
            photo: Vec<u8>,
            format in prop::sample::select(PhotoFormat::ALL.to_vec()),
            width: u32,
            height: u32,
            orientation: Option<u8>,
            notes: Vec<String>,
        ) {
            let mut hasher = PhotoHasher::default();
            hasher.update(&photo);
            let digests = hasher.finish();
            let info = ImageInfo {
                md5: digests.key,
                sha256: digests.sha256,
                checksum: Some(digests.checksum),
                format,
                bytes: photo.len() as u64,
                dimensions: Dimensions { width, height },
                orientation,
                notes,
            };
            let json = serde_json::to_vec(&info).unwrap();
            prop_assert_eq!(&serde_json::from_slice::<ImageInfo>(&json).unwrap(), &info);
            let path = info.path();
            let safe = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'/' | b'.');
            prop_assert!(path.bytes().all(safe) && !path.contains(".."));
        }

        #[test]
        fn anything_else_is_none(json in "\\{.{0,60}\\}|.{0,60}") {
            prop_assert!(serde_json::from_str::<ImageInfo>(&json).is_err());
        }
    }
}
