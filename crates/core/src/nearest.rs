//! The known name that a misspelt one was probably meant to be.

/// Returns the known name that is nearest to `name`, letter case aside, unless more than `most`
/// letters differ.
pub fn nearest<'a>(name: &str, known: &[&'a str], most: usize) -> Option<&'a str> {
    let name = name.to_lowercase();
    let distance = |key: &&str| strsim::damerau_levenshtein(&name, &key.to_lowercase());
    known.iter().copied().min_by_key(distance).filter(|key| distance(key) <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_leads_to_the_nearest_known_one() {
        let known = ["models", "priority", "rerun"];
        for (name, expected) in [
            ("model", Some("models")),
            ("MODELS", Some("models")),
            ("re-run", Some("rerun")),
            ("prioirty", Some("priority")),
            ("comment", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, &known, 2), expected, "{name}");
        }
        assert_eq!(nearest("models", &[], 9), None);
    }
}
