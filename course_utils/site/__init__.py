"""The course's web site: `prepare` writes the source that Sphinx builds, `build` runs Sphinx on it."""

from .assembly import build, prepare

__all__ = ["build", "prepare"]
