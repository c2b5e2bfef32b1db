"""The dashboard's pages: the files that its build left in `dist/`, read once and answered from memory."""

from .answers import Pages
from .files import read_pages

__all__ = ["Pages", "read_pages"]
