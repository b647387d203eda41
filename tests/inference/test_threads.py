from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from locuscope.inference.threads import one_thread


def test_the_number_of_threads_comes_back():
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        with one_thread():
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 3
        with pytest.raises(KeyError), one_thread():
            raise KeyError
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_it_does_not_load_torch():
    code = (
        "import sys\n"
        "from locuscope.inference.threads import one_thread\n"
        "with one_thread():\n"
        "    assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
