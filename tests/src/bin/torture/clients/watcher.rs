//! Looks at jobs while they are done.

use std::sync::Arc;
use std::time::Duration;

use photo_core::ImageKey;

use crate::clients::api_client::ApiClient;
use crate::ledger::Ledger;

/// How many images it asks about at once.
const IMAGES: usize = 100;
/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// Asks about images that were accepted, any of them, for as long as it is let.
pub async fn run(api: ApiClient, ledger: Arc<Ledger>) {
    loop {
        let any = |_| ledger.any_accepted(rand::random_range(0..usize::MAX));
        let mut images: Vec<ImageKey> = (0..IMAGES).filter_map(any).collect();
        images.sort_unstable();
        images.dedup();
        if let Some(answer) = api.statuses(&images).await {
            for image in images {
                let view = &answer["images"][image.to_string()];
                if view.is_null() {
                    ledger.problem(format!("{image} was accepted and is not known"));
                }
                ledger.see(image, view);
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}
