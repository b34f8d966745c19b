"""Tables on disk: Parquet files, folders of them, and the cache that `streamtape sql` keeps."""
