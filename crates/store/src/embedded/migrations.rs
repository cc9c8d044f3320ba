//! The schema of the store's file, as the ordered steps that lead to it.
//!
//! The file carries its version as SQLite's `user_version`. A new file takes every step, an older
//! one those that it lacks, each in a transaction of its own that also writes the version: whatever
//! stops the process, the file is of one version or the next. Steps are never changed once they are
//! released; a change of the tables is one more file and one more line here.

use std::path::Path;

use photo_core::ports::StoreError;
use rusqlite::{Connection, TransactionBehavior};
use tracing::info;

use super::failure::explain_opening;

/// What makes the tables of `version` from those of the version before.
struct Migration {
    version: i64,
    sql: &'static str,
}

/// In order, without a gap. The first makes the tables of an empty file.
const MIGRATIONS: [Migration; 2] = [
    Migration { version: 3, sql: include_str!("migrations/0003_tables.sql") },
    Migration {
        version: 4,
        sql: include_str!("migrations/0004_announcements_and_forgotten_models.sql"),
    },
];

const OLDEST: i64 = MIGRATIONS[0].version;
const NEWEST: i64 = MIGRATIONS[MIGRATIONS.len() - 1].version;

/// Returns the version of the tables in `file`, `None` if there are none yet. Fails, and changes
/// nothing, if they are not ours or of a version that is not read here.
pub(super) fn check(connection: &Connection, file: &Path) -> Result<Option<i64>, StoreError> {
    let number = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let failed = |error| explain_opening(file, error);
    let tables = number("SELECT count(*) FROM sqlite_schema").map_err(failed)?;
    let version = number("PRAGMA user_version").map_err(failed)?;
    let file = file.display();
    match version {
        0 if tables == 0 => Ok(None),
        0 => Err(StoreError::Corrupt(format!("{file} is a database of another program"))),
        OLDEST..=NEWEST => Ok(Some(version)),
        version if version > NEWEST => Err(StoreError::Corrupt(format!(
            "{file} was written by a newer release: it has schema version {version}, and this \
             program reads versions {OLDEST} to {NEWEST}. Start that release, or a later one; to \
             go back to this one, put back the copy of the file from before the upgrade"
        ))),
        version => Err(StoreError::Corrupt(format!(
            "{file} was written by an older release: it has schema version {version}, and this \
             program reads versions {OLDEST} to {NEWEST}. Start a release in between once, which \
             brings the file to a version that this program reads"
        ))),
    }
}

/// Brings the tables in `file` from the version that [`check`] found to the newest.
pub(super) fn migrate(
    connection: &mut Connection,
    file: &Path,
    from: Option<i64>,
) -> Result<(), StoreError> {
    let missing = MIGRATIONS.iter().filter(|step| from.is_none_or(|from| from < step.version));
    for step in missing {
        apply(connection, step).map_err(|error| explain_opening(file, error))?;
        if from.is_some() {
            info!(file = %file.display(), version = step.version, "the schema was migrated");
        }
    }
    Ok(())
}

/// Takes one step whole, or not at all.
fn apply(connection: &mut Connection, step: &Migration) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(step.sql)?;
    transaction.pragma_update(None, "user_version", step.version)?;
    transaction.commit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_are_in_order_and_without_a_gap() {
        let versions: Vec<i64> = MIGRATIONS.iter().map(|step| step.version).collect();
        assert_eq!(versions, (OLDEST..=NEWEST).collect::<Vec<_>>());
    }

    #[test]
    fn a_step_that_fails_half_way_leaves_the_version_before() {
        let file = Path::new("jobs.db");
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, file, None).unwrap();
        let broken = Migration { version: NEWEST + 1, sql: "CREATE TABLE a (b); SELECT nothing" };
        apply(&mut connection, &broken).unwrap_err();
        assert_eq!(check(&connection, file).unwrap(), Some(NEWEST));
        let tables = "SELECT count(*) FROM sqlite_schema WHERE name = 'a'";
        assert_eq!(connection.query_row(tables, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
    }
}
