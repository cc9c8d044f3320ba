//! When an image is settled.

use photo_core::{ImageKey, ImageStatus, JobState, ModelName};

use crate::client::ImageView;

/// When an image is settled.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    /// The models that are waited for; all if none is named.
    pub(crate) models: Vec<ModelName>,
    /// What an image is of which no job is known.
    pub(crate) unknown: Unknown,
}

/// What to do about an image of which no job is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// It is settled.
    Settles,
    /// It was accepted, and the server will know it again.
    Waits,
}

/// What became of an image.
#[derive(Debug)]
pub(crate) enum News {
    /// Nothing more happens to it.
    Settled(Box<ImageView>),
    /// No job of it is known.
    Unknown(ImageKey),
}

impl Rule {
    /// Whether nothing more happens to what is waited for. Jobs of other models have no say in it.
    pub(crate) fn settles(&self, view: &ImageView) -> bool {
        let is_final = !matches!(view.status, ImageStatus::Queued | ImageStatus::Running);
        if self.models.is_empty() {
            return is_final;
        }
        self.models.iter().all(|model| match view.jobs.get(model) {
            Some(job) => job.state.is_final(),
            None => is_final || self.unknown == Unknown::Settles,
        })
    }

    /// Whether there is a job of each model that is waited for.
    pub(crate) fn knows(&self, view: &ImageView) -> bool {
        self.models.iter().all(|model| view.jobs.contains_key(model))
    }

    /// Whether everything that is waited for has gone well.
    pub(crate) fn is_success(&self, view: &ImageView) -> bool {
        let good = |model| view.jobs.get(model).is_some_and(|job| job.state == JobState::Succeeded);
        if self.models.is_empty() {
            view.status == ImageStatus::Succeeded
        } else {
            self.models.iter().all(good)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn view(status: &str, a: &str, b: &str) -> ImageView {
        let image = "900150983cd24fb0d6963f7d28e17f72";
        let jobs = json!({"a": {"state": a}, "b": {"state": b}});
        serde_json::from_value(json!({"image": image, "status": status, "jobs": jobs})).unwrap()
    }

    #[test]
    fn an_image_is_settled_when_the_jobs_that_are_waited_for_have_ended() {
        let rule = |models: &[&str]| Rule {
            models: models.iter().map(|name| name.parse().unwrap()).collect(),
            unknown: Unknown::Settles,
        };
        let half = view("RUNNING", "FAILED", "QUEUED");
        assert!(rule(&["a"]).settles(&half));
        assert!(!rule(&["a", "b"]).settles(&half));
        // Nobody asked for it, and what happens to others is nothing to wait for.
        assert!(rule(&["c"]).settles(&half) && !rule(&["c"]).knows(&half));
        assert!(!rule(&["b", "c"]).settles(&half));
        let accepted = Rule { unknown: Unknown::Waits, ..rule(&["c"]) };
        assert!(!accepted.settles(&half));
        assert!(!rule(&[]).settles(&half));
        let done = view("FAILED", "FAILED", "SUCCEEDED");
        for (models, is_success) in
            [(&["b"][..], true), (&["a"], false), (&["c"], false), (&[], false)]
        {
            assert!(rule(models).settles(&done));
            assert_eq!(rule(models).is_success(&done), is_success, "{models:?}");
        }
    }
}
