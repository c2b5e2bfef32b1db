"""The same product without HTTP as for the pipeline."""

from ..pipeline.conftest import at, product

__all__ = ["at", "product"]
