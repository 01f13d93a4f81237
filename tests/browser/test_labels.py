"""Ontologies in a real browser: classes are edited as a draft, labels are imported after a preview."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import FilePayload, Page, expect
from tests.browser.conftest import Visit, accessible_once_loaded
from tests.support.made_library import make_name

SIZE = 1200  # shared with other files


def downloaded_labels(page: Page) -> str:
    """Export the labels of the ontology as CSV, and download them."""
    page.get_by_role("button", name="Export labels").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Format").select_option("CSV of boxes")
    accessible_once_loaded(page)
    dialog.get_by_role("button", name="Export", exact=True).click()
    expect(dialog.get_by_role("status")).to_contain_text("2 annotations of")
    with page.expect_download() as exported:
        dialog.get_by_role("link", name="labels.csv").click()
    page.keyboard.press("Escape")
    return exported.value.path().read_text()


def export_and_import_classes(page: Page) -> None:
    """Classes of a file are shown, and stored once they are saved; what is no list of classes is refused in words."""
    with page.expect_download() as download:
        page.get_by_role("button", name="Export classes").click()
    [apple] = json.loads(download.value.path().read_text())["classes"]
    assert (apple["attributes"], apple["external_ids"]) == ({"ripe": "boolean"}, {"COCO": "53"})
    classes = [apple, {"name": "pear", "shape": "box", "colour": "#2f9e44"}]
    field = page.locator("input[type=file]")
    field.set_input_files(FilePayload(name="wrong.json", mimeType="application/json", buffer=b"[1]"))
    expect(page.get_by_role("status").first).to_contain_text("not a list of classes")
    right = json.dumps({"classes": classes}).encode()
    field.set_input_files(FilePayload(name="classes.json", mimeType="application/json", buffer=right))
    expect(page.get_by_role("status").first).to_contain_text("Nothing is stored before you save.")
    expect(page.get_by_label("Name of class 2")).to_have_value("pear")
    page.reload()
    expect(page.get_by_label("Name of class 2")).to_have_count(0)


def test_an_ontology_is_made_labels_come_in_and_a_class_in_use_stays(visit: Visit, tmp_path: Path) -> None:
    page = visit("/labels", size=SIZE)
    expect(page.get_by_role("heading", name="No ontologies yet")).to_be_visible()
    page.get_by_role("button", name="New ontology").press("Enter")
    page.keyboard.type("fruit & <b>leaves")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="fruit & <b>leaves")).to_be_visible()
    page.get_by_role("button", name="Add a class").click()
    page.get_by_label("Name of class 1").fill("apple")
    page.get_by_text("0 attributes, 0 external ids").click()
    page.get_by_role("button", name="Add an attribute").click()
    page.get_by_label("Attribute", exact=True).fill("ripe")
    page.get_by_label("Type").select_option("Yes or no")
    page.get_by_role("button", name="Add an id").click()
    page.get_by_label("Namespace, such as YOLO").fill("COCO")
    page.get_by_label("Id", exact=True).fill("53")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("status").first).to_have_text("Saved as version 2.")
    accessible_once_loaded(page)
    export_and_import_classes(page)

    name = make_name(5)
    labels = tmp_path / "labels.csv"
    labels.write_text(
        "filename,width,height,class,xmin,ymin,xmax,ymax\n"
        f"{name},4000,3000,pomme,10,10,900,900\n{name},4000,3000,leaf,10,10,90,90\nnowhere.jpg,9,9,leaf,1,1,2,2\n"
    )
    page.get_by_role("button", name="Import labels").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("File").set_input_files(labels)
    dialog.get_by_label("Format").select_option("CSV of boxes")
    dialog.get_by_label("Find the asset of a picture by").select_option("its name")
    dialog.get_by_role("button", name="Preview").click()
    expect(dialog.get_by_role("status")).to_contain_text("1 of 2 pictures are assets.")
    expect(dialog.get_by_label("What leaf becomes")).to_contain_text("leaf, a new class")
    dialog.get_by_label("What pomme becomes").select_option("apple")
    accessible_once_loaded(page)
    dialog.get_by_role("button", name="Import", exact=True).click()
    expect(page.locator(".toast")).to_contain_text("2 annotations imported.")
    assert "leaf" in downloaded_labels(page)
    page.reload()
    expect(page.get_by_label("Name of class 2")).to_have_value("leaf")
    expect(page.get_by_role("link", name="1 annotation")).to_have_count(2)
    expect(page.get_by_role("row", name="leaf")).to_contain_text("%")  # of what is annotated
    accessible_once_loaded(page)
    page.get_by_role("button", name="Remove leaf").click()
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("alert")).to_contain_text("leaf")
    page.get_by_role("button", name="Discard changes").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(dialog).to_contain_text("2 annotations use its classes. Delete them first")
    expect(dialog.get_by_role("button", name="Delete ontology")).to_have_count(0)  # it would only be refused
