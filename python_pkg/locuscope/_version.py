"""The one place that states the version; package.json must agree (tested)."""

__version__ = "0.1.0"
