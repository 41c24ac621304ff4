"""Where records come from: CSV and Parquet behind one contract, every value as text."""

from regbulk.source.contract import Block, Source
from regbulk.source.header import header_problems
from regbulk.source.location import open_source

__all__ = ["Block", "Source", "header_problems", "open_source"]
