"""Small real-looking sources, all people in them invented (made by `tests/samples/make_samples.py`).

- `registrations.csv`: 1,200 registrations for four events; `registrations.parquet`: the same, typed and nested.
- `registrations-update.csv`: the same 1,200 later: 300 changed in one to three fields, 60 more only rewritten.
- `registrations-dirty.csv`: good and broken records in turn; `registrations-dirty.expected.csv`: every error in it, as
  `record_no, line_no, field, code` (`field` is empty where the record as a whole is at fault).
- `legacy.csv`: 2,000 rows as a German Excel saves them from the member administration of an association (Windows-1252,
  semicolons, German dates and numbers, lost zeros, guests before their parents, and some 70 broken rows of every kind);
  `legacy-mapping.yaml` and `legacy-crosswalk.csv` make registrations of it; `legacy.expected.csv`: every error in it.
- `legacy.xlsx`: the workbook it was saved from, with `legacy-xlsx-mapping.yaml` and `legacy-xlsx.expected.csv`.
"""
