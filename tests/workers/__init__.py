"""Workers as they run in use: processes of their own, killed, stalled, told to leave, and in number."""

import pytest

pytest.register_assert_rewrite("tests.workers.campaigns", "tests.workers.processes")
