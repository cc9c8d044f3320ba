//! The Lua scripts, each put together from the parts it needs.

use deadpool_redis::redis::Script;

/// One script's text: its flags, and its parts by the names of their files.
macro_rules! text {
    ($flags:literal, $($part:literal),+) => {
        concat!(
            "#!lua flags=", $flags, "\n",
            include_str!("scripts/prelude.lua"),
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
pub const FINISH: &str =
    text!("allow-oom", "note_time", "fold", "moves", "weights", "claim", "finish");

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
    pub(super) forget: Script,
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
            announce: script!("allow-oom", "note_time", "announce"),
            announced: script!("no-writes", "announced"),
            beat: script!("allow-oom", "note_time", "beat"),
            cancel: script!("allow-oom", "note_time", "fold", "moves", "cancel"),
            describe: script!("allow-oom", "note_time", "describe"),
            dispatchers: script!("no-writes", "dispatchers"),
            end_callback: script!("allow-oom", "note_time", "fold", "callback", "end_callback"),
            extend: script!("allow-oom", "note_time", "extend"),
            failures: script!("no-writes", "failures"),
            finish: Script::new(FINISH),
            forget: script!("allow-oom", "note_time", "fold", "moves", "forget"),
            hold: script!("allow-oom", "note_time", "hold"),
            keep_callbacks: script!("", "note_time", "fold", "callback", "keep_callbacks"),
            lease_callbacks: script!("allow-oom", "note_time", "callback", "lease_callbacks"),
            models: script!("no-writes", "hold_reader", "models"),
            ping: script!("", "ping"),
            queue_names: script!("no-writes", "queue_names"),
            queues: script!("no-writes", "hold_reader", "counts", "queues"),
            renew: script!("allow-oom", "note_time", "renew"),
            report: script!("allow-oom", "note_time", "report"),
            requeue: script!("", "note_time", "fold", "moves", "requeue"),
            restore: script!("", "note_time", "fold", "moves", "restore"),
            stats: script!("no-writes", "counts", "stats"),
            status: script!("no-writes", "hold_reader", "status"),
            submit: script!("", "note_time", "fold", "moves", "submit"),
            tick: script!("allow-oom", "note_time", "fold", "moves", "tick"),
            time: script!("no-writes", "time"),
            unfinished: script!("no-writes", "unfinished"),
        }
    }
}
