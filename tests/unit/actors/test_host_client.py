"""What a client of a host keeps when it is copied and when it travels."""

import pickle
from copy import deepcopy
from typing import Any

from nasray.actors.identity import Identity
from nasray.actors.remote_generator import RemoteGenerator


def test_a_copy_can_start_the_host_as_well_and_what_travels_cannot():
    recipe: Any = object()
    client = RemoteGenerator(identity=Identity(name="gpt", configuration="c"), recipe=recipe)
    client._knowledge = "taught"
    copied = deepcopy(client)
    assert copied.recipe is recipe
    assert (copied.identity, copied._knowledge) == (client.identity, "taught")
    copied._knowledge = "more"
    assert client._knowledge == "taught"
    travelled = pickle.loads(pickle.dumps(client))
    assert travelled.recipe is None
    assert travelled._knowledge == "taught"
