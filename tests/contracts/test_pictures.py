"""One suite over every place for pictures: files, and a bucket that speaks S3's protocol."""

from __future__ import annotations

import dataclasses
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.pictures import Pictures, PicturesAway, make_pictures, thumbnail_key, thumbnail_of
from cloud.pictures.seam import is_key
from tests.buckets import AWAY, new_bucket, s3_server

KEY = "snapshots/7/ab/abcd.jpg"
OTHER = "snapshots/77/ab/abcd.jpg"


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with s3_server() as address:
        yield address


@pytest.fixture(params=["files", "bucket"])
def pictures(request: pytest.FixtureRequest, tmp_path: Path) -> Pictures:
    if request.param == "files":
        return make_pictures(tmp_path, None)
    return make_pictures(tmp_path, new_bucket(request.getfixturevalue("s3")))


def jpeg(width: int = 640, height: int = 360) -> bytes:
    noise = np.random.default_rng(1).integers(0, 255, (height, width, 3), np.uint8)
    return bytes(cv2.imencode(".jpg", noise)[1])


def test_what_is_put_is_got(pictures):
    """A picture comes back byte for byte."""
    pictures.put(KEY, b"\xff\xd8\xff one")

    assert b"\xff\xd8\xff one" == pictures.get(KEY).content


def test_a_later_one_takes_the_place_of_the_first(pictures):
    """The same key holds one picture, the last, and its tag tells that it is another."""
    pictures.put(KEY, b"one")
    before = pictures.get(KEY)
    pictures.put(KEY, b"another")

    assert b"another" == pictures.get(KEY).content
    assert before.tag != pictures.get(KEY).tag


def test_a_known_picture_is_not_sent_again(pictures):
    """Whoever names the tag of what they have is told so, without the content."""
    pictures.put(KEY, b"one")
    tag = pictures.get(KEY).tag

    assert (tag, None) == dataclasses.astuple(pictures.get(KEY, known=tag))
    assert b"one" == pictures.get(KEY, known='"other"').content
    assert tag.startswith('"')
    assert tag.endswith('"')


def test_what_is_kept_is_listed(pictures):
    """The gates that have pictures, and the keys of one gate: whole, of nobody else, and nothing where there is nothing."""
    assert (set(), []) == (pictures.gates(), list(pictures.keys(7)))
    for key in (KEY, thumbnail_key(KEY), OTHER):
        pictures.put(key, b"one")
    pictures.tidy(datetime(2000, 1, 1, tzinfo=UTC))

    assert {7, 77} == pictures.gates()
    assert {KEY, thumbnail_key(KEY)} == {key for keys in pictures.keys(7) for key in keys}
    assert [[]] == [list(pictures.keys(8))]


def test_what_is_not_there_is_nothing(pictures):
    """Of a picture that was never put, or is forgotten, there is none; forgetting it again is no failure."""
    assert pictures.get(KEY) is None
    pictures.put(KEY, b"one")
    pictures.put(OTHER, b"other")

    pictures.drop([KEY, "snapshots/8/none.jpg"])
    pictures.drop([KEY])
    pictures.drop([])

    assert pictures.get(KEY) is None
    assert b"other" == pictures.get(OTHER).content


def test_a_gate_goes_with_all_its_pictures_and_no_other(pictures):
    """Gate 7 is not gate 77."""
    for key in (KEY, "snapshots/7/cd/1.jpg", OTHER):
        pictures.put(key, b"one")

    pictures.drop_gate(7)
    pictures.drop_gate(7)

    assert [None, None] == [pictures.get(KEY), pictures.get("snapshots/7/cd/1.jpg")]
    assert pictures.get(OTHER) is not None


@pytest.mark.parametrize(
    "key", ["", "okter.db", "snapshots/../okter.jpg", "/snapshots/a.jpg", "snapshots/a.txt", "snapshots//a.jpg"]
)
def test_what_is_no_key_names_nothing(pictures, key):
    """A name that leads elsewhere is answered as one that is not there."""
    pictures.drop([key])

    assert (None, None) == (pictures.get(key), pictures.link(key, timedelta(seconds=1)))


@given(st.text(alphabet="./\\snapshots\x00ж-", max_size=40))
def test_no_key_leads_out(text):
    """Whatever is taken for a key stays below `snapshots/` when a file system reads it."""
    if is_key(text):
        assert os.path.normpath(text) == text
        assert text.startswith("snapshots/")


def test_a_small_picture_is_made_once(pictures):
    """The first look makes and keeps it; the second gives the same one; it is small."""
    pictures.put(KEY, jpeg())

    first = thumbnail_of(pictures, KEY)
    pictures.put(KEY, b"\xff\xd8\xff the large one is not read again")

    assert first == thumbnail_of(pictures, KEY)
    assert (first.tag, None) == dataclasses.astuple(thumbnail_of(pictures, KEY, known=first.tag))
    assert (108, 192) == cv2.imdecode(np.frombuffer(first.content, np.uint8), cv2.IMREAD_COLOR).shape[:2]
    assert first.content == pictures.get(thumbnail_key(KEY)).content


def test_what_is_no_picture_is_shown_as_it_is(pictures):
    """Where no decoder reads the large one, nothing is made of it."""
    pictures.put(KEY, b"\xff\xd8\xff nothing")
    found = thumbnail_of(pictures, KEY)

    assert b"\xff\xd8\xff nothing" == found.content
    assert (found.tag, None) == dataclasses.astuple(thumbnail_of(pictures, KEY, known=found.tag))
    assert pictures.get(thumbnail_key(KEY)) is None
    assert thumbnail_of(pictures, OTHER) is None


def test_a_place_says_that_it_is_there(pictures):
    """Looking tells what is there in a few words."""
    assert pictures.look().split()[0] in {"files", "bucket"}


def test_a_link_gives_the_picture_and_nothing_else(s3, tmp_path):
    """Where browsers reach the bucket a link names its end, gives its picture, and is worth nothing for another one."""
    pictures = make_pictures(tmp_path, new_bucket(s3, public=True))
    pictures.put(KEY, b"one")

    link = pictures.link(KEY, timedelta(seconds=60))

    assert link.startswith(f"{s3}/")
    assert "X-Amz-Expires=60&" in link
    assert "X-Amz-Signature=" in link
    assert "secret" not in link
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    assert b"one" == opener.open(link).read()


def test_without_an_address_for_browsers_there_are_no_links(pictures):
    """A place that only the portal reaches is handed out by the portal."""
    pictures.put(KEY, b"one")

    assert pictures.link(KEY, timedelta(seconds=60)) is None


@pytest.mark.parametrize("act", ["put", "get", "drop", "drop_gate", "look"])
def test_a_bucket_that_is_away_is_one_line_without_its_secret(act, tmp_path):
    """Whatever is asked of it, one error says which bucket it is, and repeats no key."""
    pictures = make_pictures(tmp_path, AWAY)
    acts = {
        "put": lambda: pictures.put(KEY, b"one"),
        "get": lambda: pictures.get(KEY),
        "drop": lambda: pictures.drop([KEY]),
        "drop_gate": lambda: pictures.drop_gate(1),
        "look": pictures.look,
    }

    with pytest.raises(PicturesAway) as caught:
        acts[act]()

    assert "bucket away" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert AWAY.secret not in str(caught.value)


def test_a_folder_that_cannot_be_written_is_away(tmp_path):
    """A file where the folder should be is told like a bucket that is away."""
    (tmp_path / "snapshots").write_text("a file")

    with pytest.raises(PicturesAway):
        make_pictures(tmp_path, None).put(KEY, b"one")


def test_a_link_of_the_file_system_leads_nowhere(tmp_path):
    """A symbolic link out of the folder is no picture."""
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    (tmp_path / "snapshots").mkdir()
    (tmp_path / "snapshots" / "a.jpg").symlink_to(tmp_path / "secret.jpg")

    assert make_pictures(tmp_path, None).get("snapshots/a.jpg") is None
