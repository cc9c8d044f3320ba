//! The time, and a way for tests to move it.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

/// A moment, in milliseconds since 1970-01-01T00:00:00Z; printed as RFC 3339. One past the year
/// 9999, which only a damaged store knows of, is printed as its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMillis(pub u64);

impl fmt::Display for UnixMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = i64::try_from(self.0).unwrap_or(i64::MAX);
        let time = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX);
        write!(f, "{time:.3}")
    }
}

impl PartialSchema for UnixMillis {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("A moment by RFC 3339, in UTC and to the millisecond."))
            .examples([json!("2026-11-23T03:32:30.246Z")])
            .into()
    }
}

impl ToSchema for UnixMillis {
    fn name() -> Cow<'static, str> {
        "Moment".into()
    }
}

impl Serialize for UnixMillis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UnixMillis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let time = jiff::Timestamp::deserialize(deserializer)?;
        u64::try_from(time.as_millisecond()).map(Self).map_err(D::Error::custom)
    }
}

/// The system's clock plus an offset, which is zero outside tests. Clones share the offset.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    offsets: Arc<Offsets>,
}

/// How far a test moved a clock, in milliseconds.
#[derive(Debug, Default)]
struct Offsets {
    /// What the clock shows besides the system's.
    shown: AtomicI64,
    /// What passed besides what really did.
    passed: AtomicU64,
}

impl Clock {
    /// The time now, in microseconds since 1970.
    pub fn now_micros(&self) -> u64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = u64::try_from(now.as_micros()).unwrap_or(u64::MAX);
        now.saturating_add_signed(self.offset_ms().saturating_mul(1000))
    }

    /// The time now.
    pub fn now(&self) -> UnixMillis {
        UnixMillis(self.now_micros() / 1000)
    }

    /// A moment to measure spans of time from, in which the system's clock may be set.
    pub fn instant(&self) -> Instant {
        Instant::now() + Duration::from_millis(self.offsets.passed.load(Ordering::Relaxed))
    }

    /// How far the clock was moved, in milliseconds: what a store whose server has a clock of its
    /// own adds to that clock.
    pub fn offset_ms(&self) -> i64 {
        self.offsets.shown.load(Ordering::Relaxed)
    }

    /// Moves this clock and all its clones forward, as if this time had passed.
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.offsets.shown.fetch_add(by, Ordering::Relaxed);
        self.offsets.passed.fetch_add(by.unsigned_abs(), Ordering::Relaxed);
    }

    /// Sets this clock and all its clones back, as somebody sets the system's clock: no time
    /// passes.
    pub fn set_back(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.offsets.shown.fetch_sub(by, Ordering::Relaxed);
    }

    /// Sets this clock and all its clones forward: no time passes.
    pub fn set_forward(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.offsets.shown.fetch_add(by, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_print_as_rfc_3339() {
        assert_eq!(UnixMillis(0).to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(UnixMillis(1_700_000_000_123).to_string(), "2023-11-14T22:13:20.123Z");
        assert!(UnixMillis(u64::MAX).to_string().starts_with("9999-12-"));
    }

    #[test]
    fn clones_move_together() {
        let clock = Clock::default();
        let other = clock.clone();
        let (before, start) = (other.now(), other.instant());
        clock.advance(Duration::from_secs(100));
        assert!(other.now().0 >= before.0 + 100_000);
        assert!(other.instant() >= start + Duration::from_secs(100));
    }
    #[test]
    fn a_clock_that_is_set_shows_another_time_and_measures_the_same() {
        let clock = Clock::default();
        let (before, start) = (clock.now(), clock.instant());
        clock.set_back(Duration::from_hours(1));
        assert!(clock.now().0 < before.0 - 3_000_000);
        clock.set_forward(Duration::from_hours(2));
        assert!(clock.now().0 >= before.0 + 3_600_000);
        assert!(clock.instant() >= start && clock.instant() < start + Duration::from_hours(1));
    }
}
