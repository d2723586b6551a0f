"""A model in this process, from a folder or the hub."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from nasray.core.errors import ConfigError, require
from nasray.llm.call_error import CallError
from nasray.llm.reply import Reply
from nasray.llm.request import Request

_PROBE_SECONDS = 5.0  # transformers asks for each of its files six times over before it gives the hub up
_ENDS = 1 << 20  # bytes at either end of a file that go into its hash: weights of billions take minutes to read


class _Loaded(NamedTuple):
    tokenizer: Any
    network: Any
    context: int


@dataclass(kw_only=True)
class TransformersClient:
    """A causal language model run by ``transformers``, one request at a time.

    At temperature 0 the most likely token is taken; otherwise all tokens are drawn from (no top-k, no top-p, no
    penalty of repetitions, whatever the model's own defaults), with random numbers that are a function of the request.

    Args:
        name: A folder, or a name on the hub.
        revision: Commit on the hub; None for a folder.
        device: ``cpu``, ``cuda``, …
        dtype: Of the weights: ``float32``, ``bfloat16``, … or ``auto`` as they were saved.
        torch_threads: Threads of torch on the CPU.

    Raises:
        ConfigError: A value is impossible.
    """

    name: str
    revision: str | None
    device: str
    dtype: str
    torch_threads: int

    def __post_init__(self) -> None:
        """Check; load nothing."""
        require(self.torch_threads >= 1, f"client.torch_threads ({self.torch_threads}) must be at least 1")
        self._lock = Lock()
        self._loaded: _Loaded | None = None

    @cached_property
    def model(self) -> str:
        """The name with the revision or the hash of the folder: other weights are another model.

        Raises:
            ConfigError: What looks like a folder is none.
        """
        folder = Path(self.name).expanduser()
        if folder.is_dir():
            return f"{folder.resolve().name}@{_folder_hash(folder)}"
        require(
            not (folder.is_absolute() or self.name.startswith((".", "~")) or len(folder.parts) > 2),
            f"client.name ({self.name!r}) must be a folder with a model, or a name on the hub; there is no such folder",
        )
        return f"{self.name}@{self.revision or 'main'}"

    @property
    def source(self) -> str:
        """The library and the device."""
        return f"transformers {self.device}"

    def complete(self, request: Request) -> Reply:
        """One generation.

        Raises:
            CallError: The request does not fit into the model's context.
            ConfigError: The model cannot be loaded.
        """
        import torch

        with self._lock:
            loaded = self._load()
            prompt = _encoded(loaded.tokenizer, request).to(self.device)
            n_read = prompt.shape[1]
            if n_read + request.max_tokens > loaded.context:
                raise CallError(
                    f"{self.model} reads {n_read:,} tokens and should write up to {request.max_tokens:,}, but its "
                    f"context has {loaded.context:,}; shorten the prompt, or ask for fewer max_tokens",
                    kind="too_long",
                )
            devices = [self.device] if self.device.startswith("cuda") else []
            before = torch.get_num_threads()
            torch.set_num_threads(self.torch_threads)
            try:
                with torch.random.fork_rng(devices=devices), torch.inference_mode():
                    torch.manual_seed(int(request.key[:15], 16))
                    written = loaded.network.generate(
                        prompt, attention_mask=torch.ones_like(prompt), **_sampling(request)
                    )[0, n_read:].tolist()
            finally:
                torch.set_num_threads(before)
            text = loaded.tokenizer.decode(written, skip_special_tokens=True)
            ended = bool(written) and written[-1] in _ends(loaded.network)
        return Reply(
            text=text,
            source=self.source,
            prompt_tokens=n_read,
            completion_tokens=len(written),
            finish="stop" if ended or len(written) < request.max_tokens else "length",
        )

    def __getstate__(self) -> dict[str, Any]:
        """Settings alone: weights are loaded where they are used."""
        return {name: value for name, value in self.__dict__.items() if not name.startswith("_")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Load anew where it arrives."""
        self.__dict__.update(state)
        self.__post_init__()

    def _load(self) -> _Loaded:
        if self._loaded is None:
            from safetensors import SafetensorError
            from transformers import AutoModelForCausalLM, AutoTokenizer

            where, unreached = _place(self.name, self.revision)
            try:
                tokenizer = AutoTokenizer.from_pretrained(**where)
                loaded: Any = AutoModelForCausalLM.from_pretrained(**where, dtype=self.dtype)
                network: Any = loaded.to(self.device).eval()
            except (OSError, ValueError, RuntimeError, SafetensorError) as error:
                said = f"{type(error).__name__}: {_first_line(error)}{unreached}"
                raise ConfigError(
                    f"language model {self.name!r} cannot be loaded ({said}); give the folder of a downloaded causal "
                    "language model, or a name on the hub where it can be reached"
                ) from error
            context = int(getattr(network.config, "max_position_embeddings", 0) or 2**31)
            self._loaded = _Loaded(tokenizer, network, context)
        return self._loaded


def _place(name: str, revision: str | None) -> tuple[dict[str, Any], str]:
    """Arguments of ``from_pretrained``; where the hub does not answer, for what was downloaded before, and why not."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    folder = Path(name).expanduser()
    if folder.is_dir():
        return {"pretrained_model_name_or_path": str(folder)}, ""
    where: dict[str, Any] = {"pretrained_model_name_or_path": name, "revision": revision or "main"}
    faults: Any = HfHubHTTPError.__bases__  # those of its HTTP library, which has changed twice, and OSError
    try:
        HfApi().model_info(name, revision=revision, timeout=_PROBE_SECONDS)
    except faults as error:
        return {**where, "local_files_only": True}, f"; the hub: {_first_line(error)}"
    except ValueError as error:
        raise ConfigError(f"client.name ({name!r}) is no folder, and no name on the hub either: {error}") from error
    return where, ""


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:120]


def _folder_hash(folder: Path) -> str:
    """The first 12 digits of a hash of the files: names, sizes, and both ends of their contents."""
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.is_file() and not path.name.startswith("."):
            size = path.stat().st_size
            digest.update(f"{path.name} {size}\n".encode())
            with path.open("rb") as file:
                digest.update(file.read(_ENDS))
                file.seek(max(0, size - _ENDS))
                digest.update(file.read(_ENDS))
    return digest.hexdigest()[:12]


def _encoded(tokenizer: Any, request: Request) -> Any:
    """``(1, T)`` token ids of the conversation, by the model's chat template when it has one."""
    if tokenizer.chat_template:
        said = [message._asdict() for message in request.messages]
        text = tokenizer.apply_chat_template(said, add_generation_prompt=True, tokenize=False)
        return tokenizer(text, return_tensors="pt", add_special_tokens=False).input_ids
    text = "\n\n".join(message.content for message in request.messages)
    return tokenizer(text, return_tensors="pt").input_ids


def _sampling(request: Request) -> dict[str, Any]:
    """Arguments of ``generate`` that leave nothing to the model's defaults."""
    shared = {"max_new_tokens": request.max_tokens, "num_beams": 1, "repetition_penalty": 1.0}
    if request.temperature == 0:
        return {**shared, "do_sample": False, "temperature": None, "top_p": None, "top_k": None}
    return {**shared, "do_sample": True, "temperature": request.temperature, "top_p": 1.0, "top_k": 0}


def _ends(network: Any) -> set[int]:
    """Ids of the tokens that end a text."""
    ends = network.generation_config.eos_token_id
    return set(ends) if isinstance(ends, list) else {ends}
