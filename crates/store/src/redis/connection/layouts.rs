//! Which layouts of keys and records a program can work on, and what is said where that is another.
//!
//! `{prefix}:v` says the layout of what is there. A program reads a range of layouts, and works on
//! the one that is there, so that programs of two releases work side by side. Every program says in
//! `{prefix}:programs`, as long as it runs, up to which layout it reads; the layout is raised by
//! whichever program finds that all of them read the next (`scripts/connection/layout.lua`).

use std::sync::LazyLock;
use std::time::Duration;

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{RedisResult, Script};

use crate::redis::error::ConnectError;
use crate::settings::Layouts;

/// For how long a program is taken to be there after it said so, which it does every two seconds.
const LIFETIME: Duration = Duration::from_secs(30);

static LAYOUT: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("../scripts/connection/layout.lua")));

impl Layouts {
    /// Refuses the layout of the keys below `tag` unless it is one of these.
    pub(super) fn check(self, there: &str, tag: &str) -> Result<(), ConnectError> {
        let Self { oldest, newest } = self;
        let reads = if oldest == newest {
            format!("layout {newest}")
        } else {
            format!("layouts {oldest} to {newest}")
        };
        let what_to_do = match there.parse::<u32>() {
            Ok(layout) if (oldest..=newest).contains(&layout) => return Ok(()),
            Ok(layout) if layout > newest => "they are in use by a newer release. Start that \
                release, or a later one, in place of this program; nothing else has to be stopped"
                .to_owned(),
            Ok(layout) => format!(
                "they are in use by an older release. First start a release that reads layouts \
                 {layout} to {oldest}, then stop every older program: the layout is raised within \
                 a minute, and then this program can be started"
            ),
            Err(_) => "that is none of ours. Name another store.prefix".to_owned(),
        };
        Err(ConnectError::Unfit(format!(
            "the keys under {tag} in Redis have layout {there}, and this program reads {reads}: \
             {what_to_do}"
        )))
    }
}

/// Says on the server that a program that reads these layouts is there, and raises the layout of
/// the keys below `tag` if that may be done now. Answers the layout.
pub(super) async fn announce(
    layouts: Layouts,
    tag: &str,
    commands: &mut MultiplexedConnection,
) -> RedisResult<String> {
    let mut call = LAYOUT.key(tag);
    call.arg(layouts.oldest).arg(layouts.newest).arg(LIFETIME.as_millis().to_string());
    call.invoke_async(commands).await
}

#[cfg(test)]
mod tests {
    use super::*;

    const READS: Layouts = Layouts { oldest: 2, newest: 4 };

    #[test]
    fn layouts_within_the_range_are_taken() {
        for there in ["2", "3", "4"] {
            READS.check(there, "{photo}").unwrap();
        }
    }

    #[test]
    fn layouts_outside_are_refused_with_the_order_of_steps() {
        let refusal = |there| READS.check(there, "{photo}").unwrap_err().to_string();
        let newer = refusal("5");
        assert!(newer.contains("have layout 5, and this program reads layouts 2 to 4"), "{newer}");
        assert!(newer.contains("Start that release"), "{newer}");
        let older = refusal("1");
        assert!(older.contains("First start a release that reads layouts 1 to 2"), "{older}");
        assert!(older.contains("then stop every older program"), "{older}");
        assert!(refusal("songs").contains("another store.prefix"));
    }
}
