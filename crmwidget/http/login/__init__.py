"""Login: OAuth 2 for adapters, in a browser, by a device code, or between servers."""
