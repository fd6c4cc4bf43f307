from __future__ import annotations

import numpy as np

from clustering.terms import describing_terms

TEXTS = ["comet orbit word", "comet tail word", "bread oven word", "bread bread flour word"]


def test_terms_tell_clusters_apart() -> None:
    terms = describing_terms(TEXTS, np.array([0, 0, 1, 1]), count=2)
    assert terms[0][0] == "comet"
    assert terms[1][0] == "bread"
    assert "word" not in terms[0] + terms[1]


def test_noise_has_terms_too() -> None:
    assert set(describing_terms(TEXTS, np.array([0, 0, 0, -1]))) == {0, -1}


def test_weights_follow_the_published_formula() -> None:
    # cluster 0: a a b (2/3, 1/3), cluster 1: b (1); A = 2 words a cluster; a and b occur twice each.
    terms = describing_terms(["xa xa", "xb", "xb"], np.array([0, 0, 1]))
    assert terms == {0: ["xa", "xb"], 1: ["xb"]}


def test_texts_of_stop_words_alone_have_no_terms() -> None:
    assert describing_terms(["the of", "and"], np.array([0, 1])) == {0: [], 1: []}
