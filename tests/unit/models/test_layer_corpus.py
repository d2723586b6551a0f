"""Networks as text and back; what is lost on the way is an alarm."""

from dataclasses import replace

import pytest

from nasray.core.errors import DataError
from nasray.core.layer_properties import LayerProperties
from nasray.models.human_networks.googlenet import googlenet
from nasray.models.human_networks.shufflenets import shufflenets
from nasray.models.layer_corpus import (
    BlockLayers,
    NetworkLayers,
    check_decoded,
    distinct_structures,
    read_corpus,
    write_corpus,
)

RELU = LayerProperties(family="other", id=0, name="relu", in_size=(2, 4, 4), out_size=(2, 4, 4), value=())
NORM = replace(RELU, id=1, name="batch_norm")
AGAIN = replace(RELU, id=2)
SMALL = NetworkLayers("net", "Some Nets", (BlockLayers("relu", (RELU,)), BlockLayers("mixed", (NORM, AGAIN))))
TEXT = (
    "network net Some Nets\n"
    "block relu\n"
    "other id=0 name=relu in_size=2,4,4 out_size=2,4,4 value=\n"
    "block mixed\n"
    "other id=1 name=batch_norm in_size=2,4,4 out_size=2,4,4 value=\n"
    "other id=2 name=relu in_size=2,4,4 out_size=2,4,4 value=\n"
)


def test_text_goes_there_and_back():
    assert write_corpus([SMALL]) == TEXT
    assert read_corpus(TEXT) == [SMALL]
    assert read_corpus("") == []


def test_published_networks_go_there_and_back():
    networks = [one.layers((3, 64, 64)) for one in (googlenet(), *shufflenets()[:1])]
    assert read_corpus(write_corpus(networks)) == networks


def test_layers_alike_are_one_structure():
    assert distinct_structures(SMALL.layers()) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("other id=0", "corpus line 1, 'other id=0', cannot be read; a corpus begins"),
        ("block relu", "corpus line 1, 'block relu', cannot be read"),
        ("network net", "corpus line 1, 'network net', cannot be read"),
        ("network net Nets\nother id=0", "corpus line 2, .* cannot be read; a corpus begins"),
        (
            TEXT.replace("id=2 name=relu", "id=2 label=relu"),
            r"corpus line 6 \(network net, block 1, mixed, layer 1 of the block\): layer line .* cannot be read",
        ),
        (TEXT + "\n", r"corpus line 7 \(network net, block 1, mixed, layer 2 of the block\): layer line ''"),
        (TEXT.replace("id=2", "id=3"), r"network net: its layers have the ids \[0, 1, 3\]"),
    ],
)
def test_lines_that_cannot_be_read_are_refused(text, message):
    with pytest.raises(DataError, match=message):
        read_corpus(text)


def test_names_that_could_not_be_read_again_are_refused():
    with pytest.raises(DataError, match=r"network 'two words': names \[\] must be printable"):
        NetworkLayers("two words", "Nets", ())
    with pytest.raises(DataError, match=r"names \['a\\nb'\] must be printable"):
        NetworkLayers("net", "a\nb", ())


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ([], "encode-decode loss: corpus of 1 networks came back as 0 networks"),
        ([replace(SMALL, name="other")], "loss: network net of 2 blocks came back as other"),
        ([replace(SMALL, blocks=SMALL.blocks[:1])], "loss: network net of 2 blocks"),
        (
            [replace(SMALL, blocks=(SMALL.blocks[0], BlockLayers("mixed", (NORM, replace(AGAIN, name="silu")))))],
            r"loss: network net, block 1 \(mixed\), layer 2 came back as 'other id=2 name=silu",
        ),
        (
            [replace(SMALL, blocks=(SMALL.blocks[0], BlockLayers("mixed", (NORM,))))],
            r"loss: network net, block 1 \(mixed\) of 2 layers came back as mixed, 1",
        ),
    ],
)
def test_a_loss_is_an_alarm(found, message):
    with pytest.raises(DataError, match=message):
        check_decoded([SMALL], found)


def test_no_loss_is_no_alarm():
    check_decoded([SMALL], [SMALL])
