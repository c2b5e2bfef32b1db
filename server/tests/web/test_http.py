"""SPEC section 2 on the wire: what a listening API does with what clients send it."""

import asyncio
import gzip
import json

import pytest
from asyncpg import Pool, Record

from vibefollow_server import clock
from vibefollow_server.projects.links import setup_link_token

from ..processing import process_project
from .conftest import SECRET, Api

EVENT = {"external_user_id": "u", "name": "home"}


def request(api: Api, more_headers: str, body: bytes = b"") -> bytes:
    head = (
        f"POST /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.key}\r\n"
        f"Content-Type: application/json\r\n{more_headers}\r\n"
    )
    return head.encode() + body


async def logged(pool: "Pool[Record]") -> int:
    count: int = await pool.fetchval("SELECT count(*) FROM ingest_log")
    return count


async def test_a_record_is_in_the_log_when_its_202_arrives(api: Api, pool: "Pool[Record]") -> None:
    answer = await api.client.post("/api/v1/events", json=EVENT)
    assert (answer.status_code, answer.json()) == (202, {"data": {"accepted": True}})
    assert json.loads(await pool.fetchval("SELECT payload FROM ingest_log")) == EVENT


async def test_broken_chunk_framing_is_answered_with_400(api: Api, pool: "Pool[Record]") -> None:
    for broken in (b"zz\r\nabc\r\n", b"3\r\nabcd\r\n0\r\n\r\n", b"-1\r\n"):
        answer = await api.raw(request(api, "Transfer-Encoding: chunked\r\n", broken))
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert b"malformed_json" in answer
    assert await logged(pool) == 0


async def test_a_body_in_good_chunks_is_accepted(api: Api) -> None:
    body = json.dumps(EVENT).encode()
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"
    assert (await api.raw(request(api, "Transfer-Encoding: chunked\r\n", chunks))).startswith(
        b"HTTP/1.1 202 "
    )


async def test_a_body_that_stalls_is_cut_with_408(api: Api) -> None:
    answer = await api.raw(request(api, "Content-Length: 100\r\n", b'{"external'))
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"request_timeout" in answer


async def test_contradicting_lengths_are_refused_and_the_server_goes_on(api: Api) -> None:
    answer = await api.raw(request(api, "Content-Length: 1\r\nContent-Length: 2\r\n", b"{}"))
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")
    assert (await api.client.post("/api/v1/events", json=EVENT)).status_code == 202


async def test_there_are_no_websockets(api: Api) -> None:
    upgrade = (
        b"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    assert (await api.raw(upgrade)).startswith(b"HTTP/1.1 405 ")


async def test_a_client_that_goes_away_in_the_middle_leaves_nothing_behind(
    api: Api, pool: "Pool[Record]"
) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", api.port)
    writer.write(request(api, "Content-Length: 100\r\n", b'{"external'))
    await writer.drain()
    writer.close()
    assert (await api.client.post("/api/v1/events", json=EVENT)).status_code == 202
    assert await logged(pool) == 1


async def test_a_revoked_key_stops_working_within_a_second(api: Api, pool: "Pool[Record]") -> None:
    assert (await api.client.post("/api/v1/events", json=EVENT)).status_code == 202
    await pool.execute("UPDATE api_keys SET revoked_at = $1", clock.now())
    await asyncio.sleep(1)
    assert (await api.client.post("/api/v1/events", json=EVENT)).status_code == 401


async def test_a_key_is_never_logged_and_its_use_is_noted(
    api: Api, pool: "Pool[Record]", capfd: pytest.CaptureFixture[str]
) -> None:
    await api.client.post("/api/v1/events", json=EVENT)
    await api.client.post("/api/v1/events", json=EVENT, headers={"Authorization": f"Bearer {api.key}x"})
    printed = capfd.readouterr()
    assert api.key not in printed.out + printed.err


async def test_a_full_backfill_queue_refuses_bulk_only(api: Api, pool: "Pool[Record]") -> None:
    await pool.execute("UPDATE projects SET backfill_queue_limit = 2")
    bulk = {"events": [EVENT, EVENT, EVENT]}
    assert (await api.client.post("/api/v1/events/bulk", json=bulk)).status_code == 200
    answer = await api.client.post("/api/v1/events/bulk", json=bulk)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (429, "backfill_queue_full")
    assert int(answer.headers["retry-after"]) > 0
    assert (await api.client.post("/api/v1/events", json=EVENT)).status_code == 202


async def test_a_backfill_queue_of_0_has_no_limit(api: Api, pool: "Pool[Record]") -> None:
    await pool.execute("UPDATE projects SET backfill_queue_limit = 0")
    for _ in range(2):
        answer = await api.client.post("/api/v1/events/bulk", json={"events": [EVENT]})
        assert answer.status_code == 200


async def test_a_database_that_is_away_is_unavailable_and_the_same_process_recovers(
    api: Api, pool: "Pool[Record]"
) -> None:
    async with pool.acquire() as blocker, blocker.transaction():
        await blocker.execute("LOCK TABLE ingest_log")
        answer = await api.client.post("/api/v1/events", json=EVENT, timeout=10)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (503, "unavailable")
        assert "retry-after" in answer.headers
    assert (await api.client.post("/api/v1/events", json=EVENT)).status_code == 202


async def test_bulk_keeps_its_counts_and_its_answer_through_a_repeat(api: Api, pool: "Pool[Record]") -> None:
    body = gzip.compress(json.dumps({"events": [EVENT, {}, EVENT]}).encode())
    headers = {"Idempotency-Key": "k", "Content-Encoding": "gzip", "Content-Type": "application/json"}
    first = await api.client.post("/api/v1/events/bulk", content=body, headers=headers)
    again = await api.client.post("/api/v1/events/bulk", content=body, headers=headers)
    assert first.json()["data"]["accepted"] == 2
    assert first.json()["data"]["rejected"] == 1
    assert first.json()["meta"] == {"received": 3}
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    assert await logged(pool) == 2
    rows = await pool.fetch("SELECT request_index FROM ingest_log ORDER BY seq")
    assert [row["request_index"] for row in rows] == [0, 2]


async def test_the_checks_come_in_the_order_of_the_specification(api: Api) -> None:
    async def status(path: str = "/api/v1/events", method: str = "POST", **headers: str) -> int:
        answer = await api.client.request(method, path, content=b"{", headers=headers)
        return answer.status_code

    bad = {"Authorization": "Bearer x", "Content-Type": "text/plain", "Idempotency-Key": "k" * 256}
    assert await status("/api/v1/nothing", "GET", **bad) == 404
    assert await status(method="GET", **bad) == 405
    assert await status(**bad) == 401
    del bad["Authorization"]
    assert await status(**bad) == 415
    bad["Content-Type"] = "application/json"
    assert await status(**bad) == 422
    del bad["Idempotency-Key"]
    assert await status(**bad) == 400


async def test_the_probes_tell_that_the_process_lives_and_that_it_can_store(api: Api) -> None:
    assert (await api.client.get("/healthz")).status_code == 200
    assert (await api.client.get("/readyz")).status_code == 200
    assert (await api.client.post("/healthz")).status_code == 405
    assert (await api.client.get("/")).json()["data"]["ingest_api"] == "/api/v1"
    assert (await api.client.get("/nothing")).json()["errors"][0]["code"] == "not_found"


async def test_every_answer_carries_a_request_id_that_is_fit(api: Api) -> None:
    for given, kept in (("mine-1.2_3", True), ("not fit!", False), ("x" * 129, False)):
        for path in ("/api/v1/events", "/api/dashboard/v1/me", "/healthz", "/nothing"):
            answer = await api.client.get(path, headers={"X-Request-Id": given})
            assert (answer.headers["x-request-id"] == given) is kept


async def test_the_dashboard_is_reached_through_the_same_port_with_ids_as_they_were_sent(
    api: Api, pool: "Pool[Record]"
) -> None:
    async with pool.acquire() as connection:
        token = await setup_link_token(connection, SECRET, clock.now())
    assert "curl" in (await api.client.get(f"/setup?token={token}")).text
    person = {"name": "Ada", "email": "ada@example.com", "password": "correct horse battery"}
    answer = await api.client.post("/api/dashboard/v1/setup", json={"token": token, **person})
    assert answer.status_code < 300
    assert "HttpOnly" in answer.headers["set-cookie"]
    await api.client.post("/api/v1/events", json={"external_user_id": "a/timeline", "name": "home"})
    await process_project(pool, api.project_id)
    timeline = await api.client.get("/api/dashboard/v1/users/a%2Ftimeline/timeline")
    assert [entry["name"] for entry in timeline.json()["data"]] == ["home"]
