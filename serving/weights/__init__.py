"""The rule's weights as people propose, try, draft and adopt them: every version is kept."""
