"""Twofold for JupyterHub: an options form with the user's own secrets, and their ticket on the pod. Zone 0."""

from .console import Console, ConsoleError, Secret, StaleTokenError
from .launcher import Twofold, TwofoldError
from .selection import Choice, Selection, SelectionError

__all__ = [
    "Choice",
    "Console",
    "ConsoleError",
    "Secret",
    "Selection",
    "SelectionError",
    "StaleTokenError",
    "Twofold",
    "TwofoldError",
]
