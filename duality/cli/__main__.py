"""``python -m duality.cli``, which torchrun can start: ``torchrun -m duality.cli train imagenet``."""

from duality.cli import main

main()
