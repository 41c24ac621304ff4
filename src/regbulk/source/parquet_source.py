def open_parquet(files, block_bytes): raise NotImplementedError
