use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{ImagesUrl, StoreUrl};

fn from_toml(text: &str) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("photo.toml");
    std::fs::write(&file, text).unwrap();
    Config::load(&json!({}), Some(&file), &json!({}))
}

fn complaint(text: &str) -> String {
    from_toml(text).expect_err("this configuration is wrong").to_string()
}

#[test]
fn the_sample_file_loads_and_says_what_the_defaults_are() {
    let sample = include_str!("../../../../photo.sample.toml");
    let config = from_toml(sample).unwrap();
    let defaults = Config::default();
    assert_eq!(format!("{:?}", config.api), format!("{:?}", defaults.api));
    assert_eq!(format!("{:?}", config.callbacks), format!("{:?}", defaults.callbacks));
    assert_eq!(format!("{:?}", config.store), format!("{:?}", defaults.store));
    assert_eq!(format!("{:?}", config.images), format!("{:?}", defaults.images));
    assert_eq!(format!("{:?}", config.dispatcher), format!("{:?}", defaults.dispatcher));
    assert_eq!(format!("{:?}", config.model_defaults), format!("{:?}", defaults.model_defaults));
    assert_eq!(format!("{:?}", config.log), format!("{:?}", defaults.log));
    assert_eq!(format!("{:?}", config.photoctl), format!("{:?}", defaults.photoctl));
}

#[test]
fn every_commented_line_of_the_sample_loads_too() {
    // Lines that begin with "#" and no space are settings switched off.
    let sample = include_str!("../../../../photo.sample.toml");
    let all: Vec<_> = sample
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(setting) if !setting.starts_with([' ', '#']) => setting,
            _ => line,
        })
        .collect();
    assert!(all.iter().any(|line| line.starts_with("register_key")));
    from_toml(&all.join("\n")).unwrap();
}

#[test]
fn a_model_is_a_port_a_url_or_a_table() {
    let config = from_toml(
        "[models]\n\
         model_name = 5005\n\
         other = \"https://gpu-1:5006/\"\n\
         third = { urls = [\"http://a:1\", \"http://b:1\"], concurrency = 8, timeout = \"90s\" }\n",
    )
    .unwrap();
    let urls = |name: &str| -> Vec<String> {
        let settings = config.model(&name.parse().unwrap());
        settings.urls.iter().map(ToString::to_string).collect()
    };
    assert_eq!(urls("model_name"), ["http://localhost:5005"]);
    assert_eq!(urls("other"), ["https://gpu-1:5006"]);
    assert_eq!(urls("third"), ["http://a:1", "http://b:1"]);
    let third = config.model(&"third".parse().unwrap());
    assert_eq!((third.concurrency, third.timeout), (8, Duration::from_secs(90)));
    assert_eq!(third.max_attempts, ModelDefaults::default().max_attempts);
}

#[test]
fn a_model_with_an_address_takes_no_announcements_unless_it_says_so() {
    let config = from_toml(
        "[models]\n\
         port = 5005\n\
         url = \"http://h:1\"\n\
         table = { urls = [\"http://h:1\"], concurrency = 8 }\n\
         open = { url = \"http://h:1\", announce = true }\n\
         nowhere = { concurrency = 8 }\n\
         shut = { announce = false }\n",
    )
    .unwrap();
    let takes = |name: &str| config.model(&name.parse().unwrap()).takes_announcements;
    assert!(["port", "url", "table", "shut"].iter().all(|name| !takes(name)));
    assert!(["open", "nowhere", "not_configured"].iter().all(|name| takes(name)));
}

#[test]
fn an_unknown_key_is_named_with_its_nearest_neighbour() {
    let text = complaint("[api]\nlisten_on = \"127.0.0.1:1\"\n");
    assert!(text.contains("`api.listen_on`") && text.contains("`listen`?"), "{text}");
    let text = complaint("[apy]\n");
    assert!(text.contains("`apy`") && text.contains("`api`?"), "{text}");
    let text = complaint("[models]\nm = { ulr = \"http://h:1\" }\n");
    assert!(text.contains("ulr") && text.contains("`url`?"), "{text}");
}

#[test]
fn a_wrong_value_is_named_with_its_key() {
    for (text, key) in [
        ("[models]\nm = 70000\n", "models.m"),
        ("[models]\n\"bad name\" = 5\n", "a model name is"),
        ("[models]\nm = \"ftp://x\"\n", "models.m"),
        ("[store]\nurl = \"mysql://x\"\n", "store.url"),
        ("[store]\nprefix = \"a{b\"\n", "store.prefix"),
        ("[dispatcher]\nlease = 15\n", "dispatcher.lease"),
        ("[dispatcher]\nlease = \"0s\"\n", "dispatcher.lease"),
        ("[dispatcher]\nmax_in_flight = 0\n", "dispatcher.max_in_flight"),
        ("[dispatcher]\npriority_weights = [16, 0, 1]\n", "dispatcher.priority_weights"),
        ("[dispatcher]\npriority_weights = [1001, 4, 1]\n", "three whole numbers from 1 to 1000"),
        ("[dispatcher]\npriority_weights = [-1, 4, 1]\n", "three whole numbers from 1 to 1000"),
        ("[dispatcher]\npriority_weights = [16, 4]\n", "three whole numbers from 1 to 1000"),
        ("[dispatcher]\npriority_weights = \"high\"\n", "dispatcher.priority_weights"),
        ("[models]\nm = 0\n", "models.m"),
        ("[models]\nm = { port = 1, timeout = \"0s\" }\n", "models.m.timeout"),
        ("[model_defaults]\nhost = \"a b\"\n[models]\nm = 1\n", "http://a b:1"),
        ("[api]\nregister_key = \"\"\n", "api.register_key"),
        ("[callbacks]\nsecret = \"hunter2\"\n", "callbacks.secret"),
        ("[callbacks]\nallow = [\"http://a\"]\n", "callbacks.allow"),
        ("[api]\nmax_uploads = 0\n", "api.max_uploads"),
        ("[api]\nallowed_origins = [\"*\"]\n", "api.allowed_origins"),
        ("[api]\nallowed_hosts = [\"http://a\"]\n", "api.allowed_hosts"),
        ("[api]\nupload_patience = \"0s\"\n", "api.upload_patience"),
        ("[api]\nmax_image_bytes = \"1 Mega\"\n", "`api.max_image_bytes`: `1 Mega` is not a size"),
        ("[api]\nmax_spool_bytes = -1\n", "`api.max_spool_bytes`: -1 is not a size"),
        ("[dispatcher]\ndrain = 15\n", "is not a time: write it like"),
        ("[dispatcher]\ndrain = \"soon\"\n", "`dispatcher.drain`"),
        ("[models]\nmy model = 5005\n", "my model"),
        ("[models]\n\"my model\" = 5005\n", "my model"),
    ] {
        let complaint = complaint(text);
        assert!(complaint.contains(key), "{text}: {complaint}");
    }
}

#[test]
fn passwords_and_keys_are_never_printed() {
    let config = from_toml(
        "[store]\nurl = \"redis://user:hunter2@host:1/2\"\n[api]\nregister_key = \"hunter2\"\n",
    )
    .unwrap();
    assert!(!format!("{config:?} {}", config.store.url).contains("hunter2"));
    let wrong = complaint("[callbacks]\nsecret = \"hunter2\"\n");
    assert!(!wrong.contains("hunter2"), "{wrong}");
    for wrong in ["rediss:hunter2", "redis://user:12/hunter2@host:1"] {
        let complaint = complaint(&format!("[store]\nurl = \"{wrong}\"\n"));
        assert!(complaint.contains("store.url") && !complaint.contains("hunter2"), "{complaint}");
    }
}

#[test]
fn a_key_of_digits_is_a_key() {
    let config = from_toml("[api]\nregister_key = 123456\n").unwrap();
    assert_eq!(config.api.register_key.unwrap().reveal(), "123456");
}

#[test]
fn a_wrong_flag_is_not_told_by_a_line_of_our_source() {
    let flags = json!({"dispatcher": {"drain": "soon"}});
    let error = Config::load(&json!({}), None, &flags).expect_err("no time").to_string();
    assert!(error.contains("(in the flags)") && !error.contains(".rs"), "{error}");
}

#[test]
fn a_variable_with_one_underscore_too_few_is_refused_and_others_are_left_alone() {
    let check = |name: &str| environment::check([(name.into(), "1".into())].into_iter());
    let error = check("PHOTO_API_LISTEN").expect_err("it would set nothing");
    assert!(error.contains("PHOTO_API_LISTEN") && error.contains("PHOTO_API__LISTEN"), "{error}");
    let error = check("PHOTO_MODEL_DEFAULTS_MAX_ATTEMPTS").expect_err("it would set nothing");
    assert!(error.contains("PHOTO_MODEL_DEFAULTS__MAX_ATTEMPTS"), "{error}");
    for fine in ["PHOTO_API__LISTEN", "PHOTO_API_PORT", "PHOTO_CONFIG", "PHOTO_SERVER", "LISTEN"] {
        assert_eq!(check(fine), Ok(()), "{fine}");
    }
}

#[test]
fn flags_win_over_the_file_and_the_file_over_the_base() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("photo.toml");
    std::fs::write(&file, "[api]\nlisten = \"file:1\"\n[images]\nurl = \"file:from-file\"\n")
        .unwrap();
    let base = json!({"api": {"listen": "base:1"}, "store": {"url": "sqlite:base.db"}});
    let flags = json!({"api": {"listen": "flag:1"}});
    let config = Config::load(&base, Some(&file), &flags).unwrap();
    assert_eq!(config.api.listen, "flag:1");
    assert_eq!(config.images.url, ImagesUrl::File("from-file".into()));
    assert_eq!(config.store.url, StoreUrl::Sqlite("base.db".into()));
}

#[test]
fn a_file_that_was_asked_for_must_be_there() {
    let missing = Path::new("no-such-file.toml");
    let error = Config::load(&json!({}), Some(missing), &json!({})).unwrap_err();
    assert!(error.to_string().contains("no-such-file.toml"));
}

proptest! {
    #[test]
    fn service_urls_print_as_they_parse(text in "(https?://)?[a-z0-9:/@?#.-]{0,30}") {
        if let Ok(url) = text.parse::<ServiceUrl>() {
            prop_assert_eq!(url.to_string().parse::<ServiceUrl>(), Ok(url.clone()));
            prop_assert!(!url.as_str().ends_with('/'));
        }
    }

    #[test]
    fn a_service_url_that_grows_as_it_is_kept_reads_back(path in "[{ä/.]{0,300}") {
        if let Ok(url) = format!("http://h/{path}").parse::<ServiceUrl>() {
            prop_assert_eq!(url.to_string().parse::<ServiceUrl>(), Ok(url.clone()));
        }
    }

    #[test]
    fn any_file_is_read_or_refused_without_a_panic(text in "(\\[[a-z_]{1,8}\\]\n)?[a-z_]{1,8} = .{0,20}") {
        let _ = from_toml(&text);
    }
}
