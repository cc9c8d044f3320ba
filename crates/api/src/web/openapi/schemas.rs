//! Schemas of types, and references to them.

use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Schemas by their names.
pub(super) type Schemas = Vec<(String, RefOr<Schema>)>;

/// Members by name, for what is put together piece by piece.
pub(super) type Members = Map<String, Value>;

/// A reference to a type's schema.
pub(super) fn reference<T: ToSchema>() -> Value {
    json!({"$ref": format!("#/components/schemas/{}", T::name())})
}

/// Adds a type's schema and all that it refers to.
pub(super) fn learn<T: ToSchema + PartialSchema>(schemas: &mut Schemas) {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
}

/// An array of so many elements of a type.
pub(super) fn array_of<T: ToSchema>(least: usize, most: usize) -> Value {
    json!({"type": "array", "items": reference::<T>(), "minItems": least, "maxItems": most})
}
