use actix_web::http::header::HeaderValue;
use futures_util::stream;

use super::*;

/// A part's name, its file's name, and its content.
type Part = (String, Option<String>, String);

fn part(name: &str, file_name: Option<&str>, content: &str) -> Part {
    (name.to_owned(), file_name.map(str::to_owned), content.to_owned())
}

fn headers(content_type: &'static str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers
}

/// Reads a form that arrives in pieces of this size.
async fn read_in(size: usize, form: &str) -> Result<Vec<Part>, FormError> {
    let pieces = form.as_bytes().chunks(size).map(|it| Ok(Bytes::copy_from_slice(it)));
    let headers = headers("multipart/form-data; boundary=x");
    let mut form = Multipart::new(&headers, stream::iter(pieces))?;
    let mut parts = Vec::new();
    while let Some(head) = form.next_part().await? {
        let mut content = Vec::new();
        while let Some(bytes) = form.next_bytes().await? {
            assert!(!bytes.is_empty());
            content.extend_from_slice(&bytes);
        }
        parts.push((head.name, head.file_name, String::from_utf8(content).unwrap()));
    }
    Ok(parts)
}

/// Reads a form in pieces of every size: how it is cut decides nothing.
async fn read(form: &str) -> Result<Vec<Part>, String> {
    let whole = read_in(form.len().max(1), form).await.map_err(|error| error.to_string());
    for size in 1..form.len() {
        let pieces = read_in(size, form).await.map_err(|error| error.to_string());
        assert_eq!(pieces, whole, "in pieces of {size}");
    }
    whole
}

const HEAD: &str = "Content-Disposition: form-data; name=\"a\"\r\n\r\n";

#[tokio::test]
async fn parts_are_read_with_their_names() {
    let form = "before\r\n--y\r\n--x\r\nCONTENT-disposition: form-data; name=\"images\"; \
                filename=\"b.jpg\"\r\nContent-Type: image/jpeg\r\n\r\nphoto\r\n--x\r\n\
                Content-Disposition: form-data; name=models\r\n\r\n\r\n--x--\r\nafter";
    let expected = [part("images", Some("b.jpg"), "photo"), part("models", None, "")];
    assert_eq!(read(form).await.unwrap(), expected);
}

#[tokio::test]
async fn a_photo_may_hold_what_is_nearly_a_boundary() {
    for content in [
        "\r",
        "\n",
        "\r\n",
        "\r\n-",
        "\r\n--",
        "--x",
        "--x\r\n",
        "\n--x\r\n",
        "\r--x",
        "\r\r\n",
        "\r\n\r\n--",
        "\r\n--\r\n--",
        "\r\n-x",
        "Content-Length: 1\r\n\r\n",
        "\r\n --x",
    ] {
        let form = format!("--x\r\n{HEAD}{content}\r\n--x\r\n{HEAD}{content}\r\n--x--");
        assert_eq!(
            read(&form).await.unwrap(),
            [part("a", None, content), part("a", None, content)]
        );
    }
}

#[tokio::test]
async fn lines_end_as_that_of_the_first_boundary_does() {
    let bare = format!("--x\n{HEAD}photo\r\n--x--").replace("\r\n\r\n", "\n\n");
    assert_eq!(read(&bare).await.unwrap(), [part("a", None, "photo\r")]);
    let whole = format!("--x  \r\n{HEAD}photo\n--x--\r\n--x--\t\n");
    assert_eq!(read(&whole).await.unwrap(), [part("a", None, "photo\n--x--")]);
}

#[tokio::test]
async fn no_part_has_a_say_in_its_length() {
    for length in ["0", "1", "9", "-1", "many"] {
        let form = format!("--x\r\nContent-Length: {length}\r\n{HEAD}photo\r\n--x--\r\n");
        assert_eq!(read(&form).await.unwrap(), [part("a", None, "photo")], "{length}");
    }
}

#[tokio::test]
async fn a_form_without_parts_has_none() {
    for form in ["--x--", "--x--\r\n", "before\r\n--x--\r\nafter"] {
        assert_eq!(read(form).await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_form_is_read_whole_or_not_at_all() {
    let whole = format!("--x\r\n{HEAD}photo\r\n--x--");
    assert_eq!(read(&whole).await.unwrap(), [part("a", None, "photo")]);
    for end in 0..whole.len() {
        assert!(read(&whole[..end]).await.is_err(), "{:?}", &whole[..end]);
    }
}

#[tokio::test]
async fn what_is_no_form_is_refused() {
    let long = "y".repeat(MAX_HEAD_BYTES + 1);
    for (form, why) in [
        ("", FormError::Incomplete),
        ("hello", FormError::Incomplete),
        ("--xy\r\n", FormError::NotQuiteBoundary),
        ("--x \r\n", FormError::Incomplete),
        ("--x y\r\n", FormError::NotQuiteBoundary),
        (&format!("--x{}\r\n", " ".repeat(1_001)), FormError::NotQuiteBoundary),
        ("--x--y", FormError::NotQuiteBoundary),
        ("--x-\r\n", FormError::NotQuiteBoundary),
        (&format!("--x\r\n{HEAD}photo\r\n--xy\r\n"), FormError::NotQuiteBoundary),
        (&format!("--x\r\n{HEAD}photo\r\n--x-- y\r\n"), FormError::NotQuiteBoundary),
        ("--x\r\n\r\n\r\n--x--\r\n", FormError::NoName),
        ("--x\r\nContent-Disposition: form-data\r\n\r\n\r\n--x--\r\n", FormError::NoName),
        ("--x\r\nContent-Disposition: attachment; name=a\r\n\r\n\r\n--x--", FormError::NoName),
        (
            &format!("--x\r\nContent-Type: multipart/mixed; boundary=y\r\n{HEAD}\r\n--x--"),
            FormError::Nested,
        ),
        ("--x\r\n\0: \0\r\n\r\n", FormError::NoHeader("\0: \0".to_owned())),
        ("--x\r\n folded\r\n\r\n", FormError::NoHeader(" folded".to_owned())),
        (&format!("--x\r\n{}\r\n", "a: b\r\n".repeat(100)), FormError::ManyHeaders),
    ] {
        assert_eq!(read(form).await.unwrap_err(), why.to_string(), "{form:?}");
    }
    let rambling = read_in(1000, &format!("--x--\r\n{long}")).await;
    assert!(matches!(rambling, Err(FormError::LongEpilogue)));
    let endless = read_in(1000, &format!("--x\r\na: {long}")).await;
    assert!(matches!(endless, Err(FormError::LongHead)));
}

#[tokio::test]
async fn what_breaks_off_is_told_from_what_ends() {
    let pieces = [Ok(Bytes::from_static(b"--x\r\n")), Err(PayloadError::Incomplete(None))];
    let headers = headers("multipart/form-data; boundary=x");
    let mut form = Multipart::new(&headers, stream::iter(pieces)).unwrap();
    assert!(matches!(form.next_part().await, Err(FormError::Body(_))));
}

#[test]
fn requests_of_other_types_are_refused() {
    for (content_type, is_form) in [
        ("application/json", false),
        ("text/plain; boundary=x", false),
        ("nonsense", false),
        ("multipart/form-data", true),
        ("multipart/form-data; boundary=", true),
    ] {
        let body = stream::iter([]);
        let why = Multipart::new(&headers(content_type), body).err().unwrap().to_string();
        assert_eq!(why == FormError::NoBoundary.to_string(), is_form, "{content_type}: {why}");
    }
}
