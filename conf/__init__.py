"""The settings: YAML only; the package is called nasray.conf once installed."""
