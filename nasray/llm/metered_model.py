"""The metered service around a client."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from pathlib import Path
from threading import Lock
from typing import Any, Self

from nasray.core.errors import ConfigError, DataError, NasrayError, require
from nasray.llm.call_error import CallError
from nasray.llm.caps import Caps
from nasray.llm.client import Client
from nasray.llm.ledger_entry import LedgerEntry, Status
from nasray.llm.limiter import Limiter
from nasray.llm.meter import Meter
from nasray.llm.price import Price
from nasray.llm.price_table import listed_price
from nasray.llm.reply import Reply
from nasray.llm.reply_store import NOT_SENT, ReplyStore
from nasray.llm.request import Request
from nasray.llm.retries import Retries
from nasray.llm.single_flight import SingleFlight
from nasray.llm.spent import Spent
from nasray.llm.token_count import most_prompt_tokens, rough_prompt_tokens


@dataclass(kw_only=True)
class MeteredModel:
    """A language model whose replies are kept, shared, limited, retried, capped and accounted for.

    One process owns its file; on a cluster that process is a host, and ``answers`` is what the host calls. Built
    without touching disk or network, and pickled as its settings: the file is opened by the first request. Safe for
    threads.

    Args:
        client: Who really answers.
        path: The SQLite file with cache and ledger, on a local disk.
        caps: Limits on everything that the ledger holds.
        limiter: Rates that the server allows.
        retries: How failed calls are made again.
        price: Of tokens; None to look the model up in the list of prices.
        concurrency: Most requests of one ``answers`` that wait for the client at once.
        sleep: Waits so many seconds.

    Raises:
        ConfigError: Money is capped and the price is unknown, or a value is impossible.
    """

    client: Client
    path: Path | str
    caps: Caps
    limiter: Limiter
    retries: Retries
    price: Price | None
    concurrency: int
    sleep: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        """Look up the price; open nothing."""
        require(self.concurrency >= 1, f"language_model.concurrency ({self.concurrency}) must be at least 1")
        self._price = self.price or listed_price(self.client.model)
        require(
            self._price is not None or self.caps.usd is None,
            f"caps.usd ({self.caps.usd}) cannot be kept: no price is known of model {self.client.model!r}; give "
            "language_model.price in US dollars for a million tokens, or cap tokens and calls with caps.usd=null",
        )
        self._opening = Lock()
        self._opened: tuple[ReplyStore, Meter] | None = None
        self._flights: SingleFlight[Reply] = SingleFlight()

    @property
    def model(self) -> str:
        """The name that requests must bear."""
        return self.client.model

    def complete(self, request: Request) -> Reply:
        """The reply: from the cache, from whoever is asking the same just now, or from the client.

        Raises:
            CallError: The client failed, retries included.
            CapReached: A cap could be passed.
            ConfigError: The request bears another model's name, or the client lacks its key or its weights.
            DataError: The client cannot read its recording.
            RecordError: The file cannot be used.
        """
        require(
            request.model == self.model,
            f"a request for model {request.model!r} reached {self.model!r}; ask with the model of the service",
        )
        start = time.perf_counter()
        store, _ = self._open()
        if (known := store.reply(request.key)) is not None:
            return self._free(request, known, "hit", start)
        with self._flights.board(request.key) as (flight, leads):
            if not leads:
                return self._free(request, flight.result(), "joined", start)
            # Between the look above and the boarding, an earlier leader may have landed.
            known = store.reply(request.key)
            reply = self._bought(request) if known is None else self._free(request, known, "hit", start)
            flight.set_result(reply)
            return reply

    def answers(self, requests: Sequence[Request]) -> list[Reply | NasrayError]:
        """A reply or an error for each request, asked at once: a failure spoils its own request and no other.

        An object that is there twice, as in a host's padded batch, is asked once.
        """
        distinct = {id(request): request for request in requests}
        with ThreadPoolExecutor(max_workers=min(self.concurrency, max(1, len(distinct)))) as threads:
            answered = dict(zip(distinct, threads.map(self._answer, distinct.values()), strict=True))
        return [answered[id(request)] for request in requests]

    def close(self) -> None:
        """Write what waits and let another process own the file; the next request opens it again."""
        with self._opening:
            if self._opened is not None:
                self._opened[0].close()
            self._opened = None

    def __enter__(self) -> Self:
        """Open nothing yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def __deepcopy__(self, _: dict[int, Any]) -> Self:
        """Copies of a part share the service: the file has one owner."""
        return self

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Pickle as settings: file, locks and connections belong to this process."""
        return _rebuilt, (type(self), {one.name: getattr(self, one.name) for one in fields(self)})

    def _open(self) -> tuple[ReplyStore, Meter]:
        if (opened := self._opened) is not None:
            return opened
        with self._opening:
            if self._opened is None:
                store = ReplyStore(Path(self.path))
                self._opened = store, Meter(self.caps, store.spent())
            return self._opened

    def _answer(self, request: Request) -> Reply | NasrayError:
        try:
            return self.complete(request)
        except NasrayError as error:
            return error

    def _free(self, request: Request, reply: Reply, status: Status, start: float) -> Reply:
        """A reply that costs nothing now, noted in the ledger."""
        seconds = time.perf_counter() - start
        entry = self._entry(request, reply.source, status)
        self._open()[0].note(entry._replace(latency_seconds=seconds))
        return replace(reply, hit=True, usd=0.0, latency_seconds=seconds)

    def _bought(self, request: Request) -> Reply:
        spread = int(request.key[:8], 16) / 2**32
        return self.retries.call(lambda: self._attempt(request), spread, self.sleep)

    def _attempt(self, request: Request) -> Reply:
        """One call: admitted by the caps, then by the limiter, written down before and after."""
        store, meter = self._open()
        most = self._cost(most_prompt_tokens(request), request.max_tokens)
        with meter.flight(most) as bill:
            self.limiter.wait(rough_prompt_tokens(request.messages) + request.max_tokens)
            call = store.begin(request, self.client.source, most, priced=self._price is not None)
            start = time.perf_counter()
            bill.append(most)  # until it is known better: an interruption must not make the call free
            try:
                reply = self.client.complete(request)
            except (ConfigError, DataError):  # no key, no weights, no recording
                bill.clear()
                store.settle(call, self._failed(request, NOT_SENT, Spent(), time.perf_counter() - start), None)
                raise
            except CallError as error:
                bill[0] = most if error.billed else Spent(calls=1)
                store.settle(call, self._failed(request, error.kind, bill[0], time.perf_counter() - start), None)
                if error.retry_after is not None:
                    self.limiter.hold(min(error.retry_after, self.retries.most_wait_seconds))
                raise
            seconds = time.perf_counter() - start
            bill[0] = self._cost(reply.prompt_tokens, reply.completion_tokens)
            usd = bill[0].usd if self._price is not None else None
            reply = replace(reply, latency_seconds=seconds, usd=usd)
            store.settle(call, self._paid(request, reply), (request, reply))
            return reply

    def _cost(self, prompt_tokens: int, completion_tokens: int) -> Spent:
        usd = self._price.usd(prompt_tokens, completion_tokens) if self._price else 0.0
        return Spent(1, prompt_tokens + completion_tokens, usd)

    def _entry(self, request: Request, source: str, status: Status) -> LedgerEntry:
        return LedgerEntry(time.time(), request.key, request.prompt_hash, request.model, source, status)

    def _paid(self, request: Request, reply: Reply) -> LedgerEntry:
        return self._entry(request, reply.source, "paid")._replace(
            prompt_tokens=reply.prompt_tokens,
            completion_tokens=reply.completion_tokens,
            usd=reply.usd,
            latency_seconds=reply.latency_seconds,
        )

    def _failed(self, request: Request, reason: str, cost: Spent, seconds: float) -> LedgerEntry:
        return self._entry(request, self.client.source, "failed")._replace(
            prompt_tokens=cost.tokens,
            usd=cost.usd if self._price is not None else None,
            latency_seconds=seconds,
            reason=reason,
        )


def _rebuilt(kind: type[MeteredModel], settings: dict[str, Any]) -> MeteredModel:
    return kind(**settings)
