"""A model behind an OpenAI-compatible server: OpenAI, Azure, vLLM, Ollama, llama.cpp, ``transformers serve``."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import Any, Literal, NoReturn
from urllib.parse import urlsplit

from openai import APIConnectionError, APIResponseValidationError, APIStatusError, APITimeoutError, OpenAI
from openai.types.chat import ChatCompletion, ChatCompletionMessage
from openai.types.chat.chat_completion import Choice

from nasray.core.errors import require
from nasray.core.writable import writable
from nasray.llm.call_error import CallError
from nasray.llm.reply import Reply
from nasray.llm.request import Request
from nasray.llm.token_count import most_prompt_tokens

_NEVER_SENT = {
    "ConnectError",
    "ConnectTimeout",
    "PoolTimeout",
    "UnsupportedProtocol",
    "LocalProtocolError",
    "ProxyError",
}
_NO_KEY = "none"  # the package insists on one; servers without keys ignore it
_MOST_SHOWN = 200


@dataclass(kw_only=True)
class OpenAIClient:
    """Chat completions over HTTP. Retries are left to the service.

    The key is read from the environment when the first request is sent, by the process that sends it, so that a run
    whose replies are all there needs none. It is kept in memory alone and struck out of whatever a server says.

    Args:
        model: Name of the model, as the server knows it.
        base_url: Where the server is, up to and with ``/v1``.
        key_variable: Name of the environment variable that has the key; None for a server without keys.
        timeout_seconds: How long a reply may take.
        response_format: How a request's schema is sent: not at all (``none``), as ``json_object``, or as
            ``json_schema``; depends on the server. Changing it does not ask again for what was replied.
        max_tokens_field: What the server calls the limit: ``max_tokens``, or ``max_completion_tokens``.
        sends_seed: Whether the server takes a seed, which makes its samples repeatable; the sample's number is sent.

    Raises:
        ConfigError: The address is none, or has a user, a password or a query in it.
    """

    model: str
    base_url: str
    key_variable: str | None
    timeout_seconds: float
    response_format: Literal["none", "json_object", "json_schema"]
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"]
    sends_seed: bool

    def __post_init__(self) -> None:
        """Check the address; connect to nothing."""
        parts = urlsplit(self.base_url)
        require(
            parts.scheme in ("http", "https") and bool(parts.hostname),
            f"client.base_url ({self.base_url!r}) must be an http(s) address, e.g. http://127.0.0.1:8000/v1",
        )
        require(
            "@" not in parts.netloc and not parts.query,
            f"client.base_url of {parts.hostname} has a user or a query in it; addresses are written to manifests: "
            "name an environment variable that has the key in client.key_variable",
        )
        require(self.timeout_seconds > 0, f"client.timeout_seconds ({self.timeout_seconds}) must be positive")
        self._lock = Lock()
        self._connection: OpenAI | None = None

    @property
    def source(self) -> str:
        """The server's address."""
        return f"openai {self.base_url}"

    def complete(self, request: Request) -> Reply:
        """One call.

        Raises:
            CallError: No reply came; says whether another call could help.
            ConfigError: The environment has no usable key.
        """
        try:
            got = self._connect().chat.completions.create(**self._body(request))
        except APIStatusError as error:
            self._refused(error)
        except APIConnectionError as error:
            self._unreached(error)
        except (APIResponseValidationError, ValueError):
            self._garbled("what came is no JSON")
        choice = self._choice(got)
        return Reply(
            text=self._struck(choice.message.content or ""),
            source=self.source,
            prompt_tokens=_counted(got, "prompt_tokens", most_prompt_tokens(request)),
            completion_tokens=_counted(got, "completion_tokens", request.max_tokens),
            finish=self._struck(str(choice.finish_reason or "stop")),
        )

    def __getstate__(self) -> dict[str, Any]:
        """Settings alone: connections and keys stay in this process."""
        return {name: value for name, value in self.__dict__.items() if not name.startswith("_")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Connect anew where it arrives."""
        self.__init__(**state)

    def _body(self, request: Request) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": request.model,
            "messages": [message._asdict() for message in request.messages],
            "temperature": request.temperature,
            self.max_tokens_field: request.max_tokens,
        }
        if self.sends_seed:
            body["seed"] = request.sample
        if request.schema and self.response_format == "json_object":
            body["response_format"] = {"type": "json_object"}
        if request.schema and self.response_format == "json_schema":
            schema = {"name": "reply", "strict": True, "schema": json.loads(request.schema)}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        return body

    def _connect(self) -> OpenAI:
        with self._lock:
            if self._connection is None:
                self._connection = OpenAI(
                    api_key=self._key() or _NO_KEY,
                    base_url=self.base_url,
                    timeout=self.timeout_seconds,
                    max_retries=0,
                )
            return self._connection

    def _key(self) -> str:
        if self.key_variable is None:
            return ""
        key = os.environ.get(self.key_variable, "").strip()
        require(
            bool(key),
            f"the environment variable {self.key_variable} is not set, but the server {self.base_url} needs a key; set "
            "it in the shell of the process that asks, or client.key_variable=null for a server without keys",
        )
        require(
            key.isascii() and key.isprintable() and " " not in key,
            f"the key in {self.key_variable} has characters that no header may have; copy it again",
        )
        return key

    def _choice(self, got: object) -> Choice:
        """The first choice, whose message has a text or none; the package passes on whatever else a server sends."""
        choices = got.choices if isinstance(got, ChatCompletion) else None
        if not isinstance(choices, list) or not choices:
            self._garbled("a reply without choices came")
        message = getattr(choices[0], "message", None)
        if not isinstance(message, ChatCompletionMessage) or not isinstance(message.content, str | None):
            self._garbled("a choice without a text came")
        return choices[0]

    def _struck(self, text: str) -> str:
        """``text`` without the key, should a server repeat it, and such as can be kept."""
        key = os.environ.get(self.key_variable or "", "").strip()
        return writable(text.replace(key, "***") if key else text)

    def _refused(self, error: APIStatusError) -> NoReturn:
        """The server answered with an error. Nothing of its exception is chained: it may hold what we struck out."""
        status, said = error.status_code, self._struck(str(error.message))[:_MOST_SHOWN]
        asked = _retry_after(error.response.headers)
        kind, retryable, remedy = _judged(status, str(error.code or ""), self.key_variable)
        wait = f", and asked to wait {asked:g} s" if asked is not None else ""
        raise CallError(
            f"{self.source} refused model {self.model!r} with status {status} ({said}){wait}; {remedy}",
            kind=kind,
            retryable=retryable,
            retry_after=asked,
        ) from None

    def _unreached(self, error: APIConnectionError) -> NoReturn:
        sent = type(error.__cause__).__name__ not in _NEVER_SENT
        if isinstance(error, APITimeoutError):
            raise CallError(
                f"{self.source} did not answer within client.timeout_seconds={self.timeout_seconds:g}; raise it, ask "
                "for fewer max_tokens, or look at the server",
                kind="timeout",
                retryable=True,
                billed=sent,
            ) from None
        said = "broke off" if sent else "cannot be reached"
        raise CallError(
            f"{self.source} {said} ({type(error.__cause__).__name__}); start the server, or correct client.base_url",
            kind="broke_off" if sent else "unreachable",
            retryable=True,
            billed=sent,
        ) from None

    def _garbled(self, what: str) -> NoReturn:
        raise CallError(
            f"{self.source} is no OpenAI-compatible server, or a broken one: {what}; correct client.base_url (it ends "
            "in /v1), or look at the server",
            kind="garbled",
            retryable=True,
            billed=True,
        ) from None


def _counted(got: object, what: str, most: int) -> int:
    """Tokens; a server that does not count is charged at the most, or a cap could be passed unseen."""
    count = getattr(getattr(got, "usage", None), what, None)
    return count if isinstance(count, int) and count >= 0 else most


def _judged(status: int, code: str, key_variable: str | None) -> tuple[str, bool, str]:
    """Kind, whether another call could help, and the remedy."""
    if status in (401, 403):
        return (
            "key_refused",
            False,
            f"put a valid key into the environment variable {key_variable or '(none is named)'}",
        )
    if status == 404:
        return (
            "unknown_model",
            False,
            "ask the server for the models it has, and correct client.model or client.base_url",
        )
    if code == "insufficient_quota":
        return "no_quota", False, "the account has no money left: the provider has to be paid"
    if status == 429:
        return "rate_limit", True, "set limiter.requests_per_minute and tokens_per_minute to what the server allows"
    if status in (408, 409) or status >= 500:
        return "server_error", True, "look at the server, and go on later"
    return "bad_request", False, "the server does not take such a request; correct the setting that it names"


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asked to wait: a number, or a date (RFC 9110, 10.2.3)."""
    said = headers.get("retry-after", "").strip()
    try:
        return max(0.0, float(said))
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return None
    return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
