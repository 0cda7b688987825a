"""The REST API and the gallery page. The contract of the API is openapi.json."""
