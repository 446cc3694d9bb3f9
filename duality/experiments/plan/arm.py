"""Arms: what is compared. A method with one projector, at whatever seeds a scale declares."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Arm:
    """One method with one projector.

    Attributes:
        method: its name in the scale's file.
        projector: widths of its linear layers, ``512-512-32``; ``512`` is a single linear layer.
    """

    method: str
    projector: str

    @property
    def name(self) -> str:
        """``METHOD/PROJECTOR``."""
        return f"{self.method}/{self.projector}"

    @classmethod
    def named(cls, name: str) -> "Arm":
        """The arm of a name that `name` gave."""
        method, _, projector = name.rpartition("/")
        return cls(method, projector)

    def __str__(self) -> str:
        return self.name
