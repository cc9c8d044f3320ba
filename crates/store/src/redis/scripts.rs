//! The Lua scripts, each put together from the parts it needs.

use deadpool_redis::redis::Script;

/// One script's text: its flags, and its parts by their files below `scripts`: `lib` holds what
/// several scripts need.
macro_rules! text {
    ($flags:literal, $($part:literal),+) => {
        concat!(
            "#!lua flags=", $flags, "\n",
            include_str!("scripts/lib/prelude.lua"),
            $(include_str!(concat!("scripts/", $part, ".lua"))),+
        )
    };
}

/// One script.
macro_rules! script {
    ($($part:literal),+) => { Script::new(text!($($part),+)) };
}

/// The text of the script that records endings and claims, for those who measure what it costs
/// without the code around it.
pub const FINISH: &str = text!(
    "allow-oom",
    "lib/note_time",
    "lib/fold",
    "lib/moves",
    "lib/weights",
    "queue/claim",
    "queue/finish"
);

/// All scripts. The server is sent one's text when it does not know it yet, or no longer.
#[derive(Debug)]
pub(super) struct Scripts {
    pub(super) announce: Script,
    pub(super) announced: Script,
    pub(super) beat: Script,
    pub(super) cancel: Script,
    pub(super) describe: Script,
    pub(super) dispatchers: Script,
    pub(super) end_callback: Script,
    pub(super) extend: Script,
    pub(super) failures: Script,
    pub(super) finish: Script,
    pub(super) forget_model: Script,
    pub(super) hold: Script,
    pub(super) keep_callbacks: Script,
    pub(super) lease_callbacks: Script,
    pub(super) models: Script,
    pub(super) ping: Script,
    pub(super) queue_names: Script,
    pub(super) queues: Script,
    pub(super) renew: Script,
    pub(super) report: Script,
    pub(super) requeue: Script,
    pub(super) restore: Script,
    pub(super) stats: Script,
    pub(super) status: Script,
    pub(super) submit: Script,
    pub(super) tick: Script,
    pub(super) time: Script,
    pub(super) unfinished: Script,
}

impl Default for Scripts {
    /// The flag `allow-oom` lets what is there be worked off while the server is out of memory;
    /// the server refuses scripts without it as a whole, before they begin. `no-writes` lets a
    /// script run where nothing can be written.
    fn default() -> Self {
        Self {
            announce: script!("allow-oom", "lib/note_time", "model_directory/announce"),
            announced: script!("no-writes", "model_directory/announced"),
            beat: script!("allow-oom", "lib/note_time", "health/beat"),
            cancel: script!("allow-oom", "lib/note_time", "lib/fold", "lib/moves", "queue/cancel"),
            describe: script!("allow-oom", "lib/note_time", "model_directory/describe"),
            dispatchers: script!("no-writes", "dispatcher/dispatchers"),
            end_callback: script!(
                "allow-oom",
                "lib/note_time",
                "lib/fold",
                "lib/callback",
                "callback_outbox/end_callback"
            ),
            extend: script!("allow-oom", "lib/note_time", "queue/extend"),
            failures: script!("no-writes", "reading/failures"),
            finish: Script::new(FINISH),
            forget_model: script!(
                "allow-oom",
                "lib/note_time",
                "lib/fold",
                "lib/moves",
                "model_directory/forget_model"
            ),
            hold: script!("allow-oom", "lib/note_time", "model_directory/hold"),
            keep_callbacks: script!(
                "",
                "lib/note_time",
                "lib/fold",
                "lib/callback",
                "callback_outbox/keep_callbacks"
            ),
            lease_callbacks: script!(
                "allow-oom",
                "lib/note_time",
                "lib/callback",
                "callback_outbox/lease_callbacks"
            ),
            models: script!("no-writes", "lib/hold_reader", "model_directory/models"),
            ping: script!("", "health/ping"),
            queue_names: script!("no-writes", "reading/queue_names"),
            queues: script!("no-writes", "lib/hold_reader", "lib/counts", "reading/queues"),
            renew: script!("allow-oom", "lib/note_time", "model_directory/renew"),
            report: script!("allow-oom", "lib/note_time", "dispatcher/report"),
            requeue: script!("", "lib/note_time", "lib/fold", "lib/moves", "queue/requeue"),
            restore: script!("", "lib/note_time", "lib/fold", "lib/moves", "queue/restore"),
            stats: script!("no-writes", "lib/counts", "reading/stats"),
            status: script!("no-writes", "lib/hold_reader", "reading/status"),
            submit: script!("", "lib/note_time", "lib/fold", "lib/moves", "queue/submit"),
            tick: script!("allow-oom", "lib/note_time", "lib/fold", "lib/moves", "queue/tick"),
            time: script!("no-writes", "health/time"),
            unfinished: script!("no-writes", "reading/unfinished"),
        }
    }
}
