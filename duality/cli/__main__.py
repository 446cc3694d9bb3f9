"""``python -m duality.cli``, which torchrun can start: ``torchrun -m duality.cli train imagenet``."""

import sys

from duality.cli import main

sys.exit(main())
