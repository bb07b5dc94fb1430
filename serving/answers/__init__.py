"""Survey answers that come through the API the moment they are given."""
