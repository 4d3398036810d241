"""``manage.py import_refunds``: payments of the bank, each through the gate, again without harm (hard gate 1, RET-09)."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from openpyxl import Workbook, load_workbook

from audit.models import Event
from returns.actions import deciding, refund_import
from returns.models import Refund, RefundRefusal, ReturnSlip
from tests import world as w
from tests.returns import trade as t
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.req("RET-09")]
CHINESE = ("受理单号", "金额", "方式", "凭证号", "付款日期")
ENGLISH = ("Slip number", "Amount", "Way", "Voucher", "Paid on")


def today() -> str:
    return str(timezone.localdate())


def line(slip: ReturnSlip | str, **values: str) -> list[str]:
    """A row that can be paid."""
    given = {"amount": "1299.00", "way": "银行转账", "reference": "PZ-1127", "paid_on": today()} | values
    return [str(slip), given["amount"], given["way"], given["reference"], given["paid_on"]]


def csv(tmp_path: Path, *rows: list[str], header: tuple[str, ...] = CHINESE, encoding: str = "utf-8") -> Path:
    path = tmp_path / "付款.csv"
    path.write_text("".join(",".join(row) + "\r\n" for row in (list(header), *rows)), encoding=encoding)
    return path


def xlsx(tmp_path: Path, *rows: list[Any], merge: str = "") -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (list(CHINESE), *rows):
        sheet.append(row)
    if merge:
        sheet.merge_cells(merge)
    path = tmp_path / "付款.xlsx"
    book.save(path)
    return path


def run(path: Path, *options: str, by: str = "finance_handler") -> str:
    out = io.StringIO()
    call_command("import_refunds", str(path), "--by", by, *options, stdout=out)
    return out.getvalue()


@pytest.mark.gate(1)
def test_confirmed_slips_are_paid_and_the_others_refused_by_row_with_the_refusal_kept(
    trade: World, tmp_path: Path
) -> None:
    paid, open_one, other, refused = (
        t.confirmed(trade), t.received(trade), t.confirmed(trade), t.passed(trade)
    )  # fmt: skip
    path = csv(
        tmp_path, line(paid), line(open_one), line(other, amount="1300"), line(refused), line("TH2026-999999"),
    )  # fmt: skip
    said = run(path)
    assert "共 5 行：付款 1 笔，无变化 0 行，拒绝 4 行。" in said
    assert "第 3 行：" in said
    assert "未经确认" in said
    assert Refund.objects.get().slip == paid
    assert t.fresh(paid).outcome == "refunded"
    kept = list(RefundRefusal.objects.order_by("pk").values_list("slip", "via", "reasons", "by"))
    by = trade.finance_handler.pk
    assert kept == [
        (open_one.pk, "import", ["not_confirmed"], by), (other.pk, "import", ["other_amount"], by),
        (refused.pk, "import", ["not_confirmed"], by),
    ]  # fmt: skip
    event = Event.objects.get(thread=paid.thread, verb="pay")
    assert (event.actor_kind, event.actor_id, event.actor_label) == ("import", by, "付款")
    assert Event.objects.filter(thread=open_one.thread, verb="refuse_refund").count() == 1


def test_the_same_file_once_more_changes_nothing(trade: World, tmp_path: Path) -> None:
    slip = t.confirmed(trade)
    path = csv(tmp_path, line(slip), line(slip))
    assert "付款 1 笔，无变化 1 行，拒绝 0 行" in run(path)
    before = t.fresh(slip).version
    assert "付款 0 笔，无变化 2 行，拒绝 0 行" in run(path)
    assert (t.fresh(slip).version, Refund.objects.count(), RefundRefusal.objects.count()) == (before, 1, 0)
    assert not list(tmp_path.glob("*errors*"))


@pytest.mark.gate(1)
def test_a_second_payment_of_another_voucher_is_refused_and_kept(trade: World, tmp_path: Path) -> None:
    slip = t.confirmed(trade)
    said = run(csv(tmp_path, line(slip), line(slip, reference="PZ-1128")))
    assert "付款 1 笔，无变化 0 行，拒绝 1 行" in said
    assert RefundRefusal.objects.get().reasons == ["paid"]


def test_refused_rows_are_corrected_in_their_file_and_imported_again(trade: World, tmp_path: Path) -> None:
    slip, late = t.confirmed(trade), t.received(trade)
    run(csv(tmp_path, line(slip), line(late)))
    errors = tmp_path / "付款.errors.csv"
    assert "未经确认" in errors.read_text("utf-8-sig")
    deciding.confirm_return(late, deciding.Confirmation("refund", "属实", t.HUNDRED), by=trade.actor("quality_head"))
    said = run(errors)
    assert "共 1 行：付款 1 笔" in said
    assert Refund.objects.count() == 2


def test_a_workbook_gives_a_workbook_of_errors_with_the_first_numbers(trade: World, tmp_path: Path) -> None:
    slip = t.confirmed(trade)
    day = timezone.localdate()
    said = run(xlsx(tmp_path, [slip.number, 1299, "现金", 1127, day], ["TH2026-999999", 1.5, "cash", "x", day]))
    assert "第 3 行：" in said
    assert (Refund.objects.get().way, Refund.objects.get().reference) == ("cash", "1127")
    sheet = load_workbook(tmp_path / "付款.errors.xlsx").worksheets[0]
    assert [cell.value for cell in sheet[2]][:2] == [3, "TH2026-999999"]


def test_a_dry_run_says_the_same_and_writes_nothing(trade: World, tmp_path: Path) -> None:
    slip, other, third = t.confirmed(trade), t.received(trade), t.confirmed(trade)
    future = str(timezone.localdate() + timedelta(days=1))
    path = csv(
        tmp_path, line(slip), line(slip), line(slip, reference="PZ-9"), line(other), line(third, paid_on=future)
    )  # fmt: skip
    events = Event.objects.count()
    said = run(path, "--dry-run")
    assert "付款 1 笔，无变化 1 行，拒绝 3 行" in said
    assert (Refund.objects.count(), RefundRefusal.objects.count(), Event.objects.count()) == (0, 0, events)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_titles_in_english_and_files_of_every_encoding_are_read(trade: World, tmp_path: Path, encoding: str) -> None:
    slip = t.confirmed(trade)
    header = ENGLISH if encoding == "utf-8" else CHINESE
    row = line(f" {slip.number.lower()} ", amount='"￥1,299.00元"', way="Bank transfer")
    assert "付款 1 笔" in run(csv(tmp_path, row, header=header, encoding=encoding))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"amount": "12.999"}, "不是以元、分计的金额"),
        ({"amount": "一千"}, "不是以元、分计的金额"),
        ({"amount": "NaN"}, "不是以元、分计的金额"),
        ({"amount": "1e99"}, "不是以元、分计的金额"),
        ({"amount": "0"}, "大于零"),
        ({"amount": "-5"}, "大于零"),
        ({"way": "支票"}, "不是付款方式"),
        ({"reference": ""}, "“凭证号”为空"),
        ({"reference": "1.23E+17"}, "缩写"),
        ({"reference": "x" * 61}, "最多 60 个字"),
        ({"paid_on": "03/04/2026"}, "不是日期"),
        ({"paid_on": "昨天"}, "不是日期"),
        ({"paid_on": "9999-12-31"}, "不是日期"),
        ({"paid_on": "2199-01-01"}, "日期在将来"),
    ],
)
def test_what_cannot_be_is_a_sentence_and_no_payment(
    trade: World, tmp_path: Path, values: dict[str, str], sentence: str
) -> None:
    said = run(csv(tmp_path, line(t.confirmed(trade), **values)))
    assert sentence in said, said
    assert "拒绝 1 行" in said
    assert not Refund.objects.exists()


def test_formulas_and_merged_cells_are_not_paid(trade: World, tmp_path: Path) -> None:
    slips = [t.confirmed(trade) for _n in range(3)]
    rows: list[list[Any]] = [list(line(slip)) for slip in slips]
    rows[0][1] = "=1000+299"
    said = run(xlsx(tmp_path, *rows, merge="D3:D4"))
    assert "拒绝 3 行" in said
    assert "公式" in said
    assert "合并" in said
    assert not Refund.objects.exists()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("x.csv", b"", "空"),
        ("x.xlsx", b"no workbook", "xlsx"),
        ("x.xls", b"\xd0\xcf\x11\xe0", "xls"),
        ("x.csv", "受理单号,金额\nTH1,1\n".encode(), "缺少"),
        ("x.csv", "受理单号,金额,退款金额,方式,凭证号,付款日期\n".encode(), "只保留一列"),
        ("x.csv", '受理单号,金额,方式,凭证号,付款日期\n"TH1,1,x,y,z\n'.encode() + b"x" * 2_000_000, "引号"),
    ],
)
def test_what_is_no_such_table_is_refused_with_a_sentence(
    trade: World, tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CommandError) as refusal:
        run(path)
    assert sentence in str(refusal.value)


@pytest.mark.gate(1)
def test_only_who_pays_imports_and_only_what_is_not_kept_from_that_person(trade: World, tmp_path: Path) -> None:
    from cases.actions.recusal import accuse

    case = w.log_call(trade)
    slip = t.of_case(trade, case)
    path = csv(tmp_path, line(slip))
    for name in ("desk_clerk", "hub_head", "administrator", "nobody"):
        with pytest.raises(CommandError):
            run(path, by=name)
    with pytest.raises(CommandError):
        run(tmp_path / "absent.csv")
    accuse(case.__class__.objects.get(pk=case.pk), (trade.finance_handler,), by=trade.actor("hub_head"), reason="亲属")
    assert "没有" in run(path)
    assert not RefundRefusal.objects.exists()


def test_a_file_is_read_to_its_end_before_anything_is_paid(
    trade: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refund_import, "MOST_ROWS", 2)
    slips = [t.confirmed(trade) for _n in range(3)]
    with pytest.raises(CommandError):
        run(csv(tmp_path, *(line(slip) for slip in slips)))
    assert not Refund.objects.exists()
