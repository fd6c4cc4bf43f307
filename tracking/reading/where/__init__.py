"""The language of filters: ``training.learning_rate < 1e-4 and metrics.eval_f1 > 80``.

A filter is a text from outside. It is split into tokens, parsed into a tree, and the tree is compiled to a condition
with bound parameters; no part of the text ever becomes part of an SQL statement.
"""

from tracking.reading.where.attributes import ATTRIBUTES
from tracking.reading.where.catalogue import Catalogue, Family, Meaning
from tracking.reading.where.compiler import compile_filter
from tracking.reading.where.finder import FieldFinder
from tracking.reading.where.tokens import quoted

__all__ = ["ATTRIBUTES", "Catalogue", "Family", "FieldFinder", "Meaning", "compile_filter", "quoted"]
