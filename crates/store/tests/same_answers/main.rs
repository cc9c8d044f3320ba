//! Both job stores answer the same to the same calls.
//!
//! Random lists of calls are made to both, on clocks that are moved together. What is compared is
//! everything that a store answers, but for what must differ: fences, and times to the second.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod answers;
mod operation;
mod pair;

use operation::Operation;
use pair::Pair;
use photo_tests::redis_server::RedisServer;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// How many lists are tried.
const LISTS: u32 = 48;
/// The most calls in a list.
const CALLS: usize = 60;

#[test]
fn both_stores_answer_the_same() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = RedisServer::start();
    let config = Config { cases: LISTS, failure_persistence: None, ..Config::default() };
    let lists = prop::collection::vec(operation::any_operation(), 1..CALLS);
    let compared = TestRunner::new(config).run(&lists, |operations: Vec<Operation>| {
        runtime.block_on(async {
            let mut pair = Pair::start(&server).await;
            for operation in &operations {
                let [redis, embedded] = pair.answers(operation).await;
                prop_assert_eq!(
                    redis,
                    embedded,
                    "the answers of Redis and SQLite to {:?}",
                    operation
                );
            }
            Ok(())
        })
    });
    if let Err(difference) = compared {
        panic!("{difference}");
    }
}
