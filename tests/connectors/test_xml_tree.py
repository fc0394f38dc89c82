"""XML from outside is read within bounds, and what is out of them is refused without a value."""

import pytest

from integrations import xml_tree
from integrations.verdicts import codes_of


def test_it_is_a_tree_of_names_with_their_namespaces() -> None:
    root = xml_tree.parse(b'<d:a xmlns:d="DAV:"><d:b> one </d:b><d:b>two</d:b><plain/></d:a>')

    assert root.name == "{DAV:}a"
    assert [child.name for child in root.children] == ["{DAV:}b", "{DAV:}b", "plain"]
    assert [child.text for child in root.all("{DAV:}b")] == [" one ", "two"]
    assert (root.text_at("{DAV:}b"), root.text_at("{DAV:}b", "plain")) == ("one", "")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not well-formed XML: no element found, line 1"),
        (b"<a>", "not well-formed XML"),
        (b"<a>Ana \x0b Ruiz</a>", "not well-formed XML"),
        (b"<a>&ana;</a>", "not well-formed XML: undefined entity"),
        (b'<!DOCTYPE a [<!ENTITY b "x">]><a>&b;</a>', "document type"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/hostname"><a/>', "document type"),
        (b"<a>" * 65 + b"</a>" * 65, "nested deeper than 64"),
    ],
    ids=["empty", "cut off", "control character", "unknown entity", "entity", "file", "deep"],
)
def test_what_is_out_of_bounds_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as caught:
        xml_tree.parse(body)

    assert "Ana" not in str(caught.value)


def test_so_is_a_tree_of_more_elements_than_fit_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_tree, "MOST_ELEMENTS", 3)

    assert len(xml_tree.parse(b"<a><b/><b/></a>").children) == 2
    with pytest.raises(ValueError, match="more than 3 XML elements"):
        xml_tree.parse(b"<a><b/><b/><b/></a>")


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        (b'<e:error xmlns:e="DAV:"><e:valid-sync-token/></e:error>', ("valid-sync-token",)),
        (
            b'\n<error xmlns="DAV:"><need-privileges><href>/a/</href></need-privileges></error>',
            ("need-privileges",),
        ),
        (b'<error xmlns="DAV:"><message>Ana</message></error>', ()),
        ('<error xmlns="DAV:"><año/></error>'.encode(), ()),
        (b"<html><body><error/></body></html>", ()),
        (b"<html><br></html>", ()),
    ],
)
def test_a_refusal_in_xml_says_which_condition_was_not_met(body: bytes, codes: tuple[str, ...]) -> None:
    assert codes_of(body) == codes
