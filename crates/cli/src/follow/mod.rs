//! Following images until nothing more happens to them.
//!
//! Images are followed in groups, each by one stream of events of the server, or by asking again
//! and again where streams do not come through ([`group`]). A group begins once some images have
//! gathered. When there are as many groups as there may be, the smallest is taken apart now and
//! then, and what is left of it joins the next one: a few images that take long do not keep the
//! others from being followed.

mod group;
mod rule;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use photo_core::ImageKey;
use tokio::sync::mpsc::{Sender, UnboundedReceiver};
use tokio::time::{Instant, sleep_until};

pub(crate) use rule::{News, Rule, Unknown};

use crate::client::Server;
use crate::ending::Trouble;
use group::Group;

/// The most images in one group: as many as the server takes in one question.
const MOST_IMAGES: usize = 10_000;

/// The most groups at the same time.
const MOST_GROUPS: usize = 8;

/// How long images gather before they become a group.
const GATHER: Duration = Duration::from_millis(300);

/// How long they wait for a place before the smallest group is taken apart for them.
const WAIT: Duration = Duration::from_secs(5);

/// Follows all images that come, and tells of each once it is settled. Ends when no more come and
/// all are settled.
pub(crate) async fn follow(
    server: &Server,
    rule: &Rule,
    mut images: UnboundedReceiver<ImageKey>,
    news: Sender<News>,
) -> Result<(), Trouble> {
    let mut gathered: Vec<ImageKey> = Vec::new();
    let mut since = Instant::now();
    let mut groups: Vec<Arc<Group>> = Vec::new();
    let mut running = FuturesUnordered::new();
    let mut more_come = true;
    while more_come || !gathered.is_empty() || !running.is_empty() {
        let has_place = groups.len() < MOST_GROUPS;
        let due = match (has_place, more_come) {
            // Nothing is gained by waiting for more.
            (true, false) => since,
            (true, true) if gathered.len() >= MOST_IMAGES => since,
            (true, true) => since + GATHER,
            (false, _) => since + WAIT,
        };
        tokio::select! {
            taken = images.recv_many(&mut gathered, MOST_IMAGES), if more_come => {
                if gathered.len() == taken {
                    since = Instant::now();
                }
                more_come = taken > 0;
            }
            Some(ended) = running.next(), if !running.is_empty() => {
                let (group, left): (Arc<Group>, Result<HashSet<ImageKey>, Trouble>) = ended;
                groups.retain(|it| !Arc::ptr_eq(it, &group));
                gathered.extend(left?);
            }
            () = sleep_until(due), if !gathered.is_empty() => {
                since = Instant::now();
                if has_place {
                    let rest = gathered.split_off(gathered.len().min(MOST_IMAGES));
                    let images: HashSet<ImageKey> = gathered.drain(..).collect();
                    gathered = rest;
                    let group = Arc::new(Group::new(images.len()));
                    groups.push(Arc::clone(&group));
                    let left = Arc::clone(&group).run(server, rule, images, news.clone());
                    running.push(left.map(|left| (group, left)));
                } else if let Some(smallest) = groups.iter().min_by_key(|group| group.left())
                    && smallest.left() + gathered.len() <= MOST_IMAGES
                {
                    smallest.stop();
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
