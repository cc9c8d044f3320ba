//! `photoctl failures`: what failed, and of what.

use photo_core::ModelName;

use super::context::Context;
use crate::client::Failures;
use crate::ending::{Ending, Trouble};
use crate::output::{Column, Row, Table, TableArgs};
use crate::text::{count, printable};

/// List failed jobs, grouped by model and reason
///
/// `photoctl retry` queues them again.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only failures of this model
    #[arg(short, long, value_name = "MODEL")]
    model: Option<ModelName>,

    /// How many of the newest failures are written one by one, in JSON
    #[arg(long, value_name = "COUNT")]
    limit: Option<u64>,

    #[command(flatten)]
    form: TableArgs,
}

pub(crate) async fn run(args: Args, context: &Context) -> Result<Ending, Trouble> {
    let server = context.server()?;
    let mut query = Vec::new();
    query.extend(args.model.map(|model| ("model", model.to_string())));
    query.extend(args.limit.map(|limit| ("limit", limit.to_string())));
    let document = server.document("/failures", &query).await?;
    if args.form.is_json() {
        super::print_document(context, &document)?;
        return Ok(Ending::Done);
    }
    let failures: Failures = server.read_document(&document)?;
    if failures.groups.is_empty() {
        context.reporter.say("nothing has failed");
        return Ok(Ending::Done);
    }
    let rows = failures.groups.iter().map(|group| {
        let example = group.images.first().map(ToString::to_string).unwrap_or_default();
        vec![
            group.model.to_string(),
            count(group.count),
            group.latest_at.to_string().get(..19).unwrap_or_default().replace('T', " "),
            printable(&group.reason).into_owned(),
            example,
        ]
    });
    let rows: Vec<Row> = rows.map(Row::from).collect();
    let mut table = Table::new(&[
        Column::name("MODEL"),
        Column::value("FAILED", "FAILED"),
        Column::value("LATEST (UTC)", "LATEST (UTC)"),
        Column::text("REASON"),
        Column::text("FOR EXAMPLE"),
    ]);
    context.reporter.print(|output| table.write(output, &rows))?;
    if failures.truncated {
        context.reporter.say("there are more than these; only the newest were looked at");
    }
    Ok(Ending::Done)
}
