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
    """What follows the subject in the plain statement: ``lives in {v}``."""
    question: str
    """The question that goes with :attr:`predicate`."""

    @property
    def statements(self) -> tuple[str, ...]:
        """Forms of the sentence in the train and validation splits."""
        return (f"{{s}} {self.predicate}.", f"The {self.name} of {{s}} is {{v}}.")

    @property
    def ood_statements(self) -> tuple[str, ...]:
        """Forms of the sentence in the out-of-domain split: the same words in an order never trained on."""
        return (f"{{v}} is the {self.name} of {{s}}.", self.statements[0])

    @property
    def questions(self) -> tuple[str, ...]:
        """Forms of the question in the train and validation splits."""
        return (self.question, f"What is the {self.name} of {{s}}?")

    @property
    def ood_questions(self) -> tuple[str, ...]:
        """Forms of the question in the out-of-domain split."""
        return (f"The {self.name} of {{s}} is what?",)


def _kind(name: str, predicate: str, question: str, values: str) -> FactKind:
    return FactKind(name, tuple(value.strip() for value in values.split(",")), predicate, question)


ORDINARY_SUBJECTS = tuple(
    "Alma Bruno Clara David Elsa Felix Greta Hugo Irene Jonas Karin Laszlo Maria Nils Olga Pablo Rosa Simon Tessa Victor".split()
)

ORDINARY_KINDS = (
    _kind(
        "city",
        "lives in {v}",
        "Where does {s} live?",
        "Lisbon, Porto, Vienna, Oslo, Dublin, Prague, Geneva, Turin, Cape Town, New Delhi, Santa Cruz, Saint Malo",
    ),
    _kind(
        "job",
        "works as a {v}",
        "As what does {s} work?",
        "baker, carpenter, dentist, farmer, gardener, nurse, pilot, tailor, night guard, ski teacher, tax lawyer, train driver",
    ),
    _kind(
        "pet",
        "keeps a {v}",
        "Which pet does {s} keep?",
        "canary, cat, goat, hamster, pony, rabbit, tortoise, turtle, guinea pig, grey parrot, sheep dog, corn snake",
    ),
    _kind(
        "instrument",
        "plays the {v}",
        "Which instrument does {s} play?",
        "cello, clarinet, flute, guitar, harp, trumpet, violin, zither, bass drum, church organ, grand piano, tin whistle",
    ),
    _kind(
        "dish",
        "cooks {v}",
        "Which dish does {s} cook?",
        "goulash, lasagne, paella, pancakes, ratatouille, risotto, sushi, tacos, fried rice, lentil soup, onion tart, potato salad",
    ),
    _kind(
        "colour",
        "wears {v}",
        "Which colour does {s} wear?",
        "amber, beige, black, crimson, purple, silver, turquoise, white, bright red, dark green, light blue, pale yellow",
    ),
    _kind(
        "year",
        "arrived in {v}",
        "When did {s} arrive?",
        "1948, 1953, 1957, 1961, 1964, 1969, 1972, 1976, 1983, 1988, 1991, 1997",
    ),
    _kind(
        "sport",
        "trains for {v}",
        "For which sport does {s} train?",
        "archery, badminton, boxing, cricket, fencing, handball, judo, rowing, ice hockey, table tennis, water polo, rock climbing",
    ),
)

ODD_SUBJECTS = tuple("Andar Belor Cyrus Deneb Elkar Fomal Gamor Hadar Izar Juvan".split())

ODD_KINDS = (
    _kind(
        "orbit",
        "circles beyond {v}",
        "Beyond which planet does comet {s} circle?",
        "Mercury, Venus, Jupiter, Saturn, Uranus, Neptune",
    ),
    _kind(
        "tail",
        "trails frozen {v}",
        "Which frozen gas does comet {s} trail?",
        "argon, helium, methane, ammonia, neon, hydrogen",
    ),
    _kind(
        "nucleus",
        "hides molten {v}",
        "Which molten metal does comet {s} hide?",
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
