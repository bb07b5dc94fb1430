"""`python -m training` is `vitals train`: the same options, the same exit codes, the same model."""

from __future__ import annotations

from training.train_command import main

if __name__ == "__main__":
    main()
