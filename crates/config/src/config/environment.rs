//! Settings in the environment: `PHOTO_<SECTION>__<KEY>`.

use std::ffi::OsString;

use figment::providers::Env;

use super::Config;

const PREFIX: &str = "PHOTO_";

/// What the environment sets.
///
/// Variables without two underscores are somebody else's: an orchestrator may set `PHOTO_API_PORT`
/// for a service of that name.
pub(super) fn provider() -> Env {
    Env::prefixed(PREFIX).filter(|key| key.as_str().contains("__")).split("__")
}

/// Refuses variables that name a setting but for one of the two underscores, such as
/// `PHOTO_API_LISTEN`: they would set nothing, silently.
pub(super) fn check(variables: impl Iterator<Item = (OsString, OsString)>) -> Result<(), String> {
    let settings = settings();
    let mistaken = variables.filter_map(|(name, _)| {
        let name = name.into_string().ok()?;
        let right = settings.iter().find(|right| right.replace("__", "_") == name)?;
        Some(format!(
            "{name} sets nothing: section and key have two underscores between them, {right}"
        ))
    });
    let lines: Vec<String> = mistaken.collect();
    if lines.is_empty() { Ok(()) } else { Err(lines.join("\n")) }
}

/// The variables of all settings that have a name of their own, which a model has not.
fn settings() -> Vec<String> {
    let sections = serde_json::to_value(Config::default()).unwrap_or_default();
    let sections = sections.as_object().into_iter().flatten();
    let keys = sections.filter_map(|(section, keys)| Some((section, keys.as_object()?)));
    let names = keys.flat_map(|(section, keys)| {
        keys.keys().map(move |key| format!("{PREFIX}{section}__{key}").to_uppercase())
    });
    names.collect()
}
