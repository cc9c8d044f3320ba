//! `photoctl models`: what can be asked for.

use super::context::Context;
use super::queues::{NOT_REACHED, state};
use crate::client::{Models, Queues};
use crate::ending::{Ending, Trouble};
use crate::output::{Column, Row, Table, TableArgs};
use crate::text::{count, printable};

/// List the models, their queues and endpoints
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    form: TableArgs,
}

pub(crate) async fn run(args: Args, context: &Context) -> Result<Ending, Trouble> {
    let server = context.server()?;
    let document = server.document("/models", &[]).await?;
    if args.form.is_json() {
        super::print_document(context, &document)?;
        return Ok(Ending::Done);
    }
    let models: Models = server.read_document(&document)?;
    if models.models.is_empty() {
        context.reporter.say("no models are known: start one, or name it in the configuration");
    }
    let queues = server.document("/queues", &[]).await?;
    let queues: Queues = server.read_document(&queues)?;
    let rows = models.models.iter().map(|name| {
        let Some(detail) = models.details.get(name) else { return vec![name.to_string()] };
        let state = match &detail.hold {
            Some(hold) => format!("waits: {}", printable(&hold.message)),
            None if detail.endpoints.is_empty() => "no service has announced itself".to_owned(),
            None => match queues.models.iter().find(|queue| queue.model == *name) {
                Some(queue) => state(queue, &queues),
                None => NOT_REACHED.to_owned(),
            },
        };
        let counts = [detail.queued, detail.running, detail.waiting, detail.failed].map(count);
        [vec![name.to_string()], counts.to_vec(), vec![state]].concat()
    });
    let rows: Vec<Row> = rows.map(Row::from).collect();
    let mut table = Table::new(&[
        Column::name("MODEL"),
        Column::value("QUEUED", "QUEUED"),
        Column::value("RUNNING", "RUN"),
        Column::value("WAITING", "WAIT"),
        Column::value("FAILED", "FAILED"),
        Column::text("STATE"),
    ]);
    context.reporter.print(|output| table.write(output, &rows))?;
    Ok(Ending::Done)
}
