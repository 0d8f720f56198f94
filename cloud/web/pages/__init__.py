"""The pages themselves, one module a subject."""
