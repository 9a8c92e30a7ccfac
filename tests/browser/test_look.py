"""The look in short: two digests and a page of the archive. All of it:
make test-browser."""

import unittest

import look


@unittest.skipIf(look.why_not(), look.why_not())
class Short(look.Look):
    SHORT = True


if __name__ == "__main__":
    unittest.main()
