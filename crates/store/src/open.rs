//! Opening the stores that the configuration names.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;

use photo_config::{ImagesConfig, ImagesUrl, StoreConfig, StoreUrl};
use photo_core::Clock;
use photo_core::ports::{ImageStore, JobStore};

use crate::Settings;
use crate::embedded::EmbeddedJobStore;
use crate::images::LocalImages;
use crate::redis::RedisJobStore;

/// Why a store cannot be used, in words for the person who configured it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct OpenError(String);

/// Which processes work on the same jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// Any number of them: only a server such as Redis will do.
    ManyProcesses,
    /// This one alone.
    OneProcess,
}

/// Opens the job store. A server that is away is no error: the store does its work as soon as
/// the server is there. One that answers and will not do is refused.
pub async fn open_job_store(
    config: &StoreConfig,
    sharing: Sharing,
) -> Result<Arc<dyn JobStore>, OpenError> {
    let settings = Settings::from(config);
    match (&config.url, sharing) {
        (StoreUrl::Redis(_) | StoreUrl::Sentinel(_), _) => {
            let url = String::from(config.url.clone());
            // Boxed: connecting is the largest of all futures, and the rarest.
            let opened = Box::pin(RedisJobStore::connect(&url, settings, Clock::default())).await;
            let store = opened.map_err(|unfit| OpenError(format!("{}: {unfit}", config.url)))?;
            Ok(Arc::new(store))
        }
        (StoreUrl::Sqlite(file), Sharing::OneProcess) => {
            let file = file.clone();
            let open = move || EmbeddedJobStore::open(&file, settings, Clock::default());
            let opened = tokio::task::spawn_blocking(open).await;
            let store = opened
                .map_err(|error| OpenError(error.to_string()))?
                .map_err(|error| OpenError(error.to_string()))?;
            Ok(Arc::new(store))
        }
        (StoreUrl::Sqlite(_), Sharing::ManyProcesses) => Err(OpenError(
            "a sqlite: store belongs to one process, and api and dispatcher are two: give both \
             --store redis://host:port, or run `standalone`, which is both in one"
                .to_owned(),
        )),
    }
}

/// Opens the image store.
pub fn open_image_store(config: &ImagesConfig) -> Result<Arc<dyn ImageStore>, OpenError> {
    let ImagesUrl::File(folder) = &config.url;
    let images = LocalImages::open(folder).map_err(|error| refused(folder, &error))?;
    Ok(Arc::new(images))
}

/// Why photos cannot be kept in this folder. Who the program runs as is half of the answer where it
/// may not write: in a container it is a number that the host's folder knows nothing of.
fn refused(folder: &Path, error: &io::Error) -> OpenError {
    // A relative folder begins where the program was started, which the reader may not know.
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let folder = folder.display();
    OpenError(if error.kind() == ErrorKind::PermissionDenied {
        let user = rustix::process::geteuid();
        format!(
            "photos cannot be kept in {folder}: this program runs as user id {user}, who may not \
             write there; give the folder to that user (chown {user} {folder}), or name another \
             with --images file:FOLDER"
        )
    } else {
        format!("photos cannot be kept in {folder}: {error}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_cannot_be_written_is_told_with_its_path_and_the_user() {
        let denied = refused(Path::new("/srv/photos"), &ErrorKind::PermissionDenied.into());
        let user = rustix::process::geteuid().to_string();
        let words = denied.to_string();
        assert!(
            words.contains("/srv/photos") && words.contains(&format!("user id {user}")),
            "{words}"
        );
    }

    #[test]
    fn a_file_where_the_folder_should_be_is_told_with_its_path() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let url = ImagesUrl::File(file.path().into());
        let config = ImagesConfig { url, ..ImagesConfig::default() };
        let Err(refused) = open_image_store(&config) else { panic!("a file is no folder") };
        assert!(refused.to_string().contains(&file.path().display().to_string()), "{refused}");
    }
}
