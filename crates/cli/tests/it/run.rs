//! Running the program.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use photo_core::PhotoHasher;
use photo_tests::photos::bmp;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How long a command may take.
pub const DEADLINE: Duration = Duration::from_mins(1);

/// A folder with photos, in which the program runs.
pub struct Folder(TempDir);

/// What the program did.
#[derive(Debug)]
pub struct Done {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A folder with so many photos, `0000.bmp` and so on, in a folder `photos`.
    pub fn with_photos(photos: u64) -> Self {
        let folder = Self::new();
        for number in 0..photos {
            folder.write(&format!("photos/{number:04}.bmp"), &bmp(number));
        }
        folder
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Runs the program against a server, to its end.
    pub async fn run(&self, server: &str, args: &[&str]) -> Done {
        self.run_with_input(server, args, "").await
    }

    /// The same with something on its standard input.
    pub async fn run_with_input(&self, server: &str, args: &[&str], input: &str) -> Done {
        let mut child = self.start(server, args);
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).await.unwrap();
        drop(stdin);
        ended(child).await
    }

    /// The same without a server in its environment.
    pub async fn run_without_server(&self, args: &[&str]) -> Done {
        ended(self.command(args).spawn().unwrap()).await
    }

    /// The same against a server of which the certificates in a file are trusted, and no others.
    pub async fn run_trusting(&self, certificates: &Path, server: &str, args: &[&str]) -> Done {
        let mut command = self.command(args);
        command.env("SSL_CERT_FILE", certificates).env("PHOTO_SERVER", server);
        ended(command.spawn().unwrap()).await
    }

    /// Starts the program against a server.
    pub fn start(&self, server: &str, args: &[&str]) -> Child {
        self.command(args).env("PHOTO_SERVER", server).spawn().unwrap()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_photoctl"));
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_ours(name)) {
            command.env_remove(name);
        }
        command
            .args(args)
            .current_dir(self.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }
}

/// Whether a variable of the environment would change what the program does.
fn is_ours(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_lowercase();
    name.starts_with("photo_") || name.starts_with("ssl_cert_") || name.ends_with("_proxy")
}

/// Waits for the end of the program.
pub async fn ended(child: Child) -> Done {
    let output = timeout(DEADLINE, child.wait_with_output()).await.expect("it ends").unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Done {
        code: ExitStatus::code(&output.status),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// Asks a running program to stop, as Ctrl-C does.
pub fn interrupt(child: &Child) {
    let id = child.id().unwrap().to_string();
    let sent = std::process::Command::new("kill").args(["-INT", &id]).status();
    assert!(sent.unwrap().success());
}

impl Done {
    /// Checks the exit code; what was written is shown if it is another one.
    #[track_caller]
    pub fn ends_with(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.stdout, self.stderr);
        self
    }

    /// Checks that these are in what it said.
    #[track_caller]
    pub fn says(&self, texts: &[&str]) -> &Self {
        for text in texts {
            assert!(self.stderr.contains(text), "{text:?} is not in:\n{}", self.stderr);
        }
        self
    }

    /// The lines of JSON on standard output.
    pub fn json_lines(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// The hash of a photo.
pub fn hash(photo: &[u8]) -> String {
    let mut hasher = PhotoHasher::default();
    hasher.update(photo);
    hasher.finish().key.to_string()
}
