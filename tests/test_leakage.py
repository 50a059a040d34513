"""Leakage: planted twins are found, and splitting by patient closes the leak."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils import leakage, load
from course_utils.errors import CourseError
from course_utils.look.twins import find_duplicates


@pytest.fixture(scope="module")
def data():
    return load("breastmnist", source="sample")


def test_the_planted_twin_is_found_by_the_duplicate_search(data):
    assert not find_duplicates(data)
    before = data.test.images.copy()
    (pair,) = find_duplicates(leakage.plant_twin(data))
    assert (pair.first, pair.second, pair.same_label) == (("train", 115), ("test", 76), False)
    assert np.array_equal(data.test.images, before)
    near = leakage.nearest(leakage.plant_twin(data))
    assert near.index[76] == 115 and near.similarity[76] == pytest.approx(1)
    assert near.answer[76] != leakage.plant_twin(data).test.y[76]


def test_a_twin_needs_two_classes():
    with pytest.raises(CourseError, match="binary"):
        leakage.plant_twin(load("pathmnist", source="sample"))


def test_visits_give_each_patient_one_label(data):
    seen = leakage.visits(data.train, patients=20, each=4)
    assert seen.images.shape == (80, 28, 28) and seen.images.dtype == np.uint8
    for one in range(20):
        mine = seen.patient == one
        assert mine.sum() == 4 and len(set(seen.y[mine])) == 1
    assert seen.y.sum() == 40


def test_a_split_by_image_leaks_and_a_split_by_patient_does_not(data):
    seen = leakage.visits(data.train)
    by_image, by_patient = [], []
    for seed in range(6):
        by_image.append(leakage.vote(seen.images, seen.y, leakage.split_images(len(seen.y), seed=seed)))
        by_patient.append(leakage.vote(seen.images, seen.y, leakage.split_patients(seen.patient, seed=seed)))
    assert np.mean(by_image) > 0.75 > 0.65 > np.mean(by_patient)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 99), share=st.sampled_from([0.3, 0.5, 0.8]))
def test_no_patient_stands_on_both_sides(seed, share):
    patient = np.random.default_rng(seed).integers(0, 12, 60)
    train = leakage.split_patients(patient, share, seed=seed)
    assert not set(patient[train]) & set(patient[~train])
    assert len(set(patient[train])) == round(share * len(set(patient)))
    assert leakage.split_images(60, share, seed=seed).sum() == round(share * 60)
