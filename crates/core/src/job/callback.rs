//! Those who are to be told once an image is finished.

use std::time::Duration;

use uuid::Uuid;

use crate::{ImageKey, ModelName};

/// Somebody who is to be told once jobs of an image have ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    /// By which a receiver knows what it was told already.
    pub id: Uuid,
    /// The image.
    pub image: ImageKey,
    /// Whose jobs are meant, in order and each once; those of all models if there are none.
    pub models: Vec<ModelName>,
    /// Where it is to be told. Has no spaces.
    pub url: String,
}

impl Callback {
    /// By which a store tells the callbacks of one image apart: the address alone, as programs
    /// wrote it that knew no models, or the models with commas, a space and the address.
    pub fn target(&self) -> String {
        if self.models.is_empty() {
            return self.url.clone();
        }
        let models: Vec<&str> = self.models.iter().map(ModelName::as_str).collect();
        format!("{} {}", models.join(","), self.url)
    }

    /// The callback that has this target; `None` if none can have it.
    pub fn from_target(id: Uuid, image: ImageKey, target: &str) -> Option<Self> {
        let (models, url) = match target.split_once(' ') {
            Some((models, url)) => {
                let models = models.split(',').map(str::parse).collect::<Result<_, _>>();
                (models.ok()?, url)
            }
            None => (Vec::new(), target),
        };
        Some(Self { id, image, models, url: url.to_owned() })
    }
}

/// A callback that is to be made now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueCallback {
    /// Which.
    pub callback: Callback,
    /// How often it failed.
    pub failures: u32,
}

/// What became of a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallbackEnd {
    /// It was made, or is given up.
    Settled,
    /// It failed; again after this time.
    Failed {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The image is not finished any more. Again once it is; should the store take it for finished,
    /// after this time.
    TooEarly {
        /// How long to wait.
        retry_after: Duration,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callback_is_read_back_from_its_target() {
        let (id, image) = (Uuid::nil(), ImageKey::from_bytes([1; 16]));
        for (target, models) in [
            ("http://host/a?b=c,d", &[][..]),
            ("m http://host/", &["m"]),
            ("http,m.2 https://host/", &["http", "m.2"]),
        ] {
            let callback = Callback::from_target(id, image, target).unwrap();
            let names: Vec<&str> = callback.models.iter().map(ModelName::as_str).collect();
            assert_eq!(names, models);
            assert_eq!(callback.target(), target);
        }
        assert_eq!(Callback::from_target(id, image, "no/model http://host/"), None);
    }
}
