"""Break each rule of the engine once, and see that some test fails: `python -m tests.mutants [PART OF A RULE]`.

Each mutant is a line of the engine and what it becomes. They are tried in a copy of the tree; a mutant that no test
notices is printed as SURVIVED and makes the command fail.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
ENGINE = Path("batch_api/engine")
TESTS = (("tests/engine",), ("tests/wire", "tests/facade", "tests/app", "tests/quota"))
"""The first of these notice most of it, and are quick."""


class Mutant(NamedTuple):
    rule: str
    file: str
    line: str
    becomes: str


MUTANTS = (
    # the gate
    Mutant(
        "first come, first served", "gate.py", "return self.number < other.number", "return self.number > other.number"
    ),
    Mutant("only the head may spend", "gate.py", "if self._head() is not ticket or", "if"),
    Mutant(
        "the first goes alone",
        "gate.py",
        "or self._scout is not None:\n            return math.inf",
        ":\n            return math.inf",
    ),
    Mutant(
        "the next is counted from the first's answer",
        "limiter/limiter.py",
        "draw.bucket.restart(draw.cost, left=not answer.after_rejection)",
        "pass",
    ),
    Mutant(
        "a lost scout makes way",
        "gate.py",
        "        if self._scout is ticket:\n            self._scout = None\n",
        "        if self._scout is ticket:\n",
    ),
    Mutant(
        "a late answer holds the next back",
        "limiter/limiter.py",
        "draw.bucket.came_late(draw.cost, ticket.spent_at, late)",
        "pass",
    ),
    Mutant(
        "a rejection pauses",
        "gate.py",
        "self._paused_until = max(self._paused_until, until)",
        "pass",
    ),
    Mutant(
        "a rejection slows down",
        "limiter/limiter.py",
        "draw.bucket.refused(Refused(ticket.spent_at, draw.cost, rejection.jitter))",
        "pass",
    ),
    Mutant(
        "one alone teaches nothing",
        "limiter/limiter.py",
        "if not rejection.slower or rejection.alone:",
        "if not rejection.slower:",
    ),
    Mutant("the closest limit is to blame", "limiter/limiter.py", "if busy >= max(seconds) * _AS_CLOSE:", "if True:"),
    Mutant(
        "a burst is no reason to go slower",
        "limiter/pace.py",
        '            return "burst"',
        '            return "rate"',
    ),
    Mutant("few are put down to spacing", "limiter/pace.py", "sent <= self._settings.few", "False"),
    Mutant("what is tried is undone first", "limiter/pace.py", "        if tried:\n            return tried[0]\n", ""),
    Mutant("reserves are held", "limiter/pace.py", "self._given_up_from = now + hold", "self._given_up_from = now"),
    Mutant("... ever longer", "limiter/pace.py", "settings.hold * 2**self._lessons", "settings.hold"),
    Mutant("... but not if it costs much", "limiter/pace.py", "settings.affordable / loss", "settings.longest"),
    Mutant("reserves are given up", "limiter/pace.py", "self._needed * max(1 - given_up, 0.0)", "self._needed"),
    Mutant(
        "after long all begins anew",
        "limiter/pace.py",
        "            self._lessons = self._guesses = 0\n\n",
        "            pass\n\n",
    ),
    Mutant("reserves have bounds", "limiter/pace.py", "min(max(needed, 0.0), self._most)", "needed"),
    Mutant("the bucket follows", "limiter/bucket.py", "self._full_rate * self.pace.rate(now)", "self._full_rate"),
    Mutant(
        "rejections from before the pause change nothing",
        "gate.py",
        "if ticket.spent_at < self._paused_at:",
        "if False:",
    ),
    Mutant("pauses grow", "gate.py", "max(self._pause, (now - self._rejected_since) * PAUSE_GROWTH)", "self._pause"),
    Mutant("pauses have a longest length", "gate.py", "grown = min(max(self._pause", "grown = max(max(self._pause"),
    Mutant("growth ends with an acceptance", "gate.py", "self._rejections = True, False, 0", "_ = True, False, 0"),
    Mutant(
        "Retry-After is obeyed",
        "gate.py",
        "(grown if retry_after is None else retry_after)",
        "grown",
    ),
    Mutant(
        "jitter only stretches",
        "gate.py",
        "1 + self._rng.random() * PAUSE_JITTER",
        "1 - self._rng.random() * PAUSE_JITTER",
    ),
    Mutant(
        "after a pause one goes ahead",
        "gate.py",
        "        self._proven = False\n        self._restarts = True\n",
        "        self._restarts = True\n",
    ),
    Mutant(
        "who cannot be served in time is told at once",
        "gate.py",
        "if (ready := self.ready_at(ticket.draws)) > ticket.deadline:",
        "if (ready := 0.0) > ticket.deadline:",
    ),
    Mutant("a pause fails who cannot wait it out", "gate.py", "waiting.too_late = True", "pass"),
    Mutant(
        "waiting ends at the deadline",
        "gate.py",
        "if ticket.too_late or now >= ticket.deadline:",
        "if ticket.too_late:",
    ),
    Mutant(
        "who leaves gives back its place",
        "gate.py",
        "left = self._waiting[draw.bucket] - draw.cost",
        "left = self._waiting[draw.bucket]",
    ),
    Mutant(
        "a leaver wakes the next",
        "gate.py",
        "            self._limiter.rest()\n        self.wake()",
        "            self._limiter.rest()",
    ),
    Mutant("unlimited operations pause, too", "gate.py", "            or self._now() < self._paused_until\n", ""),
    # the bucket
    Mutant(
        "the rate",
        "limiter/bucket.py",
        "+ min(cost, self.capacity) / self._rate + self._gap(cost))",
        "+ 0.9 * min(cost, self.capacity) / self._rate + self._gap(cost))",
    ),
    Mutant(
        "big costs wait",
        "limiter/bucket.py",
        "return self._full_at + (cost - self.capacity) / self._rate",
        "return self._full_at + (min(cost, self.capacity) - self.capacity) / self._rate",
    ),
    Mutant(
        "the first request goes at once",
        "limiter/bucket.py",
        "self._full_at = start - (self._at_once - self.capacity) / self._rate",
        "self._full_at = start",
    ),
    Mutant(
        "a documented burst is not used up",
        "limiter/bucket.py",
        "DOCUMENTED_BURST_USED = 0.8",
        "DOCUMENTED_BURST_USED = 1.0",
    ),
    Mutant(
        "one request's cost is there at the start",
        "limiter/bucket.py",
        "- cost, 0.0) if left else 0.0",
        "- cost, 0.0) * 0.0",
    ),
    Mutant("nothing is there after a rejection", "limiter/limiter.py", "left=not answer.after_rejection", "left=True"),
    Mutant(
        "undocumented bursts are not assumed",
        "limiter/bucket.py",
        "min(largest, max(self._held / 2, 1.0))",
        "max(self._held, 1.0)",
    ),
    Mutant(
        "a full bucket's requests are spaced",
        "limiter/bucket.py",
        "/ self._rate + self._gap(cost))\n\n    # -- what is on its way",
        "/ self._rate)\n\n    # -- what is on its way",
    ),
    Mutant("headroom", "limiter/bucket.py", "limit.per_second * (1 - headroom)", "limit.per_second"),
    Mutant("loops leave word", "limiter/bucket.py", "self._memory[self._key] = (self._now(), full_at)", "pass"),
    Mutant("word from the future is not believed", "limiter/bucket.py", "if spent_at <= start:", "if True:"),
    Mutant(
        "words of another clock do not block",
        "limiter/bucket.py",
        "min(owed_until, start + self._longest_debt)",
        "owed_until",
    ),
    # gates
    Mutant(
        "a share takes part of the limits",
        "gates.py",
        "limit_of(fact).part(share)",
        "limit_of(fact)",
    ),
    Mutant("clients with other limits are refused", "gates.py", "elif gates.settings != settings:", "elif False:"),
    Mutant("clients of a project share gates", "gates.py", "gates = here[place] = Gates(", "gates = Gates("),
    Mutant(
        "groups share a bucket",
        "gates.py",
        "operation.name if limit.group is None else limit.group, limit",
        "operation.name, limit",
    ),
    Mutant("groups share a queue", "gates.py", 'f"group {rule.limit.group}" for rule', "operation.name for rule"),
    Mutant("groups do not contradict", "gates.py", "!= limit:\n            raise", "is limit:\n            raise"),
    # what an answer means
    Mutant(
        "429 is a refusal",
        "retry.py",
        "if 400 <= status < 500 and status != 408:",
        "if 400 <= status < 500 and status not in (408, 429):",
    ),
    Mutant("408 is ambiguous", "retry.py", "if 400 <= status < 500 and status != 408:", "if 400 <= status < 500:"),
    Mutant(
        "maintenance is a refusal",
        "retry.py",
        'return "refused" if result.is_maintenance else "unknown"',
        'return "unknown"',
    ),
    Mutant(
        "only the API's word is maintenance",
        "response.py",
        "return self.status == 503 and self.error_code",
        "return self.status == 503 or self.error_code",
    ),
    Mutant(
        "a 5xx is ambiguous", "retry.py", 'return "refused" if result.is_maintenance else "unknown"', 'return "refused"'
    ),
    Mutant(
        "what may not be repeated is not",
        "retry.py",
        'may_repeat = not result.final and (outcome == "not_sent" or replayable)',
        "may_repeat = not result.final",
    ),
    Mutant("a 5xx to what may not be repeated is not", "retry.py", "may_repeat = replayable and", "may_repeat ="),
    Mutant("what never left is sent again", "retry.py", '(outcome == "not_sent" or replayable)', "replayable"),
    Mutant("certificates are final", "retry.py", "may_repeat = not result.final and", "may_repeat ="),
    Mutant("faults are counted", "retry.py", "may_repeat and faults < MOST_FAULTS", "may_repeat and faults < 40"),
    Mutant(
        "backoff doubles and is jittered",
        "retry.py",
        "return rng.random() * FIRST_BACKOFF * 2.0 ** (faults - 1)",
        "return 3.0",
    ),
    Mutant(
        "nonsense in Retry-After",
        "retry.py",
        "if math.isfinite(seconds) and seconds > 0 else None",
        "",
    ),
    Mutant("Retry-After is believed up to an hour", "retry.py", "min(seconds, LONGEST_RETRY_AFTER)", "seconds"),
    Mutant(
        "one pause is told of once",
        "engine.py",
        "if turn.rejected(retry_after(asked), slower=self._last.status == 429):",
        "turn.rejected(retry_after(asked), slower=self._last.status == 429)\n            if True:",
    ),
    Mutant("a lifted pause is over", "gate.py", "self._paused_until = min(self._paused_until, now)", "pass"),
    # what an answer means
    Mutant(
        "a success that cannot be read is none",
        "retry.py",
        'return "taken" if result.defect is None else "unknown"',
        'return "taken"',
    ),
    Mutant("... and is sent again", "retry.py", "result.status < 300 or result.status == 408", "result.status == 408"),
    Mutant("a part is no success", "response.py", "if self.status == 206:", "if False:"),
    Mutant("an error in a success is none", "response.py", "if self._is_error(body) else None", "if False else None"),
    Mutant(
        "a byte order mark is no damage",
        "response.py",
        "orjson.loads(self.content.removeprefix(_BYTE_ORDER_MARK))",
        "orjson.loads(self.content)",
    ),
    Mutant("a cut stream is damage", "content.py", "if stream.eof and not stream.unused_data and", "if"),
    Mutant("decoding is bounded", "content.py", "stream.decompress(content, most + 1)", "stream.decompress(content)"),
    Mutant("a read changes nothing", "errors.py", "all(attempt.route.startswith(_READS)", "any(False"),
    Mutant("Retry-After as a date", "retry.py", ".timestamp() - time.time()", ".timestamp()"),
    # the call
    Mutant(
        "one unknown attempt makes the call unknown",
        "engine.py",
        'return "unknown" if "unknown" in outcomes else',
        "return",
    ),
    Mutant(
        "a deadline on the wire",
        "engine.py",
        '"receive" if request.sent else "connect", request.sent, final=True)\n        outcome',
        '"receive" if request.sent else "connect", False, final=True)\n        outcome',
    ),
    Mutant(
        "a backoff beyond the deadline is not slept",
        "engine.py",
        "if self._loop.time() + seconds >= self._deadline:",
        "if False:",
    ),
    Mutant(
        "rejections reach the gate",
        "engine.py",
        "if turn.rejected(retry_after(asked), slower=self._last.status == 429):",
        "if turn.accepted():",
    ),
    Mutant("maintenance does not slow down", "engine.py", "slower=self._last.status == 429", "slower=True"),
    Mutant(
        "a lost body of a success is ambiguous",
        "engine.py",
        "if 200 <= wire.status < 300:\n            return fault",
        "if False:\n            return fault",
    ),
    Mutant(
        "flight is bounded",
        "gate.py",
        "return len(self._in_flight) < self._places(ticket.draws, ticket.most_in_flight)",
        "return True",
    ),
    Mutant("what is on its way counts", "gate.py", "            draw.bucket.depart(draw.cost)\n", "            pass\n"),
    Mutant("places follow the answers", "gate.py", "FEWEST_PLACES), most)", "FEWEST_PLACES), FEWEST_PLACES)"),
    Mutant(
        "in a stall one goes ahead",
        "gate.py",
        "            self._proven = False  # what follows",
        "            pass  #",
    ),
    Mutant("tries in a stall are few", "gate.py", "return last + max(waits, default=0.0)", "return last"),
    Mutant(
        "what was cut off may arrive",
        "limiter/bucket.py",
        "on_its_way = self._unanswered + self._cut_off if self._unanswered else 0.0",
        "on_its_way = self._unanswered",
    ),
    Mutant(
        "whoever waited needs time", "gate.py", "if ticket.deadline - now < self._time_needed(ticket, now):", "if 0:"
    ),
    Mutant("the wait for a place is told", "gate.py", "        if before > 0:\n", "        if before > 10**9:\n"),
    Mutant("closing ends who waits", "wire/connections.py", "            call.withdraw()\n", "            pass\n"),
    Mutant("a forked loop is refused", "wire/connections.py", "if is_forked and self._loop is loop:", "if 0:"),
    Mutant("answers are bounded", "engine.py", "            if most < 0:\n", "            if False:\n"),
    Mutant("resend_unsafe", "engine.py", "prepared.replayable or engine._options.resend_unsafe", "prepared.replayable"),
    Mutant("resend_unsafe is off", "engine.py", "prepared.replayable or engine._options.resend_unsafe", "True"),
    Mutant("observers see every attempt", "observe.py", "observer(attempt)", "pass"),
    Mutant("an observer cannot break a call", "observe.py", "except Exception:", "except ZeroDivisionError:"),
    # the wire
    Mutant("the body tells when it leaves", "wire/http.py", "        self._request.sent = True\n", ""),
    Mutant("what did not leave is known", "wire/http.py", "        request.sent = False\n        body", "        body"),
    Mutant(
        "what was cut is thrown away",
        "wire/http.py",
        "            self._drop(connection)\n            if not",
        "            if not",
    ),
    Mutant("a closed connection is not used", "wire/http.py", "and not connection.is_closed_by_peer", ""),
    Mutant("a loss shortens reuse", "wire/http.py", "max(rested / 2, _SHORTEST), now", "KEEP_ALIVE, now"),
    Mutant("an early refusal is read", "wire/network.py", "if self._ended or self._is_answered():", "if self._ended:"),
    Mutant("loopback needs no proxy", "wire/proxies.py", "if is_loopback(host) or", "if"),
    Mutant("only a certificate is final", "wire/http.py", "final=fails_for_good(error)", 'final=stage == "tls"'),
    Mutant("http libraries are hushed", "wire/silence.py", "return not _ours.get()", "return True"),
    # secrets and addresses
    Mutant("keys are checked", "credentials.py", "or not _HEADER_SAFE.fullmatch(key)", "or not key"),
    Mutant(
        "keys are not shown",
        "credentials.py",
        'return f"Credentials({self._api.scope}={self.alias!r})"',
        "return str(self._rest_api_key)",
    ),
    Mutant("no plain http", "address.py", "if not is_safe(base_url):", "if False:"),
    Mutant("no user and no password", "address.py", 'if "@" in parts.netloc:', "if False:"),
    Mutant(
        "hosts are hosts",
        "address.py",
        "not re.fullmatch(_HOST, httpx.URL(base_url).raw_host.decode(), re.IGNORECASE)",
        "False",
    ),
    Mutant("loopback is allowed", "address.py", "or re.fullmatch(_LOOPBACK, host) is not None", "and False"),
    Mutant(
        "headers are not shown",
        "response.py",
        "return f\"Headers({', '.join(self._values)})\"",
        "return repr(self._values)",
    ),
    Mutant("the vendor's words are not pickled", "errors.py", '["response", "error_message",', "["),
    Mutant(
        "codes are shown only if symbolic",
        "errors.py",
        "return self.error_code is not None and _SYMBOLIC.fullmatch(self.error_code) is not None",
        "return True",
    ),
    Mutant("a file's link is safe", "wire/download.py", "if not is_safe(url):", "if False:"),
    # bodies
    Mutant("NaN is found", "encode.py", 'or content.rfind(b"null") >= 0', ""),
    Mutant(
        "events are seen",
        "retry.py",
        "return operation.replay and operation.replay_unless not in met",
        "return operation.replay",
    ),
    Mutant("conditional limits", "gates.py", "if rule.when is None or rule.when in met", "if rule.when is None"),
    Mutant("sent again only if", "retry.py", " and (only_if is None or only_if in met)", ""),
    Mutant(
        "what counts is inside",
        "encode.py",
        "if operation.counted is None else _counted_inside",
        "if True else _counted_inside",
    ),
    # routes
    Mutant("a value is one segment", "route.py", 'quote(values[found[1]], safe="")', "quote(values[found[1]])"),
    Mutant("no way to another route", "route.py", '{".", ".."} & set', "set() & set"),
    Mutant("the scope is in the path", "credentials.py", 'quote(self.project_key, safe="")', '"other"'),
    Mutant(
        "dates as the API takes them",
        "check.py",
        "rfc3339(moment) if dates.offset else",
        "rfc3339(moment) if True else",
    ),
    Mutant("names carry types where the API says so", "check.py", "or key in dates.named", ""),
    # the workers of one machine
    Mutant(
        "workers: who was given less goes first", "limiter/machine/state.py", "if (place.start, name) < mine and", "if"
    ),
    Mutant(
        "workers: nobody goes ahead of those before it",
        "limiter/machine/state.py",
        "if (place.start, name) < mine and",
        "if False and",
    ),
    Mutant(
        "workers: one that should have looked has lost its turn",
        "limiter/machine/state.py",
        "place.until + GRACE >= now >= place.due",
        "now >= place.due",
    ),
    Mutant(
        "workers: one that another limit holds up holds up nobody",
        "limiter/machine/state.py",
        "place.until + GRACE >= now >= place.due",
        "place.until + GRACE >= now",
    ),
    Mutant(
        "workers: what all have on its way counts",
        "limiter/machine/state.py",
        "return heard + silent if heard or mine else 0.0",
        "return 0.0",
    ),
    Mutant(
        "workers: what a dead one sent counts",
        "limiter/machine/state.py",
        "return heard + silent if heard or mine else 0.0",
        "return heard",
    ),
    Mutant(
        "workers: what a dead one sent was counted when it arrived",
        "limiter/machine/state.py",
        "self.answered_full_at = counted_at + other.units / self.rate",
        "pass",
    ),
    Mutant(
        "workers: one of all goes ahead",
        "limiter/machine/limiter.py",
        'if not gate.proven and gate.scout not in ("", me) and now < gate.scout_until:',
        "if False:",
    ),
    Mutant(
        "workers: a pause is heard by all", "limiter/machine/limiter.py", "if gate.paused_until > now:", "if False:"
    ),
    Mutant(
        "workers: a rejection counts once",
        "limiter/machine/limiter.py",
        "if ticket.spent_at < gate.paused_at:  #",
        "if False:  #",
    ),
    Mutant(
        "workers: after they went on alone, the limits are empty",
        "limiter/machine/limiter.py",
        "if self._was_away:  #",
        "if False:  #",
    ),
    Mutant("workers: a lost limit holds nothing", "limiter/machine/bucket.py", "if self._is_known:", "if False:"),
    Mutant(
        "workers: one at a time",
        "limiter/machine/file.py",
        "fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)",
        "pass",
    ),
    Mutant(
        "workers: a write that was cut off changes nothing",
        "limiter/machine/file.py",
        "_SLOTS[number % 2]) <",
        "_SLOTS[0]) <",
    ),
    Mutant(
        "workers: a damaged text is none",
        "limiter/machine/file.py",
        "if text and zlib.crc32(text, number % 2**32) == checksum:",
        "if text:",
    ),
    Mutant("workers: no file but ours", "limiter/machine/file.py", "        _check(os.fstat(descriptor))\n", ""),
    Mutant(
        "workers: a clock that went back is another", "limiter/machine/file.py", " and state.seen < now + _AHEAD", ""
    ),
    Mutant(
        "workers: nobody else looks into the directory",
        "limiter/machine/directory.py",
        "if found.st_mode & _OTHERS:",
        "if False:",
    ),
)


def main() -> int:
    chosen = [mutant for mutant in MUTANTS if all(word in mutant.rule for word in sys.argv[1:2])]
    survivors = 0
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / "tree"
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".git", ".venv", ".hypothesis", "__pycache__"))
        runs = [_Run(tree, tests) for tests in TESTS]
        if any(run.fails() for run in runs):
            print("the tests fail as things stand: nothing can be said of mutants")
            return 1
        for number, mutant in enumerate(chosen, 1):
            path = tree / ENGINE / mutant.file
            whole = path.read_text()
            path.write_text(whole.replace(mutant.line, mutant.becomes, 1))
            noticed = any(run.fails() for run in runs)
            path.write_text(whole)
            print(f"{number:3}/{len(chosen)} {'killed  ' if noticed else 'SURVIVED'} {mutant.rule}", flush=True)
            survivors += not noticed
    print(f"{len(chosen) - survivors} of {len(chosen)} killed")
    return 1 if survivors else 0


class _Run:
    """Some of the tests. The first time, as things stand, tells how long they take; a run that takes thrice that hangs."""

    def __init__(self, tree: Path, tests: Sequence[str]) -> None:
        self._tree = tree
        self._tests = tests
        self._seconds: float | None = None

    def fails(self) -> bool:
        """Whether some test fails, or the run hangs."""
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "2", "-p", "no:cacheprovider", *self._tests]
        timeout = None if self._seconds is None else 3 * self._seconds
        began = time.monotonic()
        try:
            ended = subprocess.run(command, cwd=self._tree, capture_output=True, timeout=timeout, check=False)
        except subprocess.TimeoutExpired:
            return True
        self._seconds = self._seconds or time.monotonic() - began
        return ended.returncode != 0


if __name__ == "__main__":
    sys.exit(main())
