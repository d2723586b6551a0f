"""The 36 networks made by people from which GPT-NAS learns how blocks follow each other."""
