"""What is running: every light goes red or amber when its thing stops, and green again."""

from __future__ import annotations

from collections import namedtuple
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.checkpoints import make_checkpoint
from documents.models import StoreCheck
from feedback_system import running
from notifications.actions import beat
from notifications.models import Channel, Heartbeat, Message
from organization.models import Calendar
from tests import world as w
from tests.world import World

Usage = namedtuple("Usage", "total used free")


def light(name: str) -> running.Light:
    return next(each for each in running.lights(timezone.now()) if each.name == name)


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path) -> Path:
    """Backups and checkpoints of this test alone."""
    settings.BACKUP_DIR, settings.CHECKPOINT_DIR = str(tmp_path / "backups"), str(tmp_path / "checkpoints")
    return tmp_path


@pytest.mark.parametrize(
    ("age", "tone"), [(timedelta(seconds=20), "green"), (timedelta(minutes=3), "amber"), (timedelta(minutes=6), "red")]
)
def test_a_worker_that_shows_no_life_turns_red(world: World, age: timedelta, tone: str) -> None:
    for name, label in (("clock", "期限与消息进程"), ("work", "长任务进程"), ("beat", "定时调度")):
        assert light(label).tone == "red"  # never seen
        beat(name)
        Heartbeat.objects.filter(name=name).update(at=timezone.now() - age)
        assert light(label).tone == tone


def test_a_broker_that_does_not_answer_is_amber_because_work_goes_on(world: World) -> None:
    with mock.patch.object(running, "_broker", side_effect=ConnectionError):
        found = light("任务队列")
    assert (found.tone, "ConnectionError" in found.says) == ("amber", True)
    assert light("缓存").tone == "green"


@pytest.mark.parametrize(("minutes", "tone"), [(1, "green"), (3, "amber"), (11, "red")])
def test_messages_that_wait_too_long_are_seen(world: World, minutes: int, tone: str) -> None:
    w.log_call(world)
    waiting = Message.objects.filter(kind="case_opened")
    Message.objects.exclude(kind="case_opened").delete()
    waiting.update(state="queued", next_try_at=timezone.now() - timedelta(minutes=minutes))
    assert light("等待发送的消息").tone == tone


def test_a_channel_out_of_order_is_red_without_telling_addresses(world: World) -> None:
    now = timezone.now()
    Channel.objects.create(name="email", failing_since=now, retry_at=now, error="535 refused <zhou@mail.example>")
    found = light("电子邮件")
    assert found.tone == "red"
    assert "zhou@mail.example" not in found.says


def test_customers_who_must_be_telephoned_are_counted(world: World) -> None:
    w.log_call(world)
    Message.objects.filter(kind="case_opened").update(state="not_sent")
    assert "1 位客户" in light("未发出").says


@pytest.mark.parametrize(("free", "tone"), [(200, "green"), (50, "amber"), (0.5, "red")])
def test_a_disk_that_fills_up_is_seen(world: World, free: float, tone: str) -> None:
    usage = Usage(1000 * 1024**3, 0, int(free * 1024**3))
    with mock.patch.object(running.shutil, "disk_usage", return_value=usage):
        assert light("磁盘").tone == tone


def test_a_backup_that_is_missing_or_old_is_seen(world: World, folders: Path) -> None:
    import os

    assert light("最近一次备份").tone == "amber"
    file = folders / "backups" / "huiyin-20261120-010203.tar"
    file.parent.mkdir()
    (file.parent / "huiyin-20261121-010203.part").write_bytes(b"half a backup is none")
    assert light("最近一次备份").tone == "amber"
    file.write_bytes(b"x" * 2048)
    assert light("最近一次备份").tone == "green"
    for days, tone in ((3, "amber"), (8, "red")):
        old = timezone.now().timestamp() - days * 86_400
        os.utime(file, (old, old))
        assert light("最近一次备份").tone == tone


def test_a_calendar_that_ends_is_seen_before_and_after(world: World) -> None:
    today = timezone.localdate()
    for days, tone in ((90, "green"), (30, "amber"), (-1, "red")):
        Calendar.objects.update(complete_through=today + timedelta(days=days))
        assert light("中国大陆工作日历").tone == tone
    Calendar.objects.update(complete_through=None)
    assert light("中国大陆工作日历").tone == "red"


def test_the_last_checkpoint_is_told(world: World) -> None:
    assert light("最近一次历史检查点").tone == "amber"
    make_checkpoint(at=timezone.now())
    assert light("最近一次历史检查点").tone == "green"


@pytest.mark.req("SEC-09")
def test_the_page_says_whether_rights_protect_the_history_as_they_really_are(world: World) -> None:
    assert light("历史记录").tone == "amber"  # tests run as the owner
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE huiyin")
        assert light("历史记录").tone == "green"
        cursor.execute("RESET ROLE")


def test_files_that_nobody_prepares_are_seen(world: World) -> None:
    assert light("待处理的附件").tone == "green"


def test_the_whole_page_takes_the_worst_colour_and_names_the_troubles(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    page = client.get(reverse("running")).content.decode()
    assert "有故障：" in page
    for name in ("clock", "work", "beat"):
        beat(name)
    page = client.get(reverse("running")).content.decode()
    assert "需要注意：" in page
    assert "Huiyin" in page


def test_a_stored_file_that_lacks_its_bytes_turns_red(world: World) -> None:
    assert light("已存文件").tone == "green"
    found = {"rows": 9, "blobs": 8, "size": 1, "bytes_without_row": 0, "changed": 0}
    StoreCheck.objects.create(at=timezone.now(), rows_without_bytes=0, **found)
    assert light("已存文件").tone == "green"
    StoreCheck.objects.create(at=timezone.now(), rows_without_bytes=1, first_missing=7, **found)
    assert light("已存文件").tone == "red"
