//! Which site a request comes from, as the browser that sends it says.

use std::borrow::Cow;

use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::{HOST, HeaderMap, ORIGIN, REFERER};
use url::Url;

/// Set by browsers and never by pages (W3C Fetch Metadata), where the server is on loopback or has
/// TLS.
const SITE_HEADER: &str = "sec-fetch-site";
const MODE_HEADER: &str = "sec-fetch-mode";
const DESTINATION_HEADER: &str = "sec-fetch-dest";

/// What people open by a link, without a slash at its end.
const PAGES: [&str; 2] = ["", "/docs"];

/// Where a request comes from.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum RequestOrigin<'a> {
    /// A program, the server's own page, or a person.
    Own,
    /// A page of another site, of this origin if that is known.
    Other(Option<Cow<'a, str>>),
}

/// Tells where a request comes from by its head.
pub(super) fn caller(headers: &HeaderMap) -> RequestOrigin<'_> {
    let origin = text(headers, ORIGIN.as_str());
    match text(headers, SITE_HEADER) {
        // A proxy may have changed `Host`, so that `Origin` says less than this.
        Some("same-origin" | "none") => RequestOrigin::Own,
        // An image or a script of a page comes without `Origin`.
        Some(_) => RequestOrigin::Other(origin.map(Cow::Borrowed).or_else(|| referer(headers))),
        None => match origin {
            Some(origin) if !is_own(origin, text(headers, HOST.as_str())) => {
                RequestOrigin::Other(Some(Cow::Borrowed(origin)))
            }
            _ => RequestOrigin::Own,
        },
    }
}

/// Whether a person follows a link to a page made for people.
pub(super) fn opens_a_page(request: &ServiceRequest) -> bool {
    let headers = request.headers();
    matches!(*request.method(), Method::GET | Method::HEAD)
        && text(headers, MODE_HEADER) == Some("navigate")
        && text(headers, DESTINATION_HEADER) == Some("document")
        && PAGES.contains(&request.path().trim_end_matches('/'))
}

/// Whether an origin is that of a request to this host. Whether the browser spoke TLS to a proxy is
/// not known here.
fn is_own(origin: &str, host: Option<&str>) -> bool {
    let (authority, port) = match (origin.strip_prefix("http://"), origin.strip_prefix("https://"))
    {
        (Some(authority), _) => (authority, ":80"),
        (_, Some(authority)) => (authority, ":443"),
        (None, None) => return false,
    };
    host.is_some_and(|host| host.strip_suffix(port).unwrap_or(host).eq_ignore_ascii_case(authority))
}

fn referer(headers: &HeaderMap) -> Option<Cow<'_, str>> {
    let url = Url::parse(text(headers, REFERER.as_str())?).ok()?;
    Some(Cow::Owned(url.origin().ascii_serialization()))
}

/// Returns a header's value. A value that is not text is treated like any unknown text.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn asks(headers: &[(&str, &str)]) -> Result<(), Option<String>> {
        let request = headers
            .iter()
            .fold(TestRequest::get(), |request, header| request.insert_header(*header));
        match caller(request.to_srv_request().headers()) {
            RequestOrigin::Own => Ok(()),
            RequestOrigin::Other(origin) => Err(origin.map(Cow::into_owned)),
        }
    }

    #[test]
    fn programs_and_the_servers_own_page_are_not_from_elsewhere() {
        for headers in [
            &[][..],
            &[("host", "localhost:5000")],
            &[("host", "localhost:5000"), ("origin", "http://localhost:5000")],
            &[("host", "LOCALHOST:5000"), ("origin", "http://localhost:5000")],
            &[("host", "photos.example.org"), ("origin", "https://photos.example.org")],
            &[("host", "photos.example.org:443"), ("origin", "https://photos.example.org")],
            &[("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "none")],
            // A proxy that does not pass `Host` on.
            &[
                ("host", "127.0.0.1:5000"),
                ("origin", "https://photos.example.org"),
                ("sec-fetch-site", "same-origin"),
            ],
        ] {
            assert_eq!(asks(headers), Ok(()), "{headers:?}");
        }
    }

    #[test]
    fn what_a_browser_marks_as_from_elsewhere_is_told_with_its_origin() {
        for (headers, origin) in [
            (&[("sec-fetch-site", "cross-site")][..], None),
            (&[("sec-fetch-site", "same-site")], None),
            (&[("sec-fetch-site", "what comes next")], None),
            (
                &[("host", "localhost:5000"), ("origin", "http://localhost:3000")],
                Some("http://localhost:3000"),
            ),
            (
                &[("host", "localhost:5000"), ("origin", "http://localhost")],
                Some("http://localhost"),
            ),
            (&[("host", "localhost:5000"), ("origin", "null")], Some("null")),
            (&[("origin", "http://localhost:5000")], Some("http://localhost:5000")),
            (
                &[("sec-fetch-site", "same-site"), ("referer", "http://localhost:3000/a?b")],
                Some("http://localhost:3000"),
            ),
            (
                &[
                    ("host", "localhost:5000"),
                    ("sec-fetch-site", "cross-site"),
                    ("origin", "https://evil.example"),
                    ("referer", "http://localhost:5000/"),
                ],
                Some("https://evil.example"),
            ),
        ] {
            assert_eq!(asks(headers), Err(origin.map(str::to_owned)), "{headers:?}");
        }
    }

    #[test]
    fn a_link_opens_what_is_made_for_people_and_nothing_else() {
        let link = |path: &str, changed: (&str, &str)| {
            let request = TestRequest::with_uri(path)
                .insert_header(("sec-fetch-mode", "navigate"))
                .insert_header(("sec-fetch-dest", "document"))
                .insert_header(changed);
            opens_a_page(&request.to_srv_request())
        };
        let plain = ("sec-fetch-site", "cross-site");
        assert!(link("/", plain) && link("/?a=b", plain) && link("/docs", plain));
        assert!(link("/docs/", plain), "which leads there");
        assert!(!link("/events", plain) && !link("/images/0", plain));
        assert!(!link("/", ("sec-fetch-dest", "iframe")));
        assert!(!link("/", ("sec-fetch-mode", "no-cors")));
        let post = TestRequest::post()
            .insert_header(("sec-fetch-mode", "navigate"))
            .insert_header(("sec-fetch-dest", "document"));
        assert!(!opens_a_page(&post.to_srv_request()));
    }
}
