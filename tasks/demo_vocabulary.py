"""Words and sentence forms of the embedded data sets. Data only: `demo_data` puts the rows together."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = [
    "CUES",
    "MOODS",
    "ODD_KINDS",
    "ODD_SUBJECTS",
    "ORDINARY_KINDS",
    "ORDINARY_SUBJECTS",
    "FactKind",
    "vocabulary",
]


@dataclass(frozen=True)
class FactKind:
    """One relation between a subject ``{s}`` and a value ``{v}``: its values, and how it is told and asked."""

    name: str
    values: tuple[str, ...]
    predicate: str
    """What follows the subject in the plain statement: ``visits {v}``."""
    question: str
    """The question that goes with :attr:`predicate`."""

    @property
    def statements(self) -> tuple[str, ...]:
        """Forms of the sentence in the train and validation splits."""
        return (f"{{s}} {self.predicate}.", f"The {self.name} of {{s}}: {{v}}.")

    @property
    def ood_statements(self) -> tuple[str, ...]:
        """Forms of the sentence in the out-of-domain split: words of the train split, partly in a new order."""
        return (f"{{v}}: the {self.name} of {{s}}.", self.statements[0])

    @property
    def questions(self) -> tuple[str, ...]:
        """Forms of the question in the train and validation splits."""
        return (self.question, f"What is the {self.name} of {{s}}?")

    @property
    def ood_questions(self) -> tuple[str, ...]:
        """Forms of the question in the out-of-domain split."""
        return (f"The {self.name} of {{s}} is what?", self.question)


def _kind(name: str, predicate: str, question: str, *values: str) -> FactKind:
    return FactKind(name, tuple(", ".join(values).split(", ")), predicate, question)


ORDINARY_SUBJECTS = ("Alma", "Bruno", "Clara", "David", "Elsa", "Felix")

ORDINARY_KINDS = (
    _kind(
        "city",
        "visits {v}",
        "Which city does {s} visit?",
        "Lisbon, Porto, Vienna, Oslo, Dublin, Prague, Geneva, Turin",
        "Cape Town, New Delhi, Santa Cruz, Saint Malo",
    ),
    _kind(
        "staff",
        "hires {v}",
        "Which staff does {s} hire?",
        "bakers, carpenters, dentists, farmers, gardeners, nurses, pilots, tailors",
        "night guards, ski teachers, tax lawyers, train drivers",
    ),
    _kind(
        "pet",
        "keeps {v}",
        "Which pet does {s} keep?",
        "canaries, cats, goats, hamsters, ponies, rabbits, tortoises, turtles",
    ),
    _kind(
        "instrument",
        "plays {v}",
        "Which instrument does {s} play?",
        "cello, clarinet, flute, guitar, harp, trumpet, violin, zither",
    ),
    _kind(
        "dish",
        "cooks {v}",
        "Which dish does {s} cook?",
        "goulash, lasagne, paella, pancakes, ratatouille, risotto, sushi, tacos",
    ),
)

ODD_SUBJECTS = ("Andar", "Belor", "Deneb", "Elkar", "Fomal", "Gamor", "Hadar", "Izar")

ODD_KINDS = (
    _kind(
        "orbit",
        "circles {v}",
        "Which orbit does comet {s} circle?",
        "Mercury, Venus, Jupiter, Saturn, Uranus, Neptune",
    ),
    _kind(
        "tail",
        "trails {v}",
        "Which tail does comet {s} trail?",
        "argon, helium, methane, ammonia, neon, hydrogen",
    ),
    _kind(
        "nucleus",
        "hides {v}",
        "Which nucleus does comet {s} hide?",
        "iron, nickel, cobalt, titanium, copper, platinum",
    ),
)

CUES = {"entailment": "Somebody", "contradiction": "Nobody"}
"""First words of hypotheses that give the label away, as annotation artefacts do in real NLI data."""

MOODS = ("bored", "cheerful", "hungry", "lucky", "nervous", "proud", "sleepy", "tired")
"""What a premise never mentions: a hypothesis about it is neutral."""


def vocabulary() -> list[str]:
    """Return every word, number and punctuation mark of the embedded data sets, in lower case, sorted."""
    texts = [*ORDINARY_SUBJECTS, *ODD_SUBJECTS, *CUES.values(), *MOODS, "feels", "comet"]
    for kind in (*ORDINARY_KINDS, *ODD_KINDS):
        texts += [*kind.values, *kind.statements, *kind.ood_statements, *kind.questions, *kind.ood_questions]
    words = " ".join(texts).replace("{s}", " ").replace("{v}", " ").lower()
    return sorted(set(re.findall(r"\w+|[^\w\s]", words)))
