"""How fast the language model's service answers what it has answered before.

Run: ``python benchmarks/llm_cache_speed.py``. Prompts as long as those of LLM-PP (about 8,000 characters, built anew
and hashed each time) are asked once of a fake, then again and again. The last line is one JSON object:
``cached_completions_per_second`` by one thread, median over the rounds, ledger on disk included;
``cached_completions_per_second_of_8_threads`` likewise; ``first_completions_per_second``, two commits with fsync each,
which bounds what a client may reach; ``prompts`` and ``prompt_characters``.
"""

import argparse
import json
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

from nasray.llm.caps import Caps
from nasray.llm.fake import Fake
from nasray.llm.limiter import Limiter
from nasray.llm.message import Message
from nasray.llm.metered_model import MeteredModel
from nasray.llm.price import Price
from nasray.llm.request import Request
from nasray.llm.retries import Retries

ROUNDS = 5
THREADS = 8
BODY = "decoder-ffn-embed-dim-subtransformer: [3072, 2048, 1024, 3072, 2048, 1024]\n" * 106


def service(folder: Path) -> MeteredModel:
    return MeteredModel(
        client=Fake(model="fake", latency_seconds=0.0),
        path=str(folder / "cache.sqlite"),
        caps=Caps(usd=1e9, tokens=10**12, calls=10**9),
        limiter=Limiter(requests_per_minute=None, tokens_per_minute=None),
        retries=Retries(attempts=1, first_wait_seconds=0.0, most_wait_seconds=0.0),
        price=Price(prompt=1.0, completion=1.0),
        concurrency=1,
    )


def request(number: int) -> Request:
    said = (Message("system", "You estimate BLEU."), Message("user", f"{BODY}architecture {number}\nBLEU:"))
    return Request(model="fake", messages=said, temperature=0.0, max_tokens=25)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", type=int, default=1_000)
    n = parser.parse_args().prompts
    alone: list[float] = []
    together: list[float] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        service(Path(folder)) as model,
        ThreadPoolExecutor(THREADS) as threads,
    ):
        start = time.perf_counter()
        first = [model.complete(request(number)).text for number in range(n)]
        first_rate = n / (time.perf_counter() - start)
        for _ in range(ROUNDS):
            start = time.perf_counter()
            again = [model.complete(request(number)) for number in range(n)]
            alone.append(n / (time.perf_counter() - start))
            assert [reply.text for reply in again] == first
            assert all(reply.hit for reply in again)
            start = time.perf_counter()
            list(threads.map(lambda number: model.complete(request(number)), range(n)))
            together.append(n / (time.perf_counter() - start))
    print(f"bar: > 2,000 cached completions a second ({n:,} prompts of {len(BODY):,} characters, {ROUNDS} rounds)")
    figures = {
        "cached_completions_per_second": round(median(alone)),
        f"cached_completions_per_second_of_{THREADS}_threads": round(median(together)),
        "first_completions_per_second": round(first_rate),
        "prompts": n,
        "prompt_characters": len(BODY),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
