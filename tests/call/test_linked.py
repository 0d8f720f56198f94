"""Where a call is made to, and by which token: as the gate's own link has it at that moment."""

from __future__ import annotations

import pytest

from edge.call.errors import CallsOff
from edge.cli.call import linked, token_at
from edge.config import load
from edge.credential import Credential, write_credential
from tests.configs import write_config

HOME, CELL = "https://east.example.ru", "https://west.example.ru"


def bound(folder, **facts):
    values = {"url": HOME, "territory": "Сад", "timezone": "UTC", "token": "token-of-before-0001", **facts}
    write_credential(folder, Credential(**values))


@pytest.mark.parametrize("named", ["", f'\n[cloud]\nurl = "{HOME}/"\n'])
def test_a_call_follows_its_territory_to_another_cell(tmp_path, named):
    """After a move the call is made where the list comes from, also where the config names the home of before."""
    config = load(write_config(tmp_path, named))
    bound(config.state_dir, cell=CELL, move_serial=1)

    assert (CELL, "token-of-before-0001") == linked(config)


def test_a_token_that_rotates_or_moves_under_a_call_is_the_one_used(tmp_path):
    """A call that was begun before a rotation, or at the cell of before, goes on with the token of now."""
    config = load(write_config(tmp_path))
    bound(config.state_dir)
    url, _ = linked(config)
    bound(config.state_dir, token="token-of-after-00001", cell=CELL, move_serial=1)

    assert "token-of-after-00001" == token_at(config, url) == token_at(config, CELL)


def test_the_token_goes_to_no_other_cloud(tmp_path):
    """Enrolled elsewhere meanwhile, the cloud of before is told nothing; a config that names another cloud has no token."""
    config = load(write_config(tmp_path))
    bound(config.state_dir, url="https://other.example.ru")
    other = load(write_config(tmp_path, f'\n[cloud]\nurl = "{CELL}"\n'))

    assert token_at(config, HOME) is None
    with pytest.raises(CallsOff):
        linked(other)
