from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path

import pytest

from cartography.report import MapReport, make_report
from cartography.report_views import print_report, report_json, report_markdown
from tests.cartography.test_report import review_source, sloped_map


@pytest.fixture
def report(tmp_path: Path) -> MapReport:
    return make_report(sloped_map(tmp_path), review_source(tmp_path), top=2)


def hostile(report: MapReport) -> MapReport:
    """The same report with a text that tries to be markup."""
    text = "a | b\n\n# heading <script>x</script> [red]*bold*[/red] `code`"
    shown = tuple(dataclasses.replace(example, text=text) for example in report.regions[0].shown)
    return dataclasses.replace(
        report, regions=(dataclasses.replace(report.regions[0], shown=shown), *report.regions[1:])
    )


def printed(report: MapReport, max_chars: int = 240) -> str:
    from rich.console import Console

    out = io.StringIO()
    print_report(report, Console(file=out, width=120), max_chars)
    return out.getvalue()


def test_markdown_has_every_part(report: MapReport) -> None:
    text = report_markdown(report, 240)
    for heading in ("Categories", "By label", "Easy", "Ambiguous", "Hard", "Label-error candidates"):
        assert f"\n## {heading}\n" in text
    assert "| q11 |" in text
    assert text.startswith("# Data map of demo (train)")


def test_markdown_texts_stay_in_their_cells(report: MapReport) -> None:
    text = report_markdown(hostile(report), 240)
    assert "<script>" not in text
    assert r"a \| b \# heading &lt;script&gt;x&lt;/script&gt; \[red\]\*bold\*" in text


def test_the_terminal_shows_texts_literally(report: MapReport) -> None:
    text = printed(hostile(report))
    assert "a | b # heading <script>x</script> [red]*bold*[/red] `code`" in text
    assert "seeds 42; 3 epochs, the first 0 left out" in text


def test_long_texts_keep_both_ends(report: MapReport) -> None:
    long = dataclasses.replace(report.label_error_candidates[0], text="Question " + "x" * 500 + " Answer")
    text = printed(dataclasses.replace(report, label_error_candidates=(long,)), max_chars=60)
    assert "Question xxx" in text
    assert "xxx Answer" in text
    assert "x" * 60 not in text


def test_json_round_trip(report: MapReport) -> None:
    values = json.loads(json.dumps(report_json(report)))
    assert values["regions"][0]["shown"][0]["id"] == "q11"
    assert values["num_never_right"] == report.num_never_right


def test_an_empty_table_says_so(report: MapReport) -> None:
    empty = dataclasses.replace(report, label_error_candidates=())
    assert "None." in report_markdown(empty, 240)
    assert "None." in printed(empty)
