"""Records that refer to other records by a legacy key: who is meant, who waits for whom, and whose id comes where.

`links` finds parents in the source, `parents` the ones that exist already, `resolved` is what a plan needs of both;
`waiting` fills in ids while a load is pushed, wave by wave (`waves`).
"""
