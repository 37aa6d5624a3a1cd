"""The API's endpoints as Adobe documents them, one module per family."""
