//! A part of a stored photo.

use photo_tests::photos::bmp;
use reqwest::header::HeaderMap;
use reqwest::{Response, StatusCode};

use crate::app::{App, form, json_of, md5, problem};

async fn ask(app: &App, headers: &[(&str, &str)]) -> Response {
    let request = app.client.get(format!("{}/images/{}", app.url, md5(&bmp(1))));
    let request =
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.send().await.unwrap()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap())
}

#[actix_web::test]
async fn a_range_of_a_photo_is_given_out_and_one_behind_its_end_refused() {
    let app = App::start();
    let photo = bmp(1);
    let length = photo.len();
    json_of(
        app.predict(form(std::slice::from_ref(&photo), &["sharpness"])).await,
        StatusCode::ACCEPTED,
    )
    .await;
    let whole = ask(&app, &[]).await;
    assert_eq!(text(whole.headers(), "accept-ranges"), Some("bytes"));
    let tag = text(whole.headers(), "etag").unwrap().to_owned();

    for (range, first, last) in [
        ("bytes=0-9".to_owned(), 0, 9),
        ("bytes=10-".to_owned(), 10, length - 1),
        ("bytes=-7".to_owned(), length - 7, length - 1),
        (format!("bytes=5-{}", length * 2), 5, length - 1),
    ] {
        for headers in [&[("range", &*range)][..], &[("range", &range), ("if-range", &tag)]] {
            let answer = ask(&app, headers).await;
            assert_eq!(answer.status(), StatusCode::PARTIAL_CONTENT, "{headers:?}");
            let said = text(answer.headers(), "content-range").unwrap();
            assert_eq!(said, format!("bytes {first}-{last}/{length}"));
            assert_eq!(text(answer.headers(), "etag"), Some(&*tag));
            assert_eq!(answer.bytes().await.unwrap(), photo[first..=last], "{headers:?}");
        }
    }
    for headers in [
        &[("range", "bytes=0-1,5-9")][..],
        &[("range", "lines=1-2")],
        &[("range", "bytes=0-9"), ("if-range", "\"another\"")],
    ] {
        let answer = ask(&app, headers).await;
        assert_eq!(answer.status(), StatusCode::OK, "{headers:?}");
        assert_eq!(answer.bytes().await.unwrap(), photo, "{headers:?}");
    }
    let behind = ask(&app, &[("range", &format!("bytes={length}-"))]).await;
    let said = text(behind.headers(), "content-range").unwrap();
    assert_eq!(said, format!("bytes */{length}"));
    problem(behind, StatusCode::RANGE_NOT_SATISFIABLE).await;
    let known = ask(&app, &[("range", "bytes=0-9"), ("if-none-match", &tag)]).await;
    assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
}
