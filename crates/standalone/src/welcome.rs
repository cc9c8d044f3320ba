//! What a person sees who started the program for the first time.

use std::net::SocketAddr;

use photo_core::config::Config;

/// Says on standard output what is served where, and what to try.
pub(crate) fn show(config: &Config, address: SocketAddr) {
    let names: Vec<String> = config.models.keys().map(ToString::to_string).collect();
    let fields: Vec<String> =
        names.iter().take(2).map(|name| format!("-F models={name}")).collect();
    println!("PhotoAnalysisServer is listening on http://{address}");
    println!("  Open it in a browser, and drop photos there.");
    println!(
        "  models   {}",
        if names.is_empty() { "none yet".to_owned() } else { names.join(", ") }
    );
    println!("  jobs     {}", config.store.url);
    println!("  photos   {}", config.images.url);
    println!();
    println!("Try it:");
    println!("  curl -F images=@photo.jpg {} http://{address}/predict", fields.join(" "));
    println!("  curl http://{address}/predict/$(md5sum < photo.jpg | cut -c1-32)");
}
