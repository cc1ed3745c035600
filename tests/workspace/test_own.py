"""One period may have settings, words and a style of its own; all others stay as they were."""

from typing import Any

import pytest

from conftest import REFERENCE
from iapt_report import api
from iapt_report.areas.period import Period
from iapt_report.site import area_briefs
from iapt_report.site.period import compute
from iapt_report.system.errors import DataError
from iapt_report.workspace.parts import read_parts
from iapt_report.workspace.place import Workspace, find_workspace

YEAR, OTHER = Period.parse("2024-25"), Period.parse("2023-24")
BASE = """
[paper]
title = "All: {months}"
funding = "Ours."
[settings]
confidence = 0.9
"""


def workspace(folder: Any, text: Any) -> Any:
    (folder / "iapt-report.toml").write_text(text, "utf-8")
    return find_workspace(folder)


def test_a_period_has_its_own_settings_and_shares_the_rest(tmp_path: Any) -> None:
    place = workspace(
        tmp_path,
        BASE + '[periods."2024-25"]\noutcome = "reliable_recovery"\nedition = 2019\n'
        '[periods."2024-25".paper]\ntitle = "One: {months}"\n',
    )
    own, other = place.of(YEAR), place.of(OTHER)
    assert (own.settings.outcome, own.settings.confidence, own.edition) == ("reliable_recovery", 0.9, 2019)
    assert (own.paper.title, own.paper.funding) == ("One: {months}", "Ours.")
    assert (other.settings, other.paper, other.edition) == (place.settings, place.paper, None)
    assert other.settings.outcome == "recovery"


def test_a_change_of_one_periods_choices_leaves_the_documents_of_others_current(tmp_path: Any) -> None:
    before = workspace(tmp_path, BASE)
    after = workspace(tmp_path, BASE + '[periods."2024-25"]\nconfidence = 0.99\n')
    assert after.of(OTHER).choices == before.of(OTHER).choices
    assert after.of(YEAR).choices != before.of(YEAR).choices


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[periods."2024-26"]\nconfidence = 0.9\n', "2024-26"),
        ('[periods."2024-25"]\nconfidense = 0.9\n', "confidense"),
        ('[periods."2024-25"]\nedition = 2018\n', "2018"),
        ('[periods."2024-25".paper]\ntitel = "x"\n', "titel"),
        ('periods = "2024-25"\n', "not a table"),
        ('[periods]\n"2024-25" = 3\n', "not a table"),
        ("[figures]\nwidth = 1000\n", "width"),
        ('[figures]\nfont = "a;b"\n', "font"),
        ('[paper]\ncsl = "../../elsewhere.csl"\n', "no file of the workspace"),
        ('[paper]\ncsl = "lacking.csl"\n', "cannot be read"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(tmp_path: Any, text: Any, said: Any) -> None:
    with pytest.raises(DataError, match=said) as caught:
        workspace(tmp_path, text)
    assert "iapt-report.toml" in str(caught.value)


def test_a_file_that_is_no_citation_style_is_refused(tmp_path: Any) -> None:
    (tmp_path / "journal.csl").write_text("<html>not found</html>")
    with pytest.raises(DataError, match="no citation style"):
        workspace(tmp_path, '[paper]\ncsl = "journal.csl"\n')


def test_a_periods_own_part_takes_the_place_of_the_common_one(tmp_path: Any) -> None:
    place = workspace(tmp_path, BASE)
    common, own = tmp_path / "report" / "_parts", tmp_path / "report" / "2024-25" / "_parts"
    for folder, words in ((common, "All."), (own, "One year.")):
        folder.mkdir(parents=True)
        (folder / "introduction.qmd").write_text(words)
    (common / "ethics.qmd").write_text("Published data.")
    assert dict(read_parts(place.of(YEAR))) == {"introduction": "One year.", "ethics": "Published data."}
    assert read_parts(place.of(OTHER))["introduction"] == "All."


def test_every_way_to_a_period_takes_the_settings_of_that_period(workspace: Workspace) -> None:
    path = workspace.root / "iapt-report.toml"
    path.write_text(path.read_text("utf-8") + f'\n[periods."{REFERENCE}"]\nconfidence = 0.8\n', "utf-8")
    place, period = find_workspace(workspace.root), Period.parse(REFERENCE)
    assert compute(place, period).settings.confidence == 0.8
    assert area_briefs.analysed(place, period).settings.confidence == 0.8
    assert api.analyse(REFERENCE, workspace=workspace.root).settings.confidence == 0.8
    assert api.analyse(REFERENCE, workspace=workspace.root, confidence=0.9).settings.confidence == 0.9
