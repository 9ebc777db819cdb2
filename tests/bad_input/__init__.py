import pytest

# A check that fails there tells what it compared, as in a test's own file.
pytest.register_assert_rewrite("tests.bad_input.forms")
