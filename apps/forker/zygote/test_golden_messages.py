"""The messages in ../golden-messages, which the TypeScript tests read as well: each variant at
least once, and malformed ones.
"""

import json
import os
import unittest
from typing import Any, get_args, get_type_hints

import claims
import keeper_events
import messages
import orders
import wire

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../golden-messages")


def golden(name: str) -> list[dict[str, Any]]:
    with open(os.path.join(FOLDER, f"{name}.jsonl"), encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def right(name: str) -> list[dict[str, Any]]:
    return [row["message"] for row in golden(name) if "wrong" not in row]


def wrong(name: str) -> list[tuple[str, bytes]]:
    """For each malformed message, the name of its wrong field ("" for the whole) and its bytes."""
    rows = [row for row in golden(name) if "wrong" in row]
    return [
        (
            row["wrong"],
            row["line"].encode() if "line" in row else json.dumps(row["message"]).encode(),
        )
        for row in rows
    ]


def variants(union: Any) -> dict[str, Any]:
    """The TypedDict of each variant of a union, by its tag."""
    found = {}
    for variant in get_args(union):
        hints = get_type_hints(variant)
        for word in get_args(hints.get("event", hints.get("request"))):
            found[word] = hints
    return found


class GoldenMessages(unittest.TestCase):
    def test_of_the_forker_are_taken_or_refused_by_the_name_of_a_field(self) -> None:
        for message in right("requests"):
            self.assertEqual(orders.read(message), message)
            # A newer forker may send more fields.
            self.assertIsNotNone(orders.read({**message, "more": 1}))
        for field, data in wrong("requests"):
            with self.subTest(data=data), self.assertRaises(orders.NoOrder) as refused:
                orders.read(wire.decode(data))
            expected = rf": its {field} is missing or cannot be$" if field else "^no such request: "
            self.assertRegex(str(refused.exception), expected)

    def test_of_a_child_and_of_a_zygote_are_taken_or_refused_by_the_name_of_a_field(self) -> None:
        for name, kinds in (
            ("claims-of-child", claims.OF_CHILD),
            ("claims-of-zygote", claims.OF_ZYGOTE),
        ):
            for message in right(name):
                self.assertEqual(claims.read(json.dumps(message).encode(), kinds), message)
            for field, data in wrong(name):
                with self.subTest(data=data[:80]), self.assertRaises(claims.NoClaim) as refused:
                    claims.read(data, kinds)
                self.assertRegex(
                    str(refused.exception),
                    f" with an invalid {field}$" if field else "^it sent ",
                )

    def test_have_the_fields_of_their_types_and_show_every_variant(self) -> None:
        unions = {
            "requests": variants(messages.Request),
            "events": variants(keeper_events.Event),
            "claims-of-child": {
                word: hints
                for word, hints in variants(messages.Claim).items()
                if word in claims.OF_CHILD
            },
            "claims-of-zygote": {
                word: hints
                for word, hints in variants(messages.Claim).items()
                if word in claims.OF_ZYGOTE
            },
        }
        for name, known in unions.items():
            shown = {}
            for message in right(name):
                word = message.get("event", message.get("request"))
                shown[word] = message
                self.assertEqual(message.keys(), known[word].keys(), word)
            self.assertEqual(shown.keys(), known.keys())

    def test_are_checked_in_each_of_their_fields(self) -> None:
        tables = {
            "requests": orders.OF_FORKER,
            "claims-of-child": claims.OF_CHILD,
            "claims-of-zygote": claims.OF_ZYGOTE,
        }
        for name, table in tables.items():
            for message in right(name):
                word = message.get("event", message.get("request"))
                self.assertEqual(set(table[word]), set(message) - {"event", "request"}, word)


if __name__ == "__main__":
    unittest.main()
