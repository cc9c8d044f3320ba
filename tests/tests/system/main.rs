//! The whole system: the real programs as processes, a real Redis for each test, real photos.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod files;
mod system;

mod api {
    mod callbacks;
    mod described;
    mod events;
    mod journey;
    mod limits;
    mod postman;
}
mod clients {
    mod documented;
    mod fake;
    mod programs;
    mod webhooks;
}
mod operations {
    mod outages;
    mod replicas;
    mod upgrade;
}
mod page {
    mod chromium;
    mod docs;
    mod modules;
    mod operators;
    mod other_sites;
    mod photos;
    mod tabs;
}
mod programs {
    mod environment;
    mod launch;
    mod photoctl;
    mod standalone;
}
mod redis {
    mod failover;
    mod lost;
    mod trouble;
}
mod services {
    mod readme;
    mod releases;
    mod tls;
}
