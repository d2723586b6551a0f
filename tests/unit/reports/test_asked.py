"""What a run took of a language model, in one line."""

from nasray.llm.tally import Tally
from nasray.reports.asked import asked


def test_everything_that_happened_is_in_one_line():
    tally = Tally(sources=["openai URL"], paid=1, hits=2, prompt_tokens=1500, completion_tokens=25, usd=0.5, unpriced=1)
    tally.failures["timeout"] = 3
    tally.refusals["not_json"] = 4
    tally.unanswered = 2
    assert asked({"model": "m", **tally.to_json()}).replace("\N{NO-BREAK SPACE}", " ") == (
        "m (openai URL): 1 reply for 0.5000 USD and 1 of unknown price; 1,500 tokens read, 25 written; "
        "2 from the cache; 3 failed: timeout; 4 refused: not_json; "
        "2 questions without a usable reply, for which a stand-in was taken"
    )
    assert asked({"model": "m", **Tally().to_json()}).startswith("m (never asked): 0")
