from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iapt_report.areas.text_table import read_table
from iapt_report.system.errors import DataError


def written(folder: Path, content: bytes) -> Path:
    path = folder / "file.csv"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        "a,b\nCafé,1\n".encode(),
        "\ufeffa,b\nCafé,1\n".encode(),
        "a,b\r\nCafé,1\r\n".encode("cp1252"),
        "a;b\nCafé;1".encode(),
        "a\tb\nCafé\t1\n\n\n".encode(),
        '"a","b"\n"Café","1"\n'.encode(),
    ],
)
def test_encodings_delimiters_and_line_ends_in_use(tmp_path: Path, content: bytes) -> None:
    table = read_table(written(tmp_path, content))
    assert table.header == ["a", "b"]
    assert table.frame.to_numpy().tolist() == [["Café", "1"]]


def test_rows_are_counted_as_an_editor_counts(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, b'a,b\n"two\nlines",1\n\nx,2\n'))
    assert table.rows == (2, 5)


def test_cells_stay_text(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, b"code,n\n007,NA\n1E5,*\n"))
    assert table.frame.to_numpy().tolist() == [["007", "NA"], ["1E5", "*"]]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"  \n\n", "empty"),
        (b"PK\x03\x04rest", "damaged spreadsheet or ZIP"),
        (b"%PDF-1.7", "a PDF"),
        (b"\xd0\xcf\x11\xe0\xa1", "an old Excel workbook"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"\x00\x01\x02\xff\xfe", "not text"),
        (b"a,a\n1,2\n", "'a' is there twice"),
        (b"a,b\n1,2,3\n", "3 cells and the header 2"),
        (b'a,b\n1,"2\n', "cannot be read"),
    ],
)
def test_a_file_of_another_kind_is_refused_in_words(tmp_path: Path, content: bytes, words: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(DataError) as caught:
        read_table(path)
    assert words in str(caught.value)
    assert caught.value.file == str(path)
    assert caught.value.mend


def test_a_file_that_is_not_there_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        read_table(tmp_path / "nothing.csv")
    with pytest.raises(DataError, match="folder"):
        read_table(tmp_path)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400))
def test_no_bytes_bring_a_traceback(tmp_path: Path, content: bytes) -> None:
    try:
        table = read_table(written(tmp_path, content))
    except DataError:
        return
    assert len(table.frame) == len(table.rows)
