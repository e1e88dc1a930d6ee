"""Safety: what protects user and machine: masking, private files, bounded input, a sandbox."""
