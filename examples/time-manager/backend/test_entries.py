import unittest

from entries import read_entry


class ReadEntry(unittest.TestCase):
    def test_takes_an_entry(self):
        self.assertEqual(read_entry({"project": " site ", "minutes": 25}), (("site", 25, ""), None))

    def test_takes_a_whole_day(self):
        self.assertEqual(read_entry({"project": "site", "minutes": 1440, "note": "x"}), (("site", 1440, "x"), None))

    def test_refuses_an_entry_without_a_project(self):
        self.assertEqual(read_entry({"project": " ", "minutes": 25})[1], "project must be a text")

    def test_refuses_minutes_that_no_day_has(self):
        for minutes in (0, 1441, True, "25"):
            self.assertEqual(read_entry({"project": "site", "minutes": minutes})[1], "minutes must be a number from 1 to 1440")
