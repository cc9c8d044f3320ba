//! Everything in miniature: that every row is measured, and that nothing that is asked for fails.

use std::process::Command;

use serde_json::Value;

/// The rows of the table.
const ROWS: [&str; 15] = [
    "ingest, 3 MB photos",
    "ingest, 100 KB photos, synced",
    "dispatch, 100 KB photos, no-op model, one dispatcher",
    "dispatch, `filename` protocol (no body)",
    "end to end, 100 KB photos, no-op model",
    "queue alone (claim + finish, batch 64)",
    "idle latency, POST until SUCCEEDED is visible, no-op model, 100 KB",
    "GET /predict/<md5>, rate",
    "GET /predict/<md5>, 1,000,000 jobs queued",
    "Redis memory",
    "resident memory, at most",
    "idle cost, one dispatcher, 20 models",
    "scale, 2 → 8 dispatchers, 50 ms model",
    "scale, 1,000,000 jobs drain at a constant rate",
    "scale, 1,000 models",
];

#[test]
fn every_row_is_measured_and_every_request_succeeds() {
    let folder = tempfile::tempdir().unwrap();
    let (json, markdown) = (folder.path().join("b.json"), folder.path().join("b.md"));
    let mut bench = Command::new(env!("CARGO_BIN_EXE_bench"));
    bench.args(["all", "--quick", "--no-peers", "--no-build"]);
    // A request that is not answered as it should be ends the program.
    let output = bench.arg("--json").arg(&json).arg("--markdown").arg(&markdown).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");

    let report: Value = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    let rows = report["rows"].as_array().unwrap();
    let names: Vec<&str> = rows.iter().filter_map(|row| row["what"].as_str()).collect();
    assert_eq!(names, ROWS);
    for row in rows {
        let (what, comparisons) = (&row["what"], row["comparisons"].as_array().unwrap());
        let ours = comparisons.iter().map(|comparison| &comparison["ours"]);
        let theirs = comparisons.iter().map(|comparison| &comparison["theirs"]);
        let all = ours.chain(theirs).chain(row["beside"].as_array().unwrap());
        let measured: Vec<&Value> = all.filter(|series| !series.is_null()).collect();
        assert!(!measured.is_empty(), "{what}");
        for series in measured {
            // Not a number is written as null.
            let values = series["values"].as_array().unwrap();
            assert!(!values.is_empty() && values.iter().all(Value::is_number), "{what}: {series}");
        }
        assert_eq!(row["judgements"].as_array().unwrap().len(), comparisons.len(), "{what}");
    }
    let table = std::fs::read_to_string(markdown).unwrap();
    for name in names {
        assert!(table.contains(name), "{name} is not in {table}");
    }
}
