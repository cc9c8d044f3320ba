//! What the live screen shows, line by line.

use console::{measure_text_width, truncate_str};

use super::history::History;
use super::{READY, dispatchers, oldest, rate, state};
use crate::client::Queues;
use crate::text::count;

/// What the columns of numbers take, with the gaps around them.
const NUMBERS: usize = 47;

/// The narrowest and the widest that names of models are shown.
const NAMES: (usize, usize) = (8, 32);

/// How many bars are shown at least, before names are cut.
const BARS: usize = 12;

/// A window.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) width: usize,
    pub(super) height: usize,
}

/// The lines of one frame, none of them wider than the window, and no more than it has.
pub(super) fn draw(
    server: &str,
    queues: Option<&Queues>,
    history: &History,
    trouble: Option<&str>,
    from: usize,
    window: Window,
) -> Vec<String> {
    let mut lines = vec![fit(&format!("photoctl queues  {server}"), "q quits", window.width)];
    lines.push(String::new());
    let foot = match (trouble, queues) {
        (Some(trouble), _) => trouble.to_owned(),
        (None, Some(queues)) => dispatchers(queues),
        (None, None) => "asking the server".to_owned(),
    };
    if let Some(queues) = queues {
        // The title, the blank lines, the head of the table and the foot.
        let room = window.height.saturating_sub(5).max(2);
        let body = body(queues, history, window.width);
        lines.push(head(queues, window.width));
        let from = from.min(body.len().saturating_sub(room));
        lines.extend(body.iter().skip(from).take(room).cloned());
        if body.len() > room {
            lines[1] = fit("", &format!("{} of {} lines, ↑ ↓", room, body.len()), window.width);
        }
    }
    lines.push(String::new());
    lines.push(foot);
    lines.truncate(window.height);
    lines.iter().map(|line| truncate_str(line, window.width, "…").into_owned()).collect()
}

/// The most lines that may be scrolled past.
pub(super) fn last_line(queues: &Queues, history: &History, window: Window) -> usize {
    let room = window.height.saturating_sub(5).max(2);
    body(queues, history, window.width).len().saturating_sub(room)
}

fn names(queues: &Queues, width: usize) -> usize {
    let longest = queues.models.iter().map(|queue| queue.model.as_str().len()).max().unwrap_or(0);
    longest.clamp(NAMES.0, NAMES.1).min(width.saturating_sub(NUMBERS + BARS).max(NAMES.0))
}

fn head(queues: &Queues, width: usize) -> String {
    line(names(queues, width), "MODEL", ["QUEUED", "RUN", "WAIT", "FAILED", "RATE/S", "OLDEST"], "")
}

/// A line for each model, and one below it for what keeps it from working.
fn body(queues: &Queues, history: &History, width: usize) -> Vec<String> {
    let names = names(queues, width);
    let mut lines = Vec::new();
    for queue in &queues.models {
        let numbers = [
            count(queue.queued.sum()),
            count(queue.running),
            count(queue.waiting),
            count(queue.failed),
            rate(queue),
            oldest(queue, queues),
        ];
        let numbers = numbers.each_ref().map(String::as_str);
        let bars = history.sparkline(&queue.model, width.saturating_sub(names + NUMBERS));
        lines.push(line(names, queue.model.as_str(), numbers, &bars));
        let state = state(queue, queues);
        if state != READY {
            lines.push(format!("  {state}"));
        }
    }
    if lines.is_empty() {
        lines.push("no models are known".to_owned());
    }
    lines
}

fn line(names: usize, name: &str, numbers: [&str; 6], bars: &str) -> String {
    let [queued, running, waiting, failed, rate, oldest] = numbers;
    let name = truncate_str(name, names, "…");
    format!(
        "{name:<names$} {queued:>9} {running:>5} {waiting:>7} {failed:>7} {rate:>6} {oldest:>6} {bars}"
    )
}

/// A text on the left and one on the right.
fn fit(left: &str, right: &str, width: usize) -> String {
    let space = width.saturating_sub(measure_text_width(left) + measure_text_width(right));
    format!("{left}{}{right}", " ".repeat(space))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn queue(model: &str, hold: &Value) -> Value {
        json!({
            "model": model, "queued": {"high": 1, "normal": 12_344, "low": 0}, "waiting": 2,
            "running": 4, "failed": 0, "hold": hold, "rate_per_second": 812.4,
            "oldest_queued_at": "2026-01-01T00:00:00Z",
            "endpoints": [{"url": "http://a:1", "state": "up", "in_flight": 4}],
        })
    }

    fn frame(models: &[Value], from: usize, window: Window) -> Vec<String> {
        let dispatchers =
            json!([{"id": "x", "host": "gpu-1", "pid": 7, "in_flight": 4, "stopping": false}]);
        let queues =
            json!({"models": models, "dispatchers": dispatchers, "at": "2026-01-01T00:00:12Z"});
        let queues: Queues = serde_json::from_value(queues).unwrap();
        let mut history = History::default();
        history.add(&queues);
        draw("http://server", Some(&queues), &history, None, from, window)
    }

    #[test]
    fn a_small_window_shows_everything_that_matters() {
        let hold = json!({"kind": "unreachable", "message": "no\u{1b}[2J connection"});
        let models = [queue("average_color", &json!(null)), queue("sharpness", &hold)];
        let lines = frame(&models, 0, Window { width: 80, height: 24 });
        assert_eq!(lines.len(), 8, "{lines:#?}");
        assert!(lines.iter().all(|line| measure_text_width(line) <= 80), "{lines:#?}");
        assert!(lines[0].starts_with("photoctl queues") && lines[0].ends_with("q quits"));
        let words: Vec<&str> = lines[3].split_whitespace().collect();
        assert_eq!(words, ["average_color", "12,345", "4", "2", "0", "812", "12s", "█"]);
        assert_eq!(lines[5], "  waits: no\\u{1b}[2J connection");
        assert_eq!(lines[7], "1 dispatcher: gpu-1/7 (4 in flight)");
    }

    #[test]
    fn a_model_is_ready_once_a_dispatcher_has_reached_it() {
        let mut model = queue("m", &json!(null));
        let state_of = |model: &Value, dispatchers: &Value| {
            let queues = json!({"models": [model], "dispatchers": dispatchers, "at": "2026-01-01T00:00:12Z"});
            let queues: Queues = serde_json::from_value(queues).unwrap();
            state(&queues.models[0], &queues)
        };
        let alive = json!([{"host": "gpu-1", "pid": 7, "in_flight": 4}]);
        assert_eq!(state_of(&model, &alive), "ready");
        assert_eq!(state_of(&model, &json!([])), "no dispatcher");
        model["endpoints"][0]["state"] = json!("unknown");
        assert_eq!(state_of(&model, &alive), "not reached yet");
        model["endpoints"] = json!([]);
        assert_eq!(state_of(&model, &alive), "no services");
    }

    #[test]
    fn more_models_than_lines_are_scrolled() {
        let models: Vec<Value> =
            (0..50).map(|number| queue(&format!("m{number:02}"), &json!(null))).collect();
        let window = Window { width: 40, height: 10 };
        let lines = frame(&models, 7, window);
        assert_eq!(lines.len(), 10);
        assert!(lines[1].contains("5 of 50 lines"), "{lines:#?}");
        assert!(lines[3].starts_with("m07"), "{lines:#?}");
        assert!(frame(&models, 99, window)[7].starts_with("m49"));
        assert!(lines.iter().all(|line| measure_text_width(line) <= 40), "{lines:#?}");
    }
}
