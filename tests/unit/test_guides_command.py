"""`cordboard guide`: lists, checks with line numbers, rehearses from a pipe."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from console.cli import codes, run
from console.cli.output import Writer
from console.cli.setting import Setting
from tests.unit.test_guides_check import GOOD


def called(folder: Path, *arguments: str, answers: str = "", monkeypatch: pytest.MonkeyPatch) -> tuple[int, str, str]:
    """Run a command with these lines on its standard input; returns code, output and complaints."""
    out, err = io.StringIO(), io.StringIO()
    monkeypatch.setattr("sys.stdin", io.StringIO(answers))
    environ = {"CORDBOARD_HOME": str(folder), "CORDBOARD_LANGUAGE": "en", "CORDBOARD_AGENT": "ola"}
    code = run(["guide", *arguments], Setting(Writer(out), Writer(err), environ))
    return code, out.getvalue(), err.getvalue()


def test_list_gives_every_guide_one_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Into a pipe: id, title, kind, languages, operators, number of steps, parted by tabs."""
    code, out, _err = called(tmp_path, "list", monkeypatch=monkeypatch)
    rows = [line.split("\t") for line in out.splitlines()]
    assert code == codes.OK
    assert [row[0] for row in rows][:2] == ["fault-internet", "fault-tv"]
    assert len(rows) == 7
    assert rows[0][2:5] == ["fault", "en it fr pl sv", "*"]


def test_list_as_json_and_of_one_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For programs, with the titles in all languages."""
    _code, out, _err = called(tmp_path, "list", "--json", "--kind", "complaint", monkeypatch=monkeypatch)
    [guide] = json.loads(out)
    assert (guide["id"], guide["title"]["pl"]) == ("complaint", "Reklamacja")


def test_check_tells_each_mistake_with_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Like a compiler: file, line, where, what to write; 65 when anything is wrong, 0 when nothing is."""
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text(GOOD, encoding="utf-8")
    bad.write_text(GOOD.replace('goto = "last"', 'goto = "lost"'), encoding="utf-8")
    code, out, err = called(tmp_path, "check", str(good), str(bad), monkeypatch=monkeypatch)
    assert code == codes.DATA
    assert f"{good}: no mistakes; 2 steps, en" in out
    assert f'{bad}:10: steps.first.goto: leads to a step "lost" that is not there' in out
    assert "1 mistake" in err
    assert called(tmp_path, "check", str(good), monkeypatch=monkeypatch)[0] == codes.OK


def test_check_takes_a_folder_and_misses_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder is all its guides; the steps they share are no guide of their own. A missing file is told."""
    own = tmp_path / "own"
    own.mkdir()
    (own / "a.toml").write_text(GOOD, encoding="utf-8")
    (own / "shared.toml").write_text('[steps.extra]\nwords = { en = "Hm." }\n', encoding="utf-8")
    code, out, _err = called(tmp_path, "check", str(own), monkeypatch=monkeypatch)
    assert (code, len(out.splitlines())) == (codes.OK, 1)
    assert called(tmp_path, "check", str(own / "none.toml"), monkeypatch=monkeypatch)[0] == codes.DATA


def test_a_shared_step_of_ones_own_can_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies beside a guide is shared by it, and its own keys win."""
    (tmp_path / "shared.toml").write_text(
        '[steps.hello]\nwords = { en = "Hello." }\ngoto = "first"\n', encoding="utf-8"
    )
    own = GOOD.replace('start = "first"', 'start = "hello"') + '\n[steps.hello]\nlike = "hello"\n'
    (tmp_path / "own.toml").write_text(own, encoding="utf-8")
    code, out, _err = called(tmp_path, "check", str(tmp_path / "own.toml"), monkeypatch=monkeypatch)
    assert code == codes.OK, out


def test_run_rehearses_from_a_pipe_and_prints_the_ticket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers by number, by code or Enter; at the end what would be stored, and nothing is."""
    answers = "no_service\n2\nfault\nred light\n\n1\n"
    code, out, err = called(tmp_path, "run", "fault-internet", answers=answers, monkeypatch=monkeypatch)
    assert (code, err) == (codes.OK, "")
    assert "ASK: I am sorry about that" in out
    assert "Ticket: fault: Internet: nothing works" in out
    assert "Hand-over: to technical service" in out
    assert not list(tmp_path.rglob("*.db"))


def test_run_goes_back_and_says_what_will_not_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`<` goes back with the answer proposed; a wrong answer is told and asked again."""
    answers = "slowly\n2\n<\n\n1\nfault\n<\n<\n<\n<\n"
    code, out, err = called(tmp_path, "run", "fault-internet", answers=answers, monkeypatch=monkeypatch)
    assert code == codes.FAILED
    assert "[!] This is not one of the choices." in out
    assert " *2 slow" in out
    assert "This is the first question." in out
    assert "the answers ended at the step symptom" in err


def test_r28_run_can_pretend_an_outage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rehearsal shows what is said in an outage: a restart is held back, and who sees something else is not told
    that it is the outage."""
    answers = "2\n1\n1\n1\n"
    for language, held in (
        ("en", "we are looking whether yours comes from it"),
        ("pl", "sprawdzamy, czy to z jej powodu"),
        ("sv", "tittar på om det beror på det"),
    ):
        _code, out, _err = called(
            tmp_path, "run", "fault-internet", "--outage", "--language", language, answers=answers,
            monkeypatch=monkeypatch,
        )  # fmt: skip
        assert "HELD BACK" in out
        assert held in out
        assert "the fault is ours" not in out


def test_run_with_a_stranger_and_with_an_open_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a night brings can be rehearsed: somebody nobody knows, somebody who asks again."""
    answers = "Jan Nowy\n+442079460001\nN1 1AA\nLondon\n1\n1\n2\n\n\n1\n"
    code, out, _err = called(tmp_path, "run", "fault-tv", "--stranger", answers=answers, monkeypatch=monkeypatch)
    assert "Customer: Jan Nowy" in out or code == codes.FAILED
    _code, out, _err = called(
        tmp_path, "run", "fault-internet", "--open-fault", answers="1\n1\n", monkeypatch=monkeypatch
    )
    assert "a chase of EX-123456" in out


def test_run_refuses_a_guide_with_mistakes_and_unknown_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong file is not rehearsed; an unknown name is told with those that are known."""
    bad = tmp_path / "bad.toml"
    bad.write_text(GOOD.replace('goto = "last"', ""), encoding="utf-8")
    code, _out, err = called(tmp_path, "run", str(bad), monkeypatch=monkeypatch)
    assert (code, "dead end" in err) == (codes.DATA, True)
    code, _out, err = called(tmp_path, "run", "fault-fax", monkeypatch=monkeypatch)
    assert (code, "fault-internet" in err) == (codes.FAILED, True)
    code, _out, err = called(tmp_path, "run", "billing", "--language", "xx", monkeypatch=monkeypatch)
    assert (code, "en it fr pl sv" in err) == (codes.USAGE, True)


def test_the_handbooks_example_is_sound_and_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What docs/guides.md shows as a whole guide can be copied, checked and gone through."""
    text = (Path(__file__).parents[2] / "docs" / "guides.md").read_text(encoding="utf-8")
    example = text.split("```toml\n# router-lights.toml\n", 1)[1].split("```", 1)[0]
    path = tmp_path / "router-lights.toml"
    path.write_text(example, encoding="utf-8")
    code, out, _err = called(tmp_path, "check", str(path), monkeypatch=monkeypatch)
    assert code == codes.OK, out
    code, out, _err = called(tmp_path, "run", str(path), answers="2\n2\n1\n\n1\n", monkeypatch=monkeypatch)
    assert code == codes.OK, out
    assert "Hand-over: to technical service" in out
