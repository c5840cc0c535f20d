import codecs
import os
import stat
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphlift.source.files import decode, read, write, write_whole
from graphlift.source.text import Lines, dominant_newline


@pytest.mark.parametrize(
    ("data", "text", "encoding"),
    [
        (b"", "", "utf-8"),
        ("x = 'é'\n".encode(), "x = 'é'\n", "utf-8"),
        (codecs.BOM_UTF8 + b"x = 1\r\n", "x = 1\r\n", "utf-8"),
        (
            ("# -*- coding: latin-1 -*-\nx = 'é'").encode("latin-1"),
            "# -*- coding: latin-1 -*-\nx = 'é'",
            "iso-8859-1",
        ),
        ("#!/x\r# vim: set fileencoding=cp1252 :\r'€'".encode("cp1252"), None, "cp1252"),
        ("\n# coding: koi8-r\nx = 'д'\n".encode("koi8-r"), "\n# coding: koi8-r\nx = 'д'\n", "koi8-r"),
        ("x = 1\n\n# coding: latin-1\n'é'".encode(), None, "utf-8"),
        ("x = 1\n# coding: latin-1\n'é'".encode(), None, "utf-8"),
    ],
)
def test_encodings(data, text, encoding):
    source = decode(data)
    assert source.problems == ()
    assert source.encoding == encoding
    assert text is None or source.text == text
    assert source.encoded(source.text) == data


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b"a = 1\r\nb = 2\rc = '\xe9'\n", 3, "0xE9, which is not valid UTF-8"),
        (b"a = '\xe9'", 1, "coding: latin-1"),
        (b"# coding: ascii\n\n'\xe9'", 3, "not valid ASCII"),
        (b"# coding: klingon\nx = 1\n", 1, "does not know"),
        (b"# coding: rot13\nx = 1\n", 1, "can't read source"),
        (b"# coding: utf-16\nx = 1\n", 1, "can't read source"),
        (codecs.BOM_UTF8 + b"# coding: latin-1\n", 1, "byte order mark"),
        (b"a\nb\0\n", 2, "null byte"),
        ("x = 1".encode("utf-16"), 1, "0xFF"),
    ],
)
def test_what_python_would_refuse_is_a_problem_with_a_text(data, line, message):
    source = decode(data)
    assert source.problems[0].line == line
    assert message in source.problems[0].message


def test_python_agrees_on_what_is_refused(tmp_path):
    """Where we see a problem, Python sees a syntax error."""
    for number, data in enumerate(
        (
            b"c = '\xe9'\n",
            b"# coding: klingon\n",
            codecs.BOM_UTF8 + b"# coding: latin-1\n",
            b"# coding: utf-16\nx\n",
        )
    ):
        file = tmp_path / f"m{number}.py"
        file.write_bytes(data)
        with pytest.raises(SyntaxError):
            compile(file.read_bytes(), str(file), "exec")
        assert read(file).problems


class TestUnreadable:
    def test_missing(self, tmp_path):
        assert "No such file" in read(tmp_path / "no.py").problems[0].message

    def test_directory(self, tmp_path):
        assert "Is a directory" in read(tmp_path).problems[0].message

    def test_named_pipe_does_not_block(self, tmp_path):
        os.mkfifo(tmp_path / "pipe.py")
        assert "not a regular file" in read(tmp_path / "pipe.py").problems[0].message

    def test_dangling_link(self, tmp_path):
        (tmp_path / "a.py").symlink_to("nowhere.py")
        assert "No such file" in read(tmp_path / "a.py").problems[0].message

    def test_null_in_the_path(self):
        assert "null character" in read("a\0.py").problems[0].message


class TestWriting:
    def test_keeps_mode_encoding_mark_and_newlines(self, tmp_path):
        file = tmp_path / "m.py"
        file.write_bytes(codecs.BOM_UTF8 + "é = 1\r\n".encode())
        file.chmod(0o751)
        source = read(file)
        assert write(file, source, source.text + "b = 2\r\n") is None
        assert file.read_bytes() == codecs.BOM_UTF8 + "é = 1\r\nb = 2\r\n".encode()
        assert stat.S_IMODE(file.stat().st_mode) == 0o751
        assert [item.name for item in tmp_path.iterdir()] == ["m.py"]

    def test_keeps_a_link_a_link(self, tmp_path):
        (tmp_path / "real").mkdir()
        real = tmp_path / "real" / "m.py"
        real.write_text("a = 1\n")
        link = tmp_path / "m.py"
        link.symlink_to("real/m.py")
        assert write(link, read(link), "a = 2\n") is None
        assert link.is_symlink()
        assert real.read_text() == "a = 2\n"

    def test_other_encoding(self, tmp_path):
        file = tmp_path / "m.py"
        file.write_bytes("# coding: latin-1\n'é'\n".encode("latin-1"))
        source = read(file)
        assert write(file, source, source.text.replace("é", "è")) is None
        assert file.read_bytes() == "# coding: latin-1\n'è'\n".encode("latin-1")
        problem = write(file, read(file), source.text + "'д'")
        assert problem is not None
        assert "which has no 'д'" in problem.message

    def test_refuses_what_changed_meanwhile(self, tmp_path):
        file = tmp_path / "m.py"
        file.write_text("a = 1\n")
        source = read(file)
        file.write_text("a = 3\n")
        problem = write(file, source, "a = 2\n")
        assert problem is not None
        assert "changed on disk" in problem.message
        assert file.read_text() == "a = 3\n"

    def test_refuses_what_was_read_with_problems(self, tmp_path):
        file = tmp_path / "m.py"
        file.write_bytes(b"'\xe9'\n")
        problem = write(file, read(file), "x")
        assert problem is not None
        assert "left alone" in problem.message
        assert file.read_bytes() == b"'\xe9'\n"

    @pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write everything")
    def test_read_only_file(self, tmp_path):
        file = tmp_path / "m.py"
        file.write_text("a = 1\n")
        file.chmod(0o444)
        problem = write(file, read(file), "a = 2\n")
        assert problem is not None
        assert "read-only" in problem.message

    def test_nothing_is_left_behind_when_the_directory_refuses(self, tmp_path, monkeypatch):
        file = tmp_path / "m.py"
        file.write_text("a = 1\n")

        def fail(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", fail)
        problem = write(file, read(file), "a = 2\n")
        assert problem is not None
        assert "No space left" in problem.message
        assert [item.name for item in tmp_path.iterdir()] == ["m.py"]
        assert file.read_text() == "a = 1\n"


@settings(deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=40).map(str.encode))
def test_any_bytes_give_a_text_and_good_ones_come_back(data):
    source = decode(data)
    if not source.problems:
        assert source.encoded(source.text) == data


@given(st.text(alphabet="ab\n\r\x0c\u2028\x1c é🐎", max_size=40))
def test_lines_are_pythons(text):
    """The lines are those that `ast` counts, and positions and offsets are inverse to each other."""
    lines = Lines(text)
    assert len(lines) == text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    assert "".join(lines.full_line(number) for number in range(1, len(lines) + 1)) == text
    for offset in range(len(text) + 1):
        assert lines.offset(*lines.position(offset)) == offset
    with pytest.raises(ValueError, match="line"):
        lines.offset(len(lines) + 1, 0)


def test_dominant_newline():
    assert dominant_newline("") == "\n"
    assert dominant_newline("a\r\nb\r\nc\n") == "\r\n"
    assert dominant_newline("a\rb\rc\r\n") == "\r"
    assert dominant_newline("a\n\rb") == "\n"


class TestWholeFiles:
    def test_a_new_file_has_the_usual_permissions(self, tmp_path):
        (tmp_path / "usual").write_bytes(b"")
        assert write_whole(tmp_path / "new", b"1") is None
        assert (tmp_path / "new").read_bytes() == b"1"
        assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode

    def test_a_known_one_keeps_its_own_and_its_link(self, tmp_path):
        real, link = tmp_path / "real", tmp_path / "link"
        real.write_bytes(b"0")
        real.chmod(0o640)
        link.symlink_to(real)
        assert write_whole(link, b"1") is None
        assert link.is_symlink()
        assert (real.read_bytes(), stat.S_IMODE(real.stat().st_mode)) == (b"1", 0o640)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real"]

    def test_what_cannot_be_written_is_said(self, tmp_path):
        problem = write_whole(tmp_path / "missing" / "file", b"1")
        assert problem is not None
        assert problem.message.startswith("cannot be written: ")
