"""The pages that reviewers work in: rendered on the server, in English and Chinese, without a build step.

A page is a function from a `Visit` to a `Page` (`visits.py`); its route is a line in `page_routes.py`, its
template stands in `templates/`, its words, in both languages, in `messages/`.
"""
