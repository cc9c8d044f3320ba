//! The identity of a job.

use std::fmt;
use std::str::FromStr;

use crate::text_form::{text_form, text_schema};
use crate::{ImageKey, ModelName};

/// One image to be looked at by one model, written `<md5>/<model>`. Asking twice for the same
/// pair is asking for the same job.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId {
    /// Which photo.
    pub image: ImageKey,
    /// Which model.
    pub model: ModelName,
}

/// Why a text is not a [`JobId`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a job id is <image hash>/<model name>")]
pub struct InvalidJobId;

impl JobId {
    /// The job of `model` on `image`.
    pub const fn new(image: ImageKey, model: ModelName) -> Self {
        Self { image, model }
    }
}

impl FromStr for JobId {
    type Err = InvalidJobId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (image, model) = text.split_once('/').ok_or(InvalidJobId)?;
        Ok(Self {
            image: image.parse().map_err(|_| InvalidJobId)?,
            model: model.parse().map_err(|_| InvalidJobId)?,
        })
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.image, self.model)
    }
}

text_form!(JobId);
text_schema!(
    JobId,
    "One image to be looked at by one model: its hash and the model's name.",
    "^[0-9a-f]{32}/[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
    "1d52825755108a2a6df146737f6149cb/average_color"
);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_id_parses_back_from_its_text(
            image: [u8; 16],
            model in "[A-Za-z0-9][A-Za-z0-9._-]{0,63}",
        ) {
            let id = JobId::new(ImageKey::from_bytes(image), model.parse().unwrap());
            prop_assert_eq!(id.to_string().parse(), Ok(id.clone()));
            let json = serde_json::to_string(&id).unwrap();
            prop_assert_eq!(serde_json::from_str::<JobId>(&json).unwrap(), id);
        }

        #[test]
        fn only_the_printed_form_parses(text in "[0-9a-f]{32}/.{0,8}|.{0,60}") {
            if let Ok(id) = text.parse::<JobId>() {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }
}
