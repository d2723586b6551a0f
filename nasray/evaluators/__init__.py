"""Who measures an architecture: by training, by a look-up, by a formula, or around another evaluator."""
