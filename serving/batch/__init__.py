"""A whole book scored and published."""
