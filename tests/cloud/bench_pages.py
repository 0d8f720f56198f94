"""Times the pages of a large territory: 10,000 passes and 100,000 visits on SQLite. Run by hand, prints a table."""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
import uuid
from datetime import timedelta
from pathlib import Path

import httpx

from cloud.app import create_app
from cloud.db.engine import Database
from cloud.db.migrate import migrate
from cloud.db.models import Device, Gate, GateEvent, Membership, MemberState, Pass, Territory, utc_now
from cloud.domain import accounts, territories
from cloud.domain.tokens import token_hash
from cloud.settings import Settings

PASSES, VISITS, ROUNDS = 10_000, 100_000, 15
TOKEN = "bench"


def fill(database: Database) -> str:
    """A territory of 500 residents; the manager's session is `TOKEN`."""
    draw, now = random.Random(7), utc_now()
    with database.write() as session:
        people = []
        for number in range(500):
            new = accounts.NewAccount(f"Житель {number}", "+79120000000", f"r{number}@example.com", "")
            people.append(accounts.create(session, new, now=now))
        place = territories.create(session, name="Большая", zone="Europe/Moscow", account=people[0], now=now)
        session.add(Device(token_hash=token_hash(TOKEN), account_id=people[0].id, expires_at=now + timedelta(days=1)))
        gate = Gate(territory_id=place.id, name="Въезд", token_hash="x", lanes=[{"name": "in", "direction": "entry"}])
        session.add(gate)
        session.flush()
        session.bulk_insert_mappings(
            Membership,
            [
                {"account_id": person.id, "territory_id": place.id, "state": MemberState.ACCEPTED,
                 "object_label": f"Участок {number}", "object_key": f"участок{number}"}
                for number, person in enumerate(people[1:])
            ],
        )  # fmt: skip
        plates = [
            "".join(draw.choice(slot) for slot in ("ABCEHKMOPTXY", *["0123456789"] * 3, "ABCE", "ABCE", "57", "07"))
            for _ in range(PASSES)
        ]
        passes = [
            {"id": str(uuid.uuid4()), "territory_id": place.id, "plate": plate, "plate_display": plate,
             "owner_id": draw.choice(people).id, "rev": number + 1, "created_at": now - timedelta(minutes=number),
             "valid_until": now + timedelta(days=draw.randrange(-20, 60)), "object_label": f"Участок {number % 500}",
             "object_key": f"участок{number % 500}"}
            for number, plate in enumerate(plates)
        ]  # fmt: skip
        session.bulk_insert_mappings(Pass, passes)
        session.bulk_insert_mappings(
            GateEvent,
            [
                {"gate_id": gate.id, "territory_id": place.id, "event_id": str(uuid.uuid4()), "lane": "in",
                 "at": now - timedelta(seconds=number * 40), "plate": (row := draw.choice(passes))["plate"],
                 "decision": draw.choice(("open", "open", "open", "refuse")), "reason": "pass_valid",
                 "pass_id": row["id"], "object_label": row["object_label"], "body": {}}
                for number in range(VISITS)
            ],
        )  # fmt: skip
        session.get_one(Territory, place.id).pass_rev = PASSES
        return place.code


async def measure(settings: Settings, code: str) -> None:
    app = create_app(settings)
    transport = httpx.ASGITransport(app=app)
    base = f"/t/{code}"
    paths = ["/login", "/territories", "passes", "passes?q=777", "passes?q=Участок+7", "passes?show=ended", "passes/new",
             "check", "check?plate=A777AA77", "feed", "people", "gates", "settings", "blocked", "acts", "journal",
             "journal?plate=777", "journal?object=Участок+7", "journal?reason=pass_valid&decision=refuse"]  # fmt: skip
    async with httpx.AsyncClient(transport=transport, base_url="http://bench", cookies={"okter": TOKEN}) as client:
        # Processor time is what an idle machine would take; the wall clock also waits for whoever else is running.
        print(f"{'page':48} {'cpu ms':>7} {'worst':>7} {'wall ms':>8} {'kB':>6}")
        for path in paths:
            address = path if path.startswith("/") else f"{base}/{path}"
            times, walls = [], []
            for _ in range(ROUNDS):
                began, wall = time.process_time(), time.perf_counter()
                answer = await client.get(address)
                times.append((time.process_time() - began) * 1000)
                walls.append((time.perf_counter() - wall) * 1000)
                assert answer.status_code in {200, 303}, (address, answer.status_code)
            times, walls = sorted(times[1:]), sorted(walls[1:])
            middle = len(times) // 2
            kilobytes = len(answer.content) / 1000
            print(f"{path:48} {times[middle]:7.1f} {times[-1]:7.1f} {walls[middle]:8.1f} {kilobytes:6.1f}", flush=True)
    app.state.database.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(Path(folder), f"sqlite:///{folder}/okter.db", "http://bench", b"bench")
        database = Database(settings.database_url)
        migrate(database.engine)
        code = fill(database)
        database.close()
        asyncio.run(measure(settings, code))


if __name__ == "__main__":
    sys.exit(main())
