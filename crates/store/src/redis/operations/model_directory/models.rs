//! Listing the models that are known.

use std::net::IpAddr;

use photo_core::UnixMillis;
use photo_core::job::{KnownEndpoint, KnownModel};
use photo_core::ports::StoreError;

use crate::redis::RedisJobStore;
use crate::redis::codec::outcome::parse_error;
use crate::redis::codec::record::parse_model;
use crate::redis::error::unexpected;

/// What the script answers per model: its name, its endpoints, its classes, its hold, and where the
/// endpoints were announced from.
type PackedModel = (String, Vec<String>, Vec<u8>, Vec<u8>, Vec<Vec<u8>>);

/// Lists all models of which something was announced, by name.
pub(crate) async fn models(store: &RedisJobStore) -> Result<Vec<KnownModel>, StoreError> {
    let (answers, forgotten): (Vec<PackedModel>, Vec<String>) =
        store.beat.run(&store.call(&store.scripts.models)).await?;
    let mut models =
        answers.into_iter().map(unpack_model).collect::<Result<Vec<_>, StoreError>>()?;
    for name in forgotten {
        models.push(KnownModel::forgotten(parse_model(&name)?));
    }
    models.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(models)
}

fn unpack_model(packed: PackedModel) -> Result<KnownModel, StoreError> {
    let (name, endpoints, classes, hold, origins) = packed;
    let endpoints = endpoints.into_iter().zip(&origins);
    let mut endpoints: Vec<_> = endpoints.map(|(url, from)| unpack_endpoint(url, from)).collect();
    endpoints.sort_unstable_by(|one, other| one.url.cmp(&other.url));
    let given = |json: Vec<u8>| (!json.is_empty()).then_some(json);
    let classes = given(classes)
        .map(|json| serde_json::from_slice(&json).map_err(|_| unexpected("a model's classes")))
        .transpose()?;
    let hold = given(hold).map(|json| parse_error(&json)).transpose()?;
    Ok(KnownModel { name: parse_model(&name)?, endpoints, classes, hold, forgotten: false })
}

/// An endpoint with the time in milliseconds and the address that stand beside it, if they do.
fn unpack_endpoint(url: String, origin: &[u8]) -> KnownEndpoint {
    let (mut since, mut from) = (None, None);
    if let Some((time, address)) = origin.split_first_chunk::<6>() {
        let mut millis = [0; 8];
        millis[2..].copy_from_slice(time);
        since = Some(UnixMillis(u64::from_be_bytes(millis)));
        from = std::str::from_utf8(address).ok().and_then(|it| it.parse::<IpAddr>().ok());
    }
    KnownEndpoint { url, from, since }
}
