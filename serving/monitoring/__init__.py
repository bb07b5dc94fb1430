"""Do today's accounts still look like those the model was made on, and does it still foretell what comes?"""
