//! Model services of every release of their template, as processes: the Python program in
//! `tests/templates`.

#[cfg(test)]
mod tests;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::program::Program;
use crate::tools::venv;

/// What the template needs.
const REQUIREMENTS: &str = include_str!("../templates/requirements.txt");

/// How long a service may take to answer for the first time.
const DEADLINE: Duration = Duration::from_mins(1);

/// A release of the template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// Does not load before somebody sends `POST /status`; failures are `200`.
    October2020Early,
    /// Loads by itself; failures are still `200`.
    October2020Late,
    /// Photos by name, real status codes.
    January2021,
    /// Photos in the request.
    March2021,
}

/// How a service announces itself: the path, and the keys of its name and its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegisterShape {
    /// `/register`, `modelName`, `modelPort`.
    Register,
    /// `/register/`, `modelName`, `modelPort`.
    RegisterSlash,
    /// `/model/register`, `modelName`, `modelPort`.
    ModelNamePort,
    /// `/model/register`, `name`, `port`.
    NamePort,
    /// `/model/register`, `name`, `socket`.
    NameSocket,
}

/// When a service has loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ready {
    /// So long after it began to load.
    After(Duration),
    /// Never.
    Never,
}

/// To whom a service announces itself, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcing {
    /// The server: `http://host:port`.
    pub server: String,
    /// In which form.
    pub shape: RegisterShape,
    /// Whether the port is a JSON number; else it is a string.
    pub port_is_number: bool,
    /// The header `api_key`.
    pub api_key: Option<String>,
    /// How much time lies between two announcements.
    pub every: Duration,
}

/// What to start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateOptions {
    /// Which release.
    pub release: Release,
    /// What it announces itself as.
    pub name: String,
    /// Where it listens on 127.0.0.1; 0 for any free port.
    pub port: u16,
    /// The folder of photos shared with the server.
    pub images: PathBuf,
    /// Whether and how it announces itself. The releases of 2021 do so once they have loaded.
    pub announcing: Option<Announcing>,
    /// When it has loaded.
    pub ready: Ready,
    /// How long one prediction takes. It hears nothing else meanwhile.
    pub delay: Duration,
    /// The `status` of good answers in 2021: `success`, or `success1` in one release.
    pub status_word: &'static str,
}

/// A running model service, killed on drop.
pub struct TemplateService {
    /// Where it listens on 127.0.0.1.
    pub port: u16,
    program: Program,
}

impl Release {
    /// Every release, oldest first.
    pub const ALL: [Self; 4] =
        [Self::October2020Early, Self::October2020Late, Self::January2021, Self::March2021];

    const fn flag(self) -> &'static str {
        match self {
            Self::October2020Early => "oct2020-early",
            Self::October2020Late => "oct2020-late",
            Self::January2021 => "jan2021",
            Self::March2021 => "mar2021",
        }
    }
}

impl RegisterShape {
    /// Every shape.
    pub const ALL: [Self; 5] = [
        Self::Register,
        Self::RegisterSlash,
        Self::ModelNamePort,
        Self::NamePort,
        Self::NameSocket,
    ];

    const fn flag(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::RegisterSlash => "register-slash",
            Self::ModelNamePort => "model-name-port",
            Self::NamePort => "name-port",
            Self::NameSocket => "name-socket",
        }
    }
}

impl TemplateOptions {
    /// A service of this release that loads and answers at once and announces itself to nobody.
    pub fn new(release: Release, name: &str, images: &Path) -> Self {
        Self {
            release,
            name: name.to_owned(),
            port: 0,
            images: images.to_owned(),
            announcing: None,
            ready: Ready::After(Duration::ZERO),
            delay: Duration::ZERO,
            status_word: "success",
        }
    }

    fn command(&self) -> Command {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/template_service.py");
        let mut command = Command::new(venv::python("template-venv", REQUIREMENTS));
        command
            .arg(script)
            .args(["--release", self.release.flag(), "--name", &self.name])
            .args(["--port", &self.port.to_string(), "--status-word", self.status_word])
            .args(["--delay", &seconds(self.delay)])
            .arg("--images")
            .arg(&self.images);
        match self.ready {
            Ready::After(time) => command.args(["--ready-after", &seconds(time)]),
            Ready::Never => command.arg("--never-ready"),
        };
        if let Some(announcing) = &self.announcing {
            let port_as = if announcing.port_is_number { "number" } else { "string" };
            command
                .args(["--server", &announcing.server, "--port-as", port_as])
                .args(["--register-shape", announcing.shape.flag()])
                .args(["--announce-every", &seconds(announcing.every)]);
            command.args(announcing.api_key.iter().flat_map(|key| ["--api-key", key]));
        }
        command
    }
}

impl TemplateService {
    /// Starts a service and waits until it answers.
    pub fn start(options: &TemplateOptions) -> Self {
        let program = Program::spawn(&options.name, Path::new("."), options.command());
        let port = program.wait_for_line("port=").parse().expect("`port=` is followed by a port");
        let service = Self { port, program };
        service.wait_until_it_answers().unwrap_or_else(|error| {
            panic!("{} does not answer: {error}\n{}", options.name, service.program.log())
        });
        service
    }

    /// Where it is, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The process, to suspend it or to kill it.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// It listens before it prints its port, so one request does: it waits in line.
    fn wait_until_it_answers(&self) -> std::io::Result<()> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(DEADLINE))?;
        stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        stream.read_exact(&mut [0; b"HTTP/1.1 200".len()])
    }
}

fn seconds(time: Duration) -> String {
    time.as_secs_f64().to_string()
}
