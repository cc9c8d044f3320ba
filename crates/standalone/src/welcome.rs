//! What a person sees who started the program for the first time.

use std::net::SocketAddr;

use photo_config::Config;
use photo_config::program;

/// Says on standard output what is served where, and what to try. It is a greeting: a server whose
/// standard output cannot be written runs all the same, and says so in its log.
pub(crate) fn show(config: &Config, address: SocketAddr) {
    if let Err(error) = program::print(&greeting(config, address)) {
        tracing::warn!(%error, "the greeting cannot be written to standard output");
    }
}

fn greeting(config: &Config, address: SocketAddr) -> String {
    let names: Vec<String> = config.models.keys().map(ToString::to_string).collect();
    let models = if names.is_empty() { "none yet".to_owned() } else { names.join(", ") };
    let fields: Vec<String> =
        names.iter().take(2).map(|name| format!("-F models={name}")).collect();
    format!(
        "PhotoAnalysisServer is listening on http://{address}\n  \
           Open it in a browser, and drop photos there.\n  \
           models   {models}\n  \
           jobs     {jobs}\n  \
           photos   {photos}\n\n\
         Try it:\n  \
           curl -F images=@photo.jpg {fields} http://{address}/predict\n  \
           curl http://{address}/predict/$(md5sum < photo.jpg | cut -c1-32)\n",
        fields = fields.join(" "),
        jobs = config.store.url,
        photos = config.images.url,
    )
}
