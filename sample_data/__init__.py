"""Small real-looking sources, all people in them invented (made by `tests/samples/make_samples.py`).

- `registrations.csv`: 1,200 registrations for four events; `registrations.parquet`: the same, typed and nested.
- `registrations-update.csv`: the same 1,200 later: 300 changed in one to three fields, 60 more only rewritten.
- `registrations-dirty.csv`: good and broken records in turn; `registrations-dirty.expected.csv`: every error in it, as
  `record_no, line_no, field, code` (`field` is empty where the record as a whole is at fault).
"""
