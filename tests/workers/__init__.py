"""Workers as they run in use: processes of their own, which are killed, stalled, asked to leave, and many."""

import pytest

pytest.register_assert_rewrite("tests.workers.campaigns", "tests.workers.processes")
