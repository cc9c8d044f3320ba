//! Moving the time of a Redis server, as far as tests need it moved.

use std::time::Duration;

use deadpool_redis::redis::{Client, Script};
use photo_tests::redis_server::RedisServer;

/// Takes this time off the life of every key that has an end: keys end by the server's own clock,
/// which a test cannot move.
pub fn age_keys(server: &RedisServer, by: Duration) {
    let script = Script::new(
        "for _, key in ipairs(redis.call('KEYS', '*')) do
           local left = redis.call('PTTL', key)
           if left >= 0 then redis.call('PEXPIRE', key, left - ARGV[1]) end
         end",
    );
    let mut connection = Client::open(server.url()).unwrap().get_connection().unwrap();
    let millis = u64::try_from(by.as_millis()).unwrap();
    script.arg(millis).invoke::<()>(&mut connection).unwrap();
}
