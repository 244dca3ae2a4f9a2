import unittest

from access import Access, folded

ALICE = Access(
    "alice",
    ("reds",),
    frozenset(map(folded, (("~alice", "secret"), ("~reds",), ("~bob", "Stra\u00dfe")))),
)


class Rule(unittest.TestCase):
    def test_owns_what_is_below_the_user_and_the_teams(self) -> None:
        for place in (("~alice",), ("~alice", "x"), ("~reds", "x", "y")):
            self.assertTrue(ALICE.owns(place), place)
        for place in (
            (),
            ("~",),
            ("alice",),
            ("reds",),
            ("~Alice",),
            ("~alicette",),
            ("~blues", "x"),
            ("x", "~alice"),
        ):
            self.assertFalse(ALICE.owns(place), place)

    def test_without_a_user_nothing_is_anybodys(self) -> None:
        for place in ((), ("~",), ("~", "x"), ("~alice",)):
            self.assertFalse(Access().owns(place), place)

    def test_owners_see_what_is_private(self) -> None:
        for place in (("~alice", "secret", "x"), ("~reds",)):
            self.assertTrue(ALICE.sees(place), place)

    def test_others_see_neither_it_nor_what_is_below_it_however_it_is_spelled(self) -> None:
        dave = Access("dave", (), ALICE.private)
        for place in (
            ("~alice", "secret"),
            ("~alice", "SECRET", "x"),
            ("~ALICE", "secret"),
            ("~reds",),
            ("~reds", "x"),
        ):
            self.assertFalse(dave.sees(place), place)
        for name in ("stra\u00dfe", "STRASSE", "Stra\uff53se", "STRA\u1e9eE"):
            self.assertFalse(dave.sees(("~bob", name)), name)
        self.assertFalse(dave.sees(("~alice", "\u017fecret")), "a long s")

    def test_others_see_what_only_begins_alike(self) -> None:
        dave = Access("dave", (), ALICE.private)
        for place in (
            (),
            ("~alice",),
            ("~alice", "secrets"),
            ("~alice", "x", "secret"),
            ("~redskins",),
            ("secret",),
        ):
            self.assertTrue(dave.sees(place), place)

    def test_says_where_one_may_write(self) -> None:
        self.assertEqual(Access("alice").hint, "you may write under ~alice/")
        self.assertEqual(ALICE.hint, "you may write under ~alice/, ~reds/")
        many = Access("alice", tuple(f"team-{number}" for number in range(20)))
        self.assertRegex(many.hint, r"^you may write under ~alice/, ~team-0/, .*~team-7/, \u2026$")


if __name__ == "__main__":
    unittest.main()
