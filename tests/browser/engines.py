"""In which browsers a story runs, where Chromium alone would not show enough."""

import pytest

both_engines = pytest.mark.parametrize("open_page", ["chromium", "webkit"], indirect=True)
every_engine = pytest.mark.parametrize("open_page", ["chromium", "webkit", "firefox"], indirect=True)
