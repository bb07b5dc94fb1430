"""Why a health changed between two dates or two models, in parts that add up."""
