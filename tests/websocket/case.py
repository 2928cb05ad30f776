"""What a case is, and the sections they are listed in."""
import dataclasses
import typing


@dataclasses.dataclass(frozen=True)
class Case:
    id: str
    description: str
    rfc: str
    play: typing.Callable
    # What the client has to be started with, in neutral words that run_cases.py translates.
    options: dict = dataclasses.field(default_factory=dict)
    accepts: bool = True                # the server answers the handshake before `play` begins
    answer: typing.Any = None           # the parameters of permessage-deflate; None: what the offer asks for
    may_refuse: bool = False            # a client that ends at the answer is right as well


class Section:
    """Numbers its cases by the order they come in: section.group.case."""

    def __init__(self, number, title):
        self.number, self.title, self.cases = number, title, []
        self._counts = {}

    def add(self, group, description, rfc, play, **keywords):
        self._counts[group] = self._counts.get(group, 0) + 1
        name = f"{self.number}.{group}.{self._counts[group]}"
        self.cases.append(Case(name, description, rfc, play, **keywords))
