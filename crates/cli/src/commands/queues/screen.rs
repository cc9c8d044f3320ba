//! The live screen: drawn every second and at every key.

use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use crossterm::terminal::{
    self, BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen,
};
use crossterm::{execute, queue};
use tokio::sync::mpsc::{self, Receiver};
use tokio::time::{MissedTickBehavior, interval};

use super::frame::{Window, draw, last_line};
use super::history::History;
use crate::client::{CallError, Queues, Server};
use crate::text::printable;

/// How often the server is asked.
const EVERY: Duration = Duration::from_secs(1);

/// How long a key is waited for before it is looked whether anybody still wants to know.
const LOOK_UP: Duration = Duration::from_millis(200);

/// The terminal, as long as the screen is ours; given back when it is dropped.
struct Screen;

/// What a person at the keyboard wants.
#[derive(Debug, Clone, Copy)]
enum Wish {
    Quit,
    Up,
    Down,
    /// The window has changed.
    Redraw,
}

/// Shows the queues until somebody presses q. A server that is away is told and asked again.
pub(super) async fn watch(server: &Server) -> io::Result<()> {
    let _screen = Screen::take()?;
    let mut wishes = wishes();
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut history = History::default();
    let (mut queues, mut trouble, mut from) = (None, None, 0_usize);
    loop {
        let window = window()?;
        show(&draw(server.name(), queues.as_ref(), &history, trouble.as_deref(), from, window))?;
        tokio::select! {
            wish = wishes.recv() => match wish {
                None | Some(Wish::Quit) => return Ok(()),
                Some(Wish::Up) => from = from.saturating_sub(1),
                Some(Wish::Down) => {
                    let last = queues.as_ref().map_or(0, |it| last_line(it, &history, window));
                    from = (from + 1).min(last);
                }
                Some(Wish::Redraw) => {}
            },
            asked = async { ticks.tick().await; ask(server).await } => match asked {
                Ok(answer) => {
                    history.add(&answer);
                    (queues, trouble) = (Some(answer), None);
                }
                Err(error) => trouble = Some(printable(&error.to_string()).into_owned()),
            },
        }
    }
}

async fn ask(server: &Server) -> Result<Queues, CallError> {
    server.read_document(&server.document("/queues", &[]).await?)
}

/// What is wished for at the keyboard, read on a thread of its own. The thread ends soon after
/// nobody listens any more.
fn wishes() -> Receiver<Wish> {
    let (wishes, heard) = mpsc::channel(16);
    thread::spawn(move || {
        while !wishes.is_closed() {
            let wish = match event::poll(LOOK_UP) {
                Ok(false) => continue,
                Ok(true) => event::read().ok().map(understand),
                Err(_) => None,
            };
            match wish {
                Some(Some(wish)) if wishes.blocking_send(wish).is_ok() => {}
                Some(None) => {}
                // The keyboard is gone, or nobody listens.
                _ => return,
            }
        }
    });
    heard
}

fn understand(event: Event) -> Option<Wish> {
    match event {
        Event::Resize(..) => Some(Wish::Redraw),
        Event::Key(key) if key.kind == KeyEventKind::Release => None,
        // The terminal gives us the keys as they are: this one does not stop us by itself.
        Event::Key(key) if key.modifiers.contains(KeyModifiers::CONTROL) => {
            (key.code == KeyCode::Char('c')).then_some(Wish::Quit)
        }
        Event::Key(key) => match key.code {
            KeyCode::Char('q') | KeyCode::Esc => Some(Wish::Quit),
            KeyCode::Up | KeyCode::Char('k') => Some(Wish::Up),
            KeyCode::Down | KeyCode::Char('j') => Some(Wish::Down),
            _ => None,
        },
        _ => None,
    }
}

fn window() -> io::Result<Window> {
    let (width, height) = terminal::size()?;
    Ok(Window { width: width.into(), height: height.into() })
}

/// Draws over what is there, without a flicker.
fn show(lines: &[String]) -> io::Result<()> {
    let mut output = io::stdout().lock();
    queue!(output, BeginSynchronizedUpdate)?;
    for (number, line) in (0..).zip(lines) {
        queue!(output, MoveTo(0, number))?;
        write!(output, "{line}")?;
        queue!(output, Clear(ClearType::UntilNewLine))?;
    }
    queue!(output, Clear(ClearType::FromCursorDown), EndSynchronizedUpdate)?;
    output.flush()
}

impl Screen {
    fn take() -> io::Result<Self> {
        terminal::enable_raw_mode()?;
        let screen = Self;
        execute!(io::stdout(), EnterAlternateScreen, Hide)?;
        Ok(screen)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // There is nobody to tell that it does not work.
        let _ = execute!(io::stdout(), Show, LeaveAlternateScreen);
        let _ = terminal::disable_raw_mode();
    }
}
