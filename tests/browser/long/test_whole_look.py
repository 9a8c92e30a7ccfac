"""The look of everything that people see."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                ".."))
import look  # noqa: E402

TIME_LIMIT_S = 900


@unittest.skipIf(look.why_not(), look.why_not())
class Long(look.Look):
    SHORT = False


if __name__ == "__main__":
    unittest.main()
