//! A Redis server for one test.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long the server may take to start and to read its append-only file.
const START_DEADLINE: Duration = Duration::from_secs(30);
/// The pause between two looks at a server that starts.
const PAUSE: Duration = Duration::from_millis(5);
/// How many ports are tried before giving up.
const PORTS_TRIED: usize = 10;

/// A `redis-server` on a free port of this machine, with its files in a folder of its own. Both
/// are gone when it is dropped.
#[derive(Debug)]
pub struct RedisServer {
    process: Child,
    port: u16,
    folder: TempDir,
    options: Vec<String>,
}

impl RedisServer {
    /// Starts a server that keeps nothing on disk, and waits until it answers. Panics if there is
    /// no `redis-server` to start.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same with more options, as on the command line: `["--appendonly", "yes"]`.
    pub fn start_with(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let options: Vec<String> = options.iter().map(|&option| option.to_owned()).collect();
        for _ in 0..PORTS_TRIED {
            let port = free_port();
            // Somebody else may take the port first; then the server ends at once.
            if let Some(process) = spawn(port, &server(port, folder.path(), &options)) {
                return Self { process, port, folder, options };
            }
        }
        panic!(
            "redis-server ended at once on {PORTS_TRIED} ports; were its options right? {options:?}"
        )
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where clients find it.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Ends the server in good order and waits until it has ended.
    pub fn stop(&mut self) {
        self.signal("TERM");
        self.process.wait().expect("the server is this process's child");
    }

    /// Ends the server in the middle of whatever it does.
    pub fn kill(&mut self) {
        self.process.kill().expect("the server is this process's child");
        self.process.wait().expect("the server is this process's child");
    }

    /// Starts the server again, after [`RedisServer::stop`] or [`RedisServer::kill`], on the same
    /// port and with the same files, and waits until it answers.
    pub fn restart(&mut self) {
        let deadline = Instant::now() + START_DEADLINE;
        while Instant::now() < deadline {
            let args = server(self.port, self.folder.path(), &self.options);
            if let Some(process) = spawn(self.port, &args) {
                self.process = process;
                return;
            }
            // Somebody's outgoing connection has the port, as one may that looks for this server.
            thread::sleep(PAUSE);
        }
        panic!("redis-server does not start again on port {}", self.port);
    }

    /// Freezes the server: connections stay, answers do not come.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Lets a frozen server go on.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let pid = self.process.id().to_string();
        let status = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(status.is_ok_and(|status| status.success()), "kill -s {name} {pid}");
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The arguments of a server.
fn server(port: u16, folder: &Path, options: &[String]) -> Vec<String> {
    let mut args: Vec<String> =
        ["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--dir"]
            .map(str::to_owned)
            .into();
    args.push(folder.display().to_string());
    args.extend_from_slice(options);
    args
}

pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("some port is free");
    listener.local_addr().expect("a bound socket has an address").port()
}

/// Starts a server, which is to listen on the port, and waits until it answers; `None` if it ended
/// instead.
pub(crate) fn spawn(port: u16, args: &[String]) -> Option<Child> {
    let mut process = Command::new("redis-server")
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| {
            panic!(
                "these tests need redis-server 7.0 or later, which cannot be started ({error}): \
                 apt-get install redis-server, or brew install redis"
            )
        });
    let deadline = Instant::now() + START_DEADLINE;
    while process.try_wait().expect("the server is this process's child").is_none() {
        if answers(port, process.id()).unwrap_or(false) {
            return Some(process);
        }
        if Instant::now() > deadline {
            let _ = process.kill();
            let _ = process.wait();
            panic!("redis-server did not answer within {START_DEADLINE:?}");
        }
        thread::sleep(PAUSE);
    }
    None
}

/// Whether the server with this process id is ready on the port.
fn answers(port: u16, pid: u32) -> io::Result<bool> {
    let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    connection.set_read_timeout(Some(Duration::from_secs(1)))?;
    connection.write_all(b"PING\r\nINFO server\r\n")?;
    // The server answers what it was asked and hangs up. (A sentinel does not know QUIT.)
    connection.shutdown(Shutdown::Write)?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    // One that wants a password does not say who it is; it answers, and that must do.
    let ours = answer.contains(&format!("process_id:{pid}\r\n"));
    Ok((answer.starts_with("+PONG") && ours) || answer.starts_with("-NOAUTH"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_ends_and_comes_back_on_its_port() {
        let mut server = RedisServer::start();
        let (port, pid) = (server.port, server.process.id());
        assert!(answers(port, pid).unwrap());
        server.kill();
        assert!(answers(port, pid).is_err());
        server.restart();
        assert_eq!(server.port, port);
        assert!(answers(port, server.process.id()).unwrap());
        server.stop();
        assert!(answers(port, server.process.id()).is_err());
    }

    #[test]
    fn servers_do_not_get_into_each_others_way() {
        let (one, other) = (RedisServer::start(), RedisServer::start());
        assert_ne!(one.url(), other.url());
    }

    #[test]
    fn a_paused_server_answers_once_it_is_resumed() {
        let server = RedisServer::start();
        server.pause();
        assert!(answers(server.port, server.process.id()).is_err());
        server.resume();
        let deadline = Instant::now() + START_DEADLINE;
        while !answers(server.port, server.process.id()).unwrap_or(false) {
            assert!(Instant::now() < deadline);
        }
    }
}
