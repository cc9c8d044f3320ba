use std::fmt::Write;
use std::sync::Arc;

use photo_config::PhotoctlConfig;
use photo_tests::http;
use serde::Deserialize;
use serde_json::json;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

use super::*;
use crate::client::Patience;
use crate::reporter::Reporter;

/// Somebody who follows these images, and is told that all of them are done when we say so.
struct Follower {
    images: Vec<ImageKey>,
    finish: oneshot::Sender<()>,
}

#[derive(Deserialize)]
struct Question {
    images: Vec<ImageKey>,
}

/// A server that passes on everybody who follows something.
async fn serve(followers: mpsc::UnboundedSender<Follower>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, followers.clone()));
        }
    });
    let config = PhotoctlConfig { server, ..PhotoctlConfig::default() };
    Server::new(&config, Patience::none(), Arc::new(Reporter::new(true, false))).unwrap()
}

async fn answer(stream: TcpStream, followers: mpsc::UnboundedSender<Follower>) {
    let mut connection = BufReader::new(stream);
    let Ok(Some(request)) = http::read(&mut connection).await else { return };
    let images = serde_json::from_slice::<Question>(&request.body).unwrap().images;
    let (finish, finished) = oneshot::channel();
    followers.send(Follower { images: images.clone(), finish }).ok();
    finished.await.ok();
    let mut text = "HTTP/1.1 200 .\r\nconnection: close\r\n\r\n".to_owned();
    for (number, image) in images.iter().enumerate() {
        let view = json!({"image": image, "status": "SUCCEEDED"});
        write!(text, "event: image\nid: {number}\ndata: {view}\n\n").unwrap();
    }
    // Whoever is gone does not want to know.
    connection.write_all(text.as_bytes()).await.ok();
}

fn key(number: u8) -> ImageKey {
    ImageKey::from_bytes([number; 16])
}

#[tokio::test]
async fn images_that_take_long_do_not_keep_others_from_being_followed() {
    let places = u8::try_from(MOST_GROUPS).unwrap();
    let (followers_to, mut followers) = mpsc::unbounded_channel();
    let server = serve(followers_to).await;
    let rule = Rule { models: Vec::new(), unknown: Unknown::Waits };
    let (to_follow, images) = mpsc::unbounded_channel();
    let (news_to, mut news) = mpsc::channel(100);
    let following = follow(&server, &rule, images, news_to);
    let asking = async {
        let mut first = Vec::new();
        for number in 0..places {
            to_follow.send(key(number)).unwrap();
            let follower = followers.recv().await.unwrap();
            assert_eq!(follower.images, [key(number)]);
            first.push(follower);
        }
        // Another one has no place of its own.
        to_follow.send(key(places)).unwrap();
        let joined = followers.recv().await.unwrap();
        assert_eq!(joined.images.len(), 2);
        assert!(joined.images.contains(&key(places)));
        joined.finish.send(()).unwrap();
        let mut told = Vec::new();
        let mut hear = async |count: usize| {
            for _ in 0..count {
                let Some(News::Settled(view)) = news.recv().await else { panic!("not settled") };
                told.push(view.image);
            }
        };
        hear(2).await;
        for follower in first {
            // One of them was taken apart, and nobody hears this.
            follower.finish.send(()).ok();
        }
        drop(to_follow);
        hear(usize::from(places) - 1).await;
        told.sort();
        assert_eq!(told, (0..=places).map(key).collect::<Vec<_>>());
    };
    let (followed, ()) = tokio::join!(following, asking);
    followed.unwrap();
    assert!(news.recv().await.is_none(), "each is told once");
}
