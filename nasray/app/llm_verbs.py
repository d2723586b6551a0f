"""``nasray llm``: what language models will cost, what they have cost, and what they said."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nasray.app.completion import complete_overrides
from nasray.app.exit_codes import exit_codes
from nasray.core.errors import ConfigError, DataError, require

if TYPE_CHECKING:
    from nasray.llm.price import Price

llm = typer.Typer(
    help="Language models: estimate costs, read the ledger, record replies.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

Cache = Annotated[Path, typer.Argument(help="The file of language_model.path.", show_default=False)]


def _prompt_tokens(prompt: Path | None, tokens: int | None) -> int:
    from nasray.llm.message import Message
    from nasray.llm.token_count import rough_prompt_tokens

    require((prompt is None) != (tokens is None), "give either --prompt FILE or --prompt-tokens N")
    if prompt is None:
        return tokens or 0
    try:
        return rough_prompt_tokens([Message("user", prompt.read_text(encoding="utf-8"))])
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"the prompt {prompt} cannot be read ({error}); give a text file") from error


@llm.command(context_settings={"ignore_unknown_options": True})
def estimate(
    words: Annotated[
        list[str],
        typer.Argument(
            help="The overrides of `nasray run`; or, with --prompts, the name of a model as the server knows it.",
            show_default=False,
            autocompletion=complete_overrides,
        ),
    ],
    prompts: Annotated[
        int | None, typer.Option("--prompts", "-n", min=0, help="So many prompts are planned, not a run.")
    ] = None,
    prompt: Annotated[
        Path | None, typer.Option(help="A file with one of them; its tokens are counted roughly.")
    ] = None,
    prompt_tokens: Annotated[int | None, typer.Option(min=0, help="Tokens of one of them, instead.")] = None,
    max_tokens: Annotated[int, typer.Option(min=0, help="Most tokens of a reply.")] = 25,
    price: Annotated[
        tuple[float, float] | None, typer.Option(help="USD for a million tokens read, and written.")
    ] = None,
) -> None:
    """Tokens and money of a planned run, or of a planned number of prompts.

    The run is searched dry, in this process: a fake answers in place of the model, and nothing is paid or trained.

    Example: `nasray llm estimate strategy=screened predictor=language_model language_model=openai`

    Example: `nasray llm estimate gpt-4o-mini --prompts 600 --prompt-tokens 2500`
    """
    from nasray.llm.price import Price

    with exit_codes():
        given = None if price is None else Price(prompt=price[0], completion=price[1])
        if prompts is not None:
            require(len(words) == 1, f"--prompts takes the name of one model and got {' '.join(words)!r}")
            _print_prompts(words[0], prompts, _prompt_tokens(prompt, prompt_tokens), max_tokens, given)
            return
        require(
            prompt is None and prompt_tokens is None and any("=" in word for word in words),
            f"{' '.join(words)!r} without --prompts must be overrides of a run, KEY=VALUE; of prompts, give the "
            "model's name, --prompts N, and --prompt FILE or --prompt-tokens N",
        )
        from nasray.app.planned_run import print_planned

        print_planned(words, given)


def _print_prompts(model: str, prompts: int, each: int, max_tokens: int, given: "Price | None") -> None:
    """Of equal prompts."""
    from nasray.llm.estimate import Estimate
    from nasray.llm.price_table import listed_price

    known = given or listed_price(model)
    plan = Estimate(n_prompts=prompts, prompt_tokens=each, most_completion_tokens=max_tokens, price=known)
    print(
        f"{prompts:,} prompts of about {each:,} tokens: about {plan.total_prompt_tokens:,} read, at most "
        f"{plan.total_completion_tokens:,} written; less what the cache has"
    )
    if known is None or plan.usd is None:
        raise ConfigError(f"no price is known of model {model!r}; give --price READ WRITTEN, in USD a million tokens")
    print(f"at most about {plan.usd:,.4f} USD at {known.prompt:g} and {known.completion:g} USD a million tokens")
    print("price as given" if given else f"price as of {known.as_of}")


@llm.command()
def ledger(path: Cache) -> None:
    """What every model has taken: calls, hits, failures, tokens, money.

    Example: `nasray llm ledger ~/.cache/nasray/data/language_model.sqlite`
    """
    from nasray.llm.ledger import read_ledger

    with exit_codes():
        rows = read_ledger(path)
        for row in rows:
            money = "USD unknown" if row.usd is None else f"{row.usd:,.4f} USD"
            unpriced = f", {row.unpriced:,} calls of unknown price" if row.unpriced and row.usd is not None else ""
            print(
                f"{row.model}: {row.paid:,} paid, {row.hits:,} hits, {row.failed:,} failed, {row.lost:,} lost; "
                f"{row.prompt_tokens:,} tokens read, {row.completion_tokens:,} written; {money}{unpriced}; "
                f"{row.mean_latency_seconds:.2f} s a reply"
            )
            if row.failures:
                print(f"    {', '.join(f'{kind}: {count:,}' for kind, count in row.failures.items())}")
        if not rows:
            print(f"{path} is empty: nothing was asked yet")


@llm.command()
def record(
    path: Cache,
    recording: Annotated[Path, typer.Argument(help="The file to write.", show_default=False)],
    prompts: Annotated[bool, typer.Option(help="Write requests whole, or their keys alone.")] = True,
) -> None:
    """Write every reply of a cache to a file for language_model=replay.

    Example: `nasray llm record ~/.cache/nasray/data/language_model.sqlite replies.jsonl`
    """
    from nasray.llm.recording import cached_replies, write_recording

    with exit_codes():
        print(f"{write_recording(recording, cached_replies(path), prompts=prompts):,} replies in {recording}")
