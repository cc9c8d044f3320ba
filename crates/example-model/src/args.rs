//! The flags.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, ensure};
use bytesize::ByteSize;
use clap::{Parser, ValueEnum};
use example_model::{Announcement, Generation, Measurement, Options};
use url::Url;

/// A model service that measures photos.
///
/// Start it, then send it a photo:
///
///     example-model --model sharpness --listen 127.0.0.1:5005
///     curl -F image_file=@photo.jpg http://127.0.0.1:5005/predict
///
/// The models:
///
///     image_shape       width, height, megapixels, format
///     average_color     r, g, b and hex, of the light of all pixels
///     sharpness         the variance of the Laplacian; larger is sharper
///     perceptual_hash   64 bits that photos which look alike have in common
///     noop              reads the photo, does not decode it, answers at once
///
/// With --announce it announces itself to a server again and again; otherwise name it in the
/// server's configuration. It accepts JPEG, PNG, WebP, GIF, TIFF and BMP. It holds at most
/// --concurrency photos, each as a file (--max-bytes) and decoded (--max-pixels, 3 bytes each for
/// most photos).
#[derive(Parser)]
#[command(version, verbatim_doc_comment)]
pub(crate) struct Args {
    /// The model to run, one of those above
    #[arg(long, value_name = "NAME", required_unless_present = "noop")]
    model: Option<Measurement>,

    /// The model's name when it announces itself [default: the --model]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// Answer at once without decoding photos, under the model's name
    #[arg(long)]
    noop: bool,

    /// Where to listen; port 0 takes a free port, which the log names
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:5005")]
    pub(crate) listen: String,

    /// How photos arrive: in the request, or by name in the folder --images
    #[arg(long, value_enum, default_value_t = GenerationArg::Multipart)]
    generation: GenerationArg,

    /// The folder that the server stores photos in, for --generation filename
    #[arg(long, value_name = "FOLDER", required_if_eq("generation", "filename"))]
    images: Option<PathBuf>,

    /// Announce the model to the server at this address
    #[arg(long, value_name = "http://HOST:PORT", value_parser = parse_http)]
    announce: Option<Url>,

    /// Where the server reaches this service [default: where it listens]
    #[arg(long, value_name = "http://HOST:PORT", value_parser = parse_http, requires = "announce")]
    announce_as: Option<Url>,

    /// How often to announce it
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = humantime::parse_duration)]
    announce_every: Duration,

    /// The key that the server demands of models that announce themselves
    #[arg(long, value_name = "KEY", env = "EXAMPLE_MODEL_API_KEY", hide_env_values = true)]
    api_key: Option<String>,

    /// Answer "not ready" for this long first, like a model that loads
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = humantime::parse_duration)]
    ready_after: Duration,

    /// Take this long for each photo, like a slow model
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = humantime::parse_duration)]
    delay: Duration,

    /// Answer this part of the photos with 500, from 0 to 1
    #[arg(long, value_name = "RATE", default_value = "0", value_parser = parse_rate)]
    fail_rate: f64,

    /// The most pixels of one photo, by its header
    #[arg(long, value_name = "COUNT", default_value_t = Options::default().max_pixels)]
    max_pixels: u64,

    /// The most bytes of one photo
    #[arg(long, value_name = "SIZE", default_value = "100MiB")]
    max_bytes: ByteSize,

    /// How many photos to process at once [default: one per processor]
    #[arg(long, value_name = "COUNT")]
    concurrency: Option<NonZeroUsize>,

    /// What to log: error, warn, info, debug, trace, or a filter by module
    #[arg(long, value_name = "FILTER", default_value = "info,actix_server=warn")]
    pub(crate) log: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum GenerationArg {
    Multipart,
    Filename,
}

impl Args {
    /// The name that the model announces.
    pub(crate) fn name(&self) -> &str {
        let model = self.model.unwrap_or(Measurement::Noop);
        self.name.as_deref().unwrap_or(model.name())
    }

    /// What the flags say about the service.
    pub(crate) fn options(&self) -> anyhow::Result<Options> {
        let chosen = self.model.filter(|_| !self.noop);
        let generation = match (self.generation, &self.images) {
            (GenerationArg::Multipart, _) => Generation::Multipart,
            (GenerationArg::Filename, images) => {
                let images = images.clone().context("--generation filename wants --images")?;
                Generation::Filename { images }
            }
        };
        let default = Options::default();
        Ok(Options {
            measurement: chosen.unwrap_or(Measurement::Noop),
            generation,
            ready_after: self.ready_after,
            delay: self.delay,
            fail_rate: self.fail_rate,
            max_pixels: self.max_pixels,
            max_bytes: usize::try_from(self.max_bytes.as_u64()).context("--max-bytes")?,
            concurrency: self.concurrency.unwrap_or(default.concurrency),
        })
    }

    /// What to announce, if anything, of a service that listens on `address`.
    pub(crate) fn announcement(&self, address: SocketAddr) -> anyhow::Result<Option<Announcement>> {
        let Some(server) = self.announce.clone() else { return Ok(None) };
        let socket = if let Some(socket) = &self.announce_as {
            socket.clone()
        } else {
            ensure!(
                !address.ip().is_unspecified(),
                "a service that listens on every address ({address}) does not know by which one \
                 the server reaches it: say it with --announce-as http://HOST:{}",
                address.port()
            );
            Url::parse(&format!("http://{address}"))?
        };
        Ok(Some(Announcement {
            server,
            name: self.name().to_owned(),
            socket,
            api_key: self.api_key.clone(),
            every: self.announce_every,
        }))
    }
}

fn parse_http(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|e| e.to_string())?;
    if url.scheme() == "http" { Ok(url) } else { Err("expected http://HOST:PORT".to_owned()) }
}

fn parse_rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|_| "expected a number from 0 to 1".to_owned())?;
    if (0.0..=1.0).contains(&rate) { Ok(rate) } else { Err("must be from 0 to 1".to_owned()) }
}
