"""What the acceptance tests share: the embedded genome, a network that counts, a mixed VCF."""

from __future__ import annotations

import pytest
from torch import nn

import locuscope as lsc

HEADER = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
MIXED = """\
20\t2577796\ta\tG\tA\t.\t.\t.
20\t2577796\tb\tG\tC,<DEL>,*,A\t.\t.\t.
chr20\t2577796\tc\tG\tT\t.\t.\t.
20\tabc\td\tG\tA\t.\t.\t.
20\t2577796\te
20\t2577796\tf\tA\tG\t.\t.\t.
21\t100\tg\tA\tG\t.\t.\t.
20\t2577796\th\tGGATG\tG\t.\t.\t.
20\t2577796\ti\tN\tG\t.\t.\t.
20\t990050\tj\tA\tC\t.\t.\t.
20\t2577796\tk\tG\t.\t.\t.\t.
"""


class Counting(nn.Module):
    """The first two channels of the input, and how often they were asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        return x[:, :2].transpose(1, 2)


@pytest.fixture(scope="module")
def genome():
    return lsc.demo.genome()


@pytest.fixture
def model():
    return lsc.wrap(Counting(), heads=lsc.HeadSpec("h", (1,), 2), window_bp=200, name="counting")


@pytest.fixture(autouse=True)
def _page_side(monkeypatch):
    monkeypatch.setattr(lsc.TrackBrowser, "_esm", "export default {}")


@pytest.fixture
def mixed(tmp_path):
    path = tmp_path / "mixed.vcf"
    path.write_text(HEADER + MIXED, encoding="utf-8")
    return path
