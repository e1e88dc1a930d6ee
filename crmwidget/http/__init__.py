"""HTTP: addresses, one transport with retries and limits, credentials, logins."""
