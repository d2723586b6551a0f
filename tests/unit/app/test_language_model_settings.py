"""Every option of ``conf/language_model`` can be built, and builds without touching disk or network."""

from pathlib import Path

import pytest
import yaml

from nasray.app.parts import build
from nasray.core.errors import ConfigError
from nasray.llm.metered_model import MeteredModel

OPTIONS = sorted((Path(__file__).resolve().parents[3] / "conf" / "language_model").glob("*.yaml"))
CHOSEN = {"model": "some-model", "name": "someone/some-model", "recording": "replies.jsonl"}


@pytest.mark.parametrize("path", OPTIONS, ids=lambda path: path.stem)
def test_an_option_is_a_service(path, tmp_path):
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    config["client"] = {key: CHOSEN[key] if value == "???" else value for key, value in config["client"].items()}
    config["path"] = config["path"].replace("${paths.data}", str(tmp_path / "data"))
    service = build(config)
    assert isinstance(service, MeteredModel)
    assert service.model
    assert not (tmp_path / "data").exists()


def test_a_hosted_model_without_a_price_is_refused_as_long_as_money_is_capped(tmp_path):
    config = yaml.safe_load(next(path for path in OPTIONS if path.stem == "openai").read_text(encoding="utf-8"))
    config["client"]["model"] = "brand-new"
    with pytest.raises(ConfigError, match="no price is known of model 'brand-new'"):
        build(config)
