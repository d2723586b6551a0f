"""Every executor of conf/executor keeps the contract."""

import pytest

from nasray.app.parts import build
from nasray.testing.executor_contract import ExecutorContract
from nasray.testing.unordered_executor import UnorderedExecutor


class TestExecutors(ExecutorContract):
    group = "executor"

    @pytest.fixture
    def make_executor(self, composed, name, request):
        if name.startswith("tune"):
            request.getfixturevalue("ray_cluster")
        return lambda width: build({**composed("executor", name), "workers": 2}, width=width, evaluator_chunk_size=512)


class TestUnordered(ExecutorContract):
    """The fake that other suites rely on."""

    @pytest.fixture
    def make_executor(self):
        return lambda width: UnorderedExecutor(seed=width, most=5)
