//! A page in a real Chromium, used as a person uses it.

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use futures_util::FutureExt;
use photo_tests::program::Program;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use thirtyfour::{
    ChromiumLikeCapabilities, DesiredCapabilities, LoggingPrefsLogLevel, TypingData, WebDriver,
};

/// How long a test waits for what must happen.
const DEADLINE: Duration = Duration::from_mins(1);

/// How often chromedriver is started. It takes a free port of IPv4 and gives up if the same one is
/// taken with IPv6.
const ATTEMPTS: u32 = 3;

/// What the browser is called, by who packages it.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// It shows nothing, asks nobody, and talks to nobody but our servers, one of which it also finds
/// by another's name. Inside a container it has no sandbox of its own.
const FLAGS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP rebind.example 127.0.0.1",
    "--window-size=1360,900",
];

/// What is open in the browser.
pub struct Page {
    driver: WebDriver,
}

/// Opens an address in a browser of its own for a test. The browser is closed whatever becomes of
/// the test.
pub async fn browse(url: &str, test: impl AsyncFnOnce(&Page)) {
    let folder = tempfile::tempdir().unwrap();
    let (_chromedriver, address) = (0..ATTEMPTS)
        .find_map(|_| start_chromedriver(folder.path()))
        .expect("chromedriver finds a port");
    let mut wanted = DesiredCapabilities::chrome();
    wanted.set_binary(&browser()).unwrap();
    wanted.set_browser_log_level(LoggingPrefsLogLevel::All).unwrap();
    for flag in FLAGS {
        wanted.add_arg(flag).unwrap();
    }
    wanted.add_arg(&format!("--user-data-dir={}", folder.path().display())).unwrap();
    let driver = WebDriver::new(&address, wanted).await.expect("Chromium starts");
    let page = Page { driver };
    let used = async {
        page.driver.set_script_timeout(DEADLINE).await.unwrap();
        page.driver.goto(url).await.unwrap();
        test(&page).await;
    };
    let outcome = AssertUnwindSafe(used).catch_unwind().await;
    let closed = page.driver.quit().await;
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
    closed.expect("Chromium stops");
}

/// The program that Chromium is steered through, and its address; `None` if it gives up.
fn start_chromedriver(folder: &Path) -> Option<(Program, String)> {
    let mut command = Command::new("chromedriver");
    command.arg("--port=0");
    let chromedriver = Program::spawn("chromedriver", folder, command);
    let port = chromedriver.find_line("was started successfully on port ")?;
    Some((chromedriver, format!("http://127.0.0.1:{}", port.trim_end_matches('.'))))
}

impl Page {
    /// Drops files or folders onto the middle of the page, from a file manager as it were.
    pub async fn drop_files(&self, paths: &[&Path]) {
        for kind in ["dragEnter", "dragOver", "drop"] {
            let files: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
            let data = json!({"items": [], "files": files, "dragOperationsMask": 1});
            let event = json!({"type": kind, "x": 600, "y": 500, "data": data});
            self.driver.cdp().send_raw("Input.dispatchDragEvent", event).await.unwrap();
        }
    }

    /// What a script answers with `return`.
    pub async fn run<T: DeserializeOwned>(&self, script: &str) -> T {
        self.driver.execute(script, Vec::<Value>::new()).await.unwrap().convert().unwrap()
    }

    /// What an asynchronous script answers with `return`.
    pub async fn run_async<T: DeserializeOwned>(&self, script: &str) -> T {
        let script = format!(
            "const done = arguments[0]; (async () => {{ {script} }})() \
             .then((answer) => done({{ answer }}), (error) => done({{ error: error.stack }}));"
        );
        let answer = self.driver.execute_async(script, Vec::<Value>::new()).await.unwrap();
        let mut answer: Value = answer.convert().unwrap();
        assert_eq!(answer["error"], Value::Null, "the script failed");
        serde_json::from_value(answer["answer"].take()).unwrap()
    }

    /// Waits until an expression is true of the page. What is not there yet makes it false.
    pub async fn wait_for(&self, condition: &str) {
        let script = format!(
            "const done = arguments[0]; \
             const holds = () => {{ try {{ return {condition}; }} catch {{ return false; }} }}; \
             const look = () => holds() ? done(true) : setTimeout(look, 20); look();"
        );
        let waited = self.driver.execute_async(script, Vec::<Value>::new()).await;
        if let Err(error) = waited {
            let text: String = self.run("return document.body.innerText").await;
            panic!("never: {condition}\n{error}\nThe page says:\n{text}");
        }
    }

    /// The texts of all elements that match, as they are in the page.
    pub async fn texts(&self, selector: &str) -> Vec<String> {
        let elements = format!("document.querySelectorAll({})", json!(selector));
        self.run(&format!("return Array.from({elements}, (it) => it.textContent)")).await
    }

    pub async fn click(&self, selector: &str) {
        let element = format!("document.querySelector({})", json!(selector));
        self.run::<Value>(&format!("{element}.click()")).await;
    }

    /// Presses keys where the keyboard is.
    pub async fn press(&self, keys: impl Into<TypingData>) {
        self.driver.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    pub async fn open(&self, url: &str) {
        self.driver.goto(url).await.unwrap();
    }

    /// Opens an address in another tab, and goes there.
    pub async fn open_tab(&self, url: &str) {
        let tab = self.driver.new_tab().await.unwrap();
        self.driver.switch_to_window(tab).await.unwrap();
        self.open(url).await;
    }

    /// Goes to the tab that was opened so many tabs after the first.
    pub async fn switch_to_tab(&self, number: usize) {
        let tabs = self.driver.windows().await.unwrap();
        self.driver.switch_to_window(tabs[number].clone()).await.unwrap();
    }

    pub async fn reload(&self) {
        self.driver.refresh().await.unwrap();
    }

    /// The browser had nothing to complain about: no script failed, nothing that the page asked for
    /// was missing, and its security policy stopped nothing.
    pub async fn assert_no_complaints(&self) {
        self.assert_no_complaints_but("nothing").await;
    }

    /// The same, but for what contains this text.
    pub async fn assert_no_complaints_but(&self, expected: &str) {
        let log = self.driver.browser_log().await.unwrap();
        let complaints: Vec<_> = log
            .into_iter()
            .filter(|entry| ["SEVERE", "WARNING"].contains(&&*entry.level))
            .filter(|entry| !entry.message.contains(expected))
            .collect();
        assert!(complaints.is_empty(), "{complaints:#?}");
    }
}

/// Where the browser is.
fn browser() -> String {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let programs = std::env::split_paths(&path).flat_map(|dir| NAMES.map(|name| dir.join(name)));
    let found = programs.into_iter().find(|program| program.is_file());
    found.expect("a Chromium is installed: tests/run does that").display().to_string()
}
