//! Redis servers that sentinels watch over, for one test.

use std::fmt::Write;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use deadpool_redis::redis::{Client, Connection, RedisResult, cmd};
use tempfile::TempDir;

use crate::redis_server::{RedisServer, free_port, spawn};

/// How long anything of this may take.
const DEADLINE: Duration = Duration::from_mins(1);
/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(20);
/// The password of the servers, and that of the sentinels, which is another one.
const PASSWORD: &str = "of-the-servers";
const SENTINEL_PASSWORD: &str = "of-the-sentinels";

/// A master and a replica, and three sentinels that make the other one master within a second or
/// two of its silence. All of them want passwords.
pub struct RedisTrio {
    /// The servers, the first master first.
    pub servers: [RedisServer; 2],
    sentinels: Vec<Sentinel>,
}

struct Sentinel {
    process: Child,
    port: u16,
    _folder: TempDir,
}

impl RedisTrio {
    /// Starts all of them, and waits until they know of each other.
    pub fn start() -> Self {
        let options = |more: &[&str]| {
            let common =
                ["--requirepass", PASSWORD, "--masterauth", PASSWORD, "--appendonly", "yes"];
            // A replica gets its first copy at once.
            let quick = ["--repl-diskless-sync-delay", "0"];
            RedisServer::start_with(&[&common[..], &quick[..], more].concat())
        };
        let master = options(&[]);
        let port = master.port().to_string();
        let replica = options(&["--replicaof", "127.0.0.1", &port]);
        let sentinels = (0..3).map(|_| Sentinel::start(master.port())).collect();
        let trio = Self { servers: [master, replica], sentinels };
        until("the sentinels know of each other and of the replica", || {
            trio.sentinels.iter().all(|sentinel| sentinel.knows_all().unwrap_or(false))
        });
        until("the replica follows", || trio.says(1, "master_link_status:up"));
        trio
    }

    /// The address of the master, by way of the sentinels.
    pub fn url(&self) -> String {
        let mut url = format!("redis-sentinel://:{PASSWORD}@");
        for (n, sentinel) in self.sentinels.iter().enumerate() {
            let comma = if n == 0 { "" } else { "," };
            write!(url, "{comma}127.0.0.1:{}", sentinel.port).expect("a text takes any text");
        }
        url + &format!("/trio?sentinel_password={SENTINEL_PASSWORD}")
    }

    /// A connection to one of the servers.
    pub fn connection(&self, server: usize) -> RedisResult<Connection> {
        let url = self.servers[server].url().replace("redis://", &format!("redis://:{PASSWORD}@"));
        // A server that is about to be demoted drops its clients and may be frozen before.
        let connection = Client::open(url)?.get_connection_with_timeout(PAUSE * 50)?;
        connection.set_read_timeout(Some(PAUSE * 50))?;
        Ok(connection)
    }

    /// Waits until everything that was written to this server is on the other one as well.
    pub fn replicate(&self, from: usize) {
        let mut redis = self.connection(from).expect("the server answers");
        cmd("SET").arg("replicate").arg(1).exec(&mut redis).expect("the server takes writes");
        until("the replica follows", || cmd("WAIT").arg(1).arg(900).query(&mut redis) == Ok(1));
    }

    /// Waits until a server is the master, or a replica of the other one.
    pub fn wait_for_role(&self, server: usize, role: &str) {
        until(&format!("server {server} is {role}"), || self.says(server, &format!("role:{role}")));
    }

    /// Waits until a server has so many clients that send commands, sentinels and others like it
    /// left aside.
    pub fn wait_for_clients(&self, server: usize, count: usize) {
        let list = |mut redis| cmd("CLIENT").arg(&["LIST", "TYPE", "normal"]).query(&mut redis);
        until(&format!("server {server} has {count} clients"), || {
            let clients: String = self.connection(server).and_then(list).unwrap_or_default();
            let ours = clients.lines().filter(|client| !client.contains("name=sentinel"));
            // One of them asks this.
            ours.count() > count
        });
    }

    fn says(&self, server: usize, line: &str) -> bool {
        let info = |mut redis| cmd("INFO").arg("replication").query::<String>(&mut redis);
        self.connection(server).and_then(info).is_ok_and(|info| info.contains(line))
    }
}

impl Sentinel {
    fn start(master: u16) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let file = folder.path().join("sentinel.conf");
        loop {
            let port = free_port();
            let config = format!(
                "port {port}\nbind 127.0.0.1\ndir {}\n\
                 requirepass {SENTINEL_PASSWORD}\nsentinel sentinel-pass {SENTINEL_PASSWORD}\n\
                 sentinel monitor trio 127.0.0.1 {master} 2\nsentinel auth-pass trio {PASSWORD}\n\
                 sentinel down-after-milliseconds trio 500\nsentinel failover-timeout trio 3000\n",
                folder.path().display()
            );
            std::fs::write(&file, config).expect("the folder is ours");
            let args = [file.display().to_string(), "--sentinel".to_owned()];
            // Somebody else may take the port first; then the sentinel ends at once.
            if let Some(process) = spawn(port, &args) {
                return Self { process, port, _folder: folder };
            }
        }
    }

    fn knows_all(&self) -> RedisResult<bool> {
        let url = format!("redis://:{SENTINEL_PASSWORD}@127.0.0.1:{}", self.port);
        let mut connection = Client::open(url)?.get_connection()?;
        let facts: Vec<(String, String)> =
            cmd("SENTINEL").arg("MASTER").arg("trio").query(&mut connection)?;
        let is = |name: &str, value: &str| facts.iter().any(|(n, v)| n == name && v == value);
        Ok(is("num-slaves", "1") && is("num-other-sentinels", "2") && is("flags", "master"))
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn until(what: &str, mut so: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !so() {
        assert!(Instant::now() < deadline, "never: {what}");
        thread::sleep(PAUSE);
    }
}
