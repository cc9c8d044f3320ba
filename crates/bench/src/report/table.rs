//! The report as text: for the terminal, and as a table for a document.

use std::fmt::{self, Write};

use crate::harness::contender::CpuShare;
use crate::report::comparison::{Comparison, Judgement, QUIET, Target, Verdict};
use crate::report::{Judged, Report};
use crate::stats::Series;

/// The report for the terminal.
pub struct Terminal<'a>(pub &'a Report);

/// The report as a table in Markdown.
pub struct Markdown<'a>(pub &'a Report);

impl fmt::Display for Terminal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.0;
        writeln!(f, "{}\n{}", machine(report), criterion())?;
        for row in &report.rows {
            writeln!(f, "\n{} (bench {})\n  {}", row.row.what, row.row.command, row.row.how)?;
            let lines: Vec<[String; 5]> = lines(row).collect();
            let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
            let [first, second] = [0, 1].map(|column| width(column).unwrap_or(0));
            for [ours, theirs, ratio, target, verdict] in &lines {
                writeln!(
                    f,
                    "  {ours:<first$}  {theirs:<second$}  {ratio:>5}  {target:<13}  {verdict}"
                )?;
            }
            for series in &row.row.beside {
                writeln!(f, "  beside: {}", told(series))?;
            }
            for line in cpu(&row.row.cpu) {
                writeln!(f, "  cpu: {line}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Markdown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.0;
        writeln!(f, "{}\n\n{}\n", machine(report), criterion())?;
        f.write_str(
            "| what | ours | against | ratio | target | verdict |\n|---|---|---|---|---|---|\n",
        )?;
        for row in &report.rows {
            let mut what = row.row.what;
            if let ([], [first, ..]) = (&row.row.comparisons[..], &row.row.beside[..]) {
                writeln!(f, "| {what} | {} | | | | |", told(first))?;
            }
            for [ours, theirs, ratio, target, verdict] in lines(row) {
                writeln!(f, "| {what} | {ours} | {theirs} | {ratio} | {target} | {verdict} |")?;
                what = "";
            }
        }
        Ok(())
    }
}

fn machine(report: &Report) -> String {
    let machine = &report.machine;
    let mut text = format!(
        "{} cores of {}, Linux {}, Redis {}; {} rounds. The machine's noise: {:.1} % (the middle half \
         of {} repeats of the same work), {:.1} % of its time was taken by others on the same hardware.",
        machine.cores,
        machine.processor,
        machine.kernel,
        machine.redis,
        report.rounds,
        100.0 * machine.noise,
        machine.looks.values.len(),
        100.0 * machine.stolen,
    );
    if !report.peers.is_empty() {
        // Writing to a text does not fail.
        let _ = write!(text, " Peers: {}.", report.peers.join(", "));
    }
    if report.quick {
        text.push_str(" All in miniature: no figure means anything.");
    }
    text
}

/// How it is decided that the machine was too noisy, in a sentence.
fn criterion() -> String {
    format!(
        "`noisy`: the middle half of the repeats, ours or the other's, lies further apart than {:.0} % of \
         the median, or there are fewer than three; then no ratio is told, and a verdict only where \
         all repeats agree.",
        100.0 * QUIET
    )
}

/// Ours, theirs, ratio, target and verdict of every comparison.
fn lines(row: &Judged) -> impl Iterator<Item = [String; 5]> {
    row.row.comparisons.iter().zip(&row.judgements).map(|(comparison, judgement)| {
        let Comparison { ours, theirs, target } = comparison;
        let Judgement { ratio, verdict, .. } = judgement;
        [
            told(ours),
            theirs.as_ref().map_or("a bound".to_owned(), told),
            match (ratio, theirs) {
                // The figure itself stands in the first column.
                (_, None) => String::new(),
                (None, Some(_)) => "noisy".to_owned(),
                (Some(ratio), Some(_)) => figure(*ratio),
            },
            match target {
                None => String::new(),
                Some(Target::AtLeast(least)) => format!("at least {}", figure(*least)),
                Some(Target::AtMost(most)) => format!("at most {}", figure(*most)),
            },
            match verdict {
                Verdict::Met => "met",
                Verdict::NotMet => "not met",
                Verdict::Noisy => "noisy",
                Verdict::NoTarget => "",
            }
            .to_owned(),
        ]
    })
}

/// A series as its name, its median, and how far apart its repeats were.
fn told(series: &Series) -> String {
    let Series { name, unit, .. } = series;
    let spread = match series.values.len() {
        0 | 1 => String::new(),
        _ => format!(" ±{:.0} %", 50.0 * series.spread()),
    };
    format!("{name} {} {unit}{spread}", figure(series.median()))
}

/// One line per contender: what share of a core each process used.
fn cpu(shares: &[CpuShare]) -> Vec<String> {
    let mut lines: Vec<(&str, String)> = Vec::new();
    for CpuShare { while_measuring, process, cores } in shares {
        let share = format!("{process} {:.0} %", 100.0 * cores);
        match lines.iter_mut().find(|(name, _)| name == while_measuring) {
            Some((_, line)) => *line = format!("{line}, {share}"),
            None => lines.push((while_measuring, share)),
        }
    }
    lines.into_iter().map(|(name, line)| format!("{name}: {line}")).collect()
}

/// A number with three digits that say something.
fn figure(number: f64) -> String {
    match number.abs() {
        0.0 => "0".to_owned(),
        large if large >= 100.0 => format!("{number:.0}"),
        medium if medium >= 10.0 => format!("{number:.1}"),
        small if small >= 0.1 => format!("{number:.2}"),
        _ => format!("{number:.4}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits() {
        let told = [0.0, 0.00123, 0.85, 9.876, 98.76, 987.6, 98_765.4].map(figure);
        assert_eq!(told, ["0", "0.0012", "0.85", "9.88", "98.8", "988", "98765"]);
    }

    #[test]
    fn shares_of_one_contender_are_on_one_line() {
        let share = |while_measuring: &str, process: &str| CpuShare {
            while_measuring: while_measuring.to_owned(),
            process: process.to_owned(),
            cores: 0.5,
        };
        let lines = cpu(&[share("us", "api"), share("hash", "hash"), share("us", "redis")]);
        assert_eq!(lines, ["us: api 50 %, redis 50 %", "hash: hash 50 %"]);
    }
}
