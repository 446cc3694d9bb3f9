import pytest

from duality.words import did_you_mean, nearest


@pytest.mark.parametrize(
    ("word", "meant"),
    [("SimCRL", "SimCLR"), ("simclr", "SimCLR"), ("VICREG", "VICReg"), ("vicregctr", "VICRegCtr"), ("xyz", None)],
)
def test_the_nearest_word_whatever_its_case(word, meant):
    assert nearest(word, ["SimCLR", "VICReg", "VICRegCtr"]) == meant


def test_what_a_message_adds():
    assert did_you_mean("DIGITZ", ["digits", "imagenet"]) == " (did you mean digits?)"
    assert did_you_mean("nothing", ["digits", "imagenet"]) == ""
    assert did_you_mean("", []) == ""


def test_a_likeness_too_small_can_be_asked_for():
    assert nearest("thm3", ["thm-3.3"], cutoff=0.9) is None
    assert nearest("thm3", ["thm-3.3"], cutoff=0.4) == "thm-3.3"
