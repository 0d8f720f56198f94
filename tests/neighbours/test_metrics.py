"""Prometheus: what is told is counted, and the page is text that a scraper reads."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import httpx

from core.decision.record import Verdict
from core.words.reasons import Reason
from edge.neighbours.delivery import Delivery
from edge.neighbours.metrics import Metrics, Tally
from edge.neighbours.seam import Finished, StatusNow
from edge.neighbours.settings import MetricsSettings
from tests.neighbours.conftest import LOST, STATUS
from tests.store.records import visit_record

LINE = re.compile(r'(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z_]+="[^"\n]*"(,[a-z_]+="[^"\n]*")*\})? [0-9.e+-]+|)')


def test_the_page_says_what_was_decided_and_how_the_gate_is() -> None:
    """Counters by decision and reason, times to decide, the list's age, cameras, alarms; nothing of plates."""
    metrics = Metrics(MetricsSettings(port=1))
    metrics._address = ("127.0.0.1", 0)
    delivery = Delivery("metrics", metrics)
    delivery.start()
    while metrics.port == 1:
        time.sleep(0.01)
    metrics.take(Finished(visit_record(1)))
    metrics.take(Finished(visit_record(2)))
    metrics.take(Finished(visit_record(3, decision=Verdict.REFUSE, reason=Reason.NO_PASS)))
    metrics.take(StatusNow(STATUS))
    text = httpx.get(f"http://127.0.0.1:{metrics.port}/metrics").text
    assert 'okter_visits_total{lane="entry",decision="open",reason="pass_valid",opened="true"} 2' in text
    assert 'okter_visits_total{lane="entry",decision="refuse",reason="no_pass",opened="false"} 1' in text
    assert 'okter_decided_after_seconds_bucket{lane="entry",le="+Inf"} 3' in text
    assert "okter_list_age_seconds 30" in text
    assert 'okter_camera_fps{lane="entry"} 12.5' in text
    assert "A001BC77" not in text
    assert [] == [line for line in text.split("\n") if not LINE.fullmatch(line)]

    metrics.take(StatusNow(LOST))
    text = httpx.get(f"http://127.0.0.1:{metrics.port}/metrics").text
    assert 'okter_camera_up{lane="entry"} 0' in text
    assert 'okter_alarm{code="vision_dead"} 1' in text
    assert 404 == httpx.get(f"http://127.0.0.1:{metrics.port}/").status_code
    delivery.close(within_s=60)


def test_what_is_unknown_is_a_gap() -> None:
    """A queue and a memory that nobody has counted are left out, and not told as nought."""
    tally = Tally()
    tally.status(replace(STATUS, memory_mb=None, cloud=replace(STATUS.cloud, queue=None)))
    text = tally.text()
    assert "okter_passes" in text
    assert not re.search("okter_memory|okter_cloud_queue", text)


def test_nothing_listens_until_told_and_then_on_this_machine_alone() -> None:
    """Off by default, on 127.0.0.1 when only a port is named."""
    assert (0, "127.0.0.1") == (MetricsSettings().port, MetricsSettings().host)
