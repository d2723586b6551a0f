"""What is said of a host and of a cluster, without one."""

from nasray.app.host_verbs import _described, _share

HEALTH = {
    "version": "0.1.0",
    "up_seconds": 125.0,
    "items": 2048,
    "batches": 16,
    "mean_batch_size": 128.0,
    "batch_size": 256,
    "queue_length": 3,
}


def test_a_host_in_a_line():
    said = _described(HEALTH).replace("\u00a0", " ")
    assert said == "nasray 0.1.0   up 2 min 5 s, 2,048 items in 16 batches of 128.0 (at most 256); 3 waiting"


def test_a_host_that_does_not_answer_is_said_to_be_so():
    assert _described(None) == "no answer within 5 s: it is being restarted, or its node is gone"


def test_what_is_free():
    assert _share("CPU", {"CPU": 1.5}, {"CPU": 8.0}) == "1.5 of 8 CPUs"
    assert _share("GPU", {}, {}) == "0 of 0 GPUs"
