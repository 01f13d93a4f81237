"""YOLO files are read in batches exactly as one by one."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.support.label_files import MemoryFiles

from mirrorlake.labels.box_batch import BoxBatch
from mirrorlake.labels.formats import yolo
from mirrorlake.labels.geometry import check_geometry
from mirrorlake.labels.records import ImageLabels, problem
from mirrorlake.model.labels import LabelProblem

USUAL = "3 0.5 0.25 0.1 0.2"
_numbers = st.floats(0, 1).map(repr) | st.sampled_from(["0", "1", ".5", "1e-1", "0.50000", "00.5"])
_odd_words = st.sampled_from(["", "nan", "-1", "1e999", "1.2.3", "0x1", "é", "1_0", "-", "e", "+.5", "9" * 12, "1.0"])
_usual_lines = st.builds(
    lambda number, values: " ".join([str(number), *values]),
    st.integers(0, 12),
    st.lists(_numbers, min_size=4, max_size=4),
)
_odd_lines = st.lists(_numbers | _odd_words, max_size=9).map(" ".join) | st.sampled_from(
    ["# comment", "", " ", "\t", USUAL + " ", " " + USUAL, USUAL.replace(" ", "  "), USUAL + " 0.9", "7"]
)
_texts = st.builds(
    lambda lines, end, last: (end.join(lines) + (end if last else "")).encode(),
    st.lists(_usual_lines | _usual_lines | _odd_lines, max_size=5),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)


def read_in_batches(files: MemoryFiles) -> tuple[list[ImageLabels], list[LabelProblem]]:
    problems: list[LabelProblem] = []
    images: list[ImageLabels] = []
    for found in yolo.read_batches(files, problems.append):
        images += found.images() if isinstance(found, BoxBatch) else [found]
    return sorted(images, key=lambda image: image.file), sorted(problems, key=repr)


def read_one_by_one(files: MemoryFiles) -> tuple[list[ImageLabels], list[LabelProblem]]:
    problems: list[LabelProblem] = []
    images = list(yolo.read(files, problems.append))
    return sorted(images, key=lambda image: image.file), sorted(problems, key=repr)


@settings(max_examples=150, deadline=None)
@example(texts=[b"", USUAL.encode(), b"\n", b"1 2 3 4 5 6 7\n" + USUAL.encode()])
@given(texts=st.lists(_texts, max_size=6))
def test_both_ways_through_label_files_give_equal_images_and_problems(texts: list[bytes]) -> None:
    files = MemoryFiles({"data.yaml": b"names: [a, b, c, d]", **{f"{i}.txt": text for i, text in enumerate(texts)}})
    assert read_in_batches(files) == read_one_by_one(files)


@settings(max_examples=60, deadline=None)
@given(lines=st.lists(_usual_lines, max_size=4))
def test_a_batch_has_exactly_the_files_whose_boxes_can_all_be_stored(lines: list[str]) -> None:
    files = MemoryFiles({"usual.txt": USUAL.encode(), "tried.txt": "\n".join(lines).encode()})
    [image] = [one for one in yolo.read(files, raise_problem) if one.file == "tried.txt"]
    [batch] = [one for one in yolo.read_batches(files, raise_problem) if isinstance(one, BoxBatch)]
    assert "usual.txt" in batch.files
    assert ("tried.txt" in batch.files) is all(check_geometry(label.geometry) is None for label in image.labels)


def raise_problem(found: LabelProblem) -> None:
    raise AssertionError(found)


def test_a_name_that_no_key_can_contain_costs_only_its_own_file() -> None:
    files = MemoryFiles({"a.txt": USUAL.encode(), "\udcff.txt": USUAL.encode()})
    images, problems = read_in_batches(files)
    assert [image.path for image in images] == ["a"]
    assert problems == [problem("\udcff.txt", problems[0].reason)]
    assert "cannot be stored" in problems[0].reason
