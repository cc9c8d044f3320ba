//! The program itself: what it prints and how it stops.

use std::io::{BufRead, BufReader, PipeReader, Read, Write, pipe};
use std::net::TcpStream;
use std::process::{Child, Command};
use std::time::Duration;

/// Generous: the program needs a fraction of a second for anything here.
const DEADLINE: Duration = Duration::from_secs(30);

/// The program, killed on drop.
struct Program {
    child: Child,
    log: BufReader<PipeReader>,
    address: String,
}

impl Program {
    /// Starts the program and waits until it says where it listens.
    fn start(flags: &[&str]) -> Self {
        let (log, stderr) = pipe().unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_example-model"))
            .args(["--listen", "127.0.0.1:0"])
            .args(flags)
            .stderr(stderr)
            .spawn()
            .unwrap();
        let log = BufReader::new(log);
        // A guard already, should the line not come.
        let mut program = Self { child, log, address: String::new() };
        let line = program.read_log("listening on http://");
        let (_, rest) = line.split_once("http://").unwrap();
        program.address.extend(rest.split_whitespace().next());
        program
    }

    /// Waits for the next line of the log that contains `text`.
    fn read_log(&mut self, text: &str) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.log.read_line(&mut line).unwrap(), 0, "ended without `{text}`");
            if line.contains(text) {
                return line;
            }
        }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream
    }

    fn terminate(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads up to the end of the next head.
fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    String::from_utf8(head).unwrap()
}

#[test]
fn a_request_under_way_is_answered_after_sigterm() {
    let mut program = Program::start(&["--model", "noop"]);
    let mut stream = program.connect();
    stream
        .write_all(
            b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\
              Expect: 100-continue\r\n\r\n",
        )
        .unwrap();
    // Told to continue, so the request has begun.
    assert!(read_head(&mut stream).starts_with("HTTP/1.1 100"));
    program.terminate();
    program.read_log("stopping");
    stream.write_all(b"photo").unwrap();
    assert!(read_head(&mut stream).starts_with("HTTP/1.1 200"));
    assert!(program.child.wait().unwrap().success());
}

#[test]
fn an_idle_program_ends_at_once_on_sigterm() {
    let mut program = Program::start(&["--noop", "--name", "idle"]);
    program.terminate();
    assert!(program.child.wait().unwrap().success());
}

#[test]
fn a_program_whose_log_nobody_reads_any_more_still_stops() {
    let mut program = Program::start(&["--model", "noop"]);
    // In place of the log comes a pipe that never says anything.
    program.log = BufReader::new(pipe().unwrap().0);
    program.terminate();
    assert!(program.child.wait().unwrap().success());
}

#[test]
fn wrong_flags_are_explained() {
    for (flags, reason) in [
        (vec!["--model", "nope"], "the measurements are image_shape, "),
        (vec![], "--model <NAME>"),
        (vec!["--model", "noop", "--generation", "filename"], "--images <FOLDER>"),
        (vec!["--model", "noop", "--fail-rate", "2"], "must be from 0 to 1"),
        (
            vec!["--model", "noop", "--listen", "0.0.0.0:0", "--announce", "http://127.0.0.1:1"],
            "--announce-as http://HOST:",
        ),
    ] {
        let program = Command::new(env!("CARGO_BIN_EXE_example-model")).args(&flags).output();
        let program = program.unwrap();
        let said = String::from_utf8(program.stderr).unwrap();
        assert!(!program.status.success() && said.contains(reason), "{flags:?}: {said}");
    }
}
