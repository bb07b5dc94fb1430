"""Many rows of features scored at once: in chunks, by several processes or on Spark, and published whole."""
