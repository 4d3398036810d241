"""Files on their way: in, through the scanner, to the eye, and out again."""

import datetime as dt
import errno
import hashlib
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from audit.actor import Actor
from audit.models import Event, Sealed
from documents import actions, pictures, queries, tasks
from documents.exceptions import FileRefused, StoreFull
from documents.limits import made_limits, public_limits
from documents.models import File, State, StoreCheck
from documents.storage import private
from tests.documents import samples

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("files")


def blobs(store: Path) -> list[Path]:
    return [path for path in store.rglob("*") if path.is_file()]


# --- Taking in ---------------------------------------------------------------------------------


@pytest.mark.req("INT-11")
def test_the_original_is_kept_byte_for_byte_with_its_digest(send, store: Path) -> None:
    content = samples.photograph() + samples.HTML
    file = send(content, "../现场照片.php.jpg")
    (path,) = blobs(store)
    assert path.read_bytes() == content
    assert file.sha256 == hashlib.sha256(content).hexdigest()
    assert (file.size, file.claimed_name, file.kind, file.media_type) == (
        len(content),
        "现场照片_php.jpg",
        "jpeg",
        "image/jpeg",
    )


def test_on_disk_a_file_has_a_random_name_and_only_its_service_reads_it(send, store: Path) -> None:
    file = send(name="王芳投诉.jpg")
    (path,) = blobs(store)
    assert path.relative_to(store).as_posix() == file.original.name
    assert len(path.name) == 40
    assert int(path.name, 16)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o750


def test_a_private_file_has_no_address(send) -> None:
    with pytest.raises(ValueError, match="no address"):
        send().original.url  # noqa: B018


def test_storing_leaves_an_event_that_does_not_name_the_customer(send) -> None:
    file = send(name="王芳 13800138000.jpg")
    event = Event.objects.get(thread=file.thread, verb="store")
    assert (event.actor_kind, event.actor_id) == ("customer", None)
    assert event.changes["sha256"] == [None, file.sha256]
    assert "13800138000" not in str(event.changes)
    assert Sealed.objects.get(event=event, field="claimed_name").new == "王芳 13800138000.jpg"


def test_a_refused_file_leaves_nothing(send, store: Path) -> None:
    with pytest.raises(FileRefused) as caught:
        send(samples.HTML, "a.jpg")
    assert caught.value.code == "lying"
    assert caught.value.field == "files"
    assert not File.objects.exists()
    assert blobs(store) == []


@pytest.mark.parametrize("name", ["a.jpg", "a.pdf", "a.mp4"])
def test_only_pictures_wait_to_be_painted(send, name: str) -> None:
    content = {"a.jpg": samples.jpeg(), "a.pdf": samples.pdf(b"/JavaScript"), "a.mp4": samples.mp4(seconds=7)}[name]
    file = send(content, name)
    assert file.state == (State.RECEIVED if name == "a.jpg" else State.READY)
    assert file.flags == (["script"] if name == "a.pdf" else [])
    assert file.seconds == (7 if name == "a.mp4" else None)


def test_an_undone_transaction_leaves_no_row_and_its_bytes_are_swept_after_a_day(send, store: Path) -> None:
    def fail() -> None:
        with transaction.atomic():
            send()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert not File.objects.exists()
    assert len(blobs(store)) == 1
    now = timezone.now()
    assert actions.sweep_orphans(now) == actions.Swept(orphans=1, deleted=0)
    assert actions.sweep_orphans(now + dt.timedelta(hours=25)) == actions.Swept(orphans=1, deleted=1)
    assert blobs(store) == []


def test_a_row_that_cannot_be_written_takes_its_bytes_with_it(
    send, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_kwargs: object) -> None:
        raise IntegrityError("no")

    monkeypatch.setattr(actions, "record", fail)
    with pytest.raises(IntegrityError), transaction.atomic():
        send()
    assert blobs(store) == []


def test_a_full_disk_is_said_in_a_sentence_and_leaves_nothing(send, store: Path, settings) -> None:
    settings.DOCUMENTS_FREE_BYTES = 10**18
    with pytest.raises(StoreFull) as caught:
        send()
    assert "现场.jpg" in caught.value.message
    assert not File.objects.exists()
    assert blobs(store) == []


def test_a_disk_that_fills_while_writing_leaves_nothing(send, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = actions._Hashed.chunks

    def half(self: actions._Hashed, chunk_size: int | None = None):
        yield next(original(self, 100))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(actions._Hashed, "chunks", half)
    with pytest.raises(StoreFull):
        send()
    assert not File.objects.exists()
    assert blobs(store) == []


def test_an_upload_that_says_a_wrong_size_is_counted(store: Path) -> None:
    uploaded = SimpleUploadedFile("a.jpg", samples.jpeg())
    uploaded.size = 3
    file = actions.store_upload(uploaded, by=Actor.customer(), limits=public_limits())
    assert file.size == len(samples.jpeg())


def test_a_file_that_the_system_made_is_stored_the_same_way(store: Path) -> None:
    made = SimpleUploadedFile("台账.csv", "编号\r\n".encode("utf-8-sig"))
    file = actions.store_upload(made, by=SYSTEM, limits=made_limits())
    assert (file.kind, file.state, file.uploaded_by, file.uploaded_kind) == ("csv", State.READY, None, "system")


# --- Made visible --------------------------------------------------------------------------------


def test_a_picture_gets_a_rendition_and_a_thumbnail(send, store: Path) -> None:
    file = send()
    assert not file.has_rendition
    assert actions.process_due(by=SYSTEM) == 1
    file.refresh_from_db()
    assert (file.state, file.next_try_at, file.rendition_type) == (State.READY, None, "image/jpeg")
    assert file.has_rendition
    assert samples.MARK not in (store / file.rendition.name).read_bytes()
    assert (store / file.original.name).read_bytes() == samples.photograph()
    assert Event.objects.filter(thread=file.thread, verb="show").count() == 1
    assert actions.process_due(by=SYSTEM) == 0


def test_painting_twice_changes_nothing(send, store: Path) -> None:
    file = send()
    actions.make_rendition(file, by=SYSTEM)
    count = len(blobs(store))
    stale = File(pk=file.pk, state=State.RECEIVED, kind=file.kind, original=file.original.name)
    actions.make_rendition(stale, by=SYSTEM)
    file.refresh_from_db()
    actions.make_rendition(file, by=SYSTEM)
    assert len(blobs(store)) == count
    assert Event.objects.filter(thread=file.thread, verb="show").count() == 1


def test_a_picture_that_cannot_be_painted_stays_as_evidence(send) -> None:
    file = send(samples.jpeg((800, 600))[:2000], "a.jpg")
    actions.process_due(by=SYSTEM)
    file.refresh_from_db()
    assert (file.state, file.has_rendition, file.is_available, file.flags) == (State.READY, False, True, ["unreadable"])
    assert Event.objects.filter(thread=file.thread, verb="leave_unshown").exists()


def test_a_picture_that_kills_its_worker_is_given_up_after_three_times(send, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        """As if the process had gone."""

    def die(*_args: object) -> None:
        raise Killed

    file = send()
    monkeypatch.setattr(pictures, "render", die)
    for _ in range(actions.MAX_ATTEMPTS):
        with pytest.raises(Killed):
            actions.process_due(by=SYSTEM)
        assert actions.process_due(by=SYSTEM) == 0, "its lease is not over"
        File.objects.update(next_try_at=timezone.now())
    assert actions.process_due(by=SYSTEM) == 1
    file.refresh_from_db()
    assert (file.state, file.flags) == (State.READY, ["unreadable"])


def test_one_bad_file_does_not_keep_the_others_waiting(send, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [send() for _ in range(4)]
    private().delete(files[1].original.name)
    assert actions.process_due(by=SYSTEM) == 4
    states = [File.objects.get(pk=file.pk).state for file in files]
    assert states == [State.READY, State.RECEIVED, State.READY, State.READY]


def test_what_another_worker_has_locked_is_passed_over(send, django_db_blocker) -> None:
    file = send()
    assert actions._claim(timezone.now()).pk == file.pk
    assert actions._claim(timezone.now()) is None
    assert actions._claim(timezone.now() + actions.LEASE).pk == file.pk


# --- Scanner ----------------------------------------------------------------------------------------


class FakeScanner:
    """Answers as it is told; remembers what it was shown."""

    def __init__(self, answer: str | Exception | None) -> None:
        self.answer, self.seen = answer, []

    def __call__(self, stream) -> str | None:
        self.seen.append(stream.read())
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_with_a_scanner_a_file_is_held_until_it_is_clean(send, settings) -> None:
    settings.SCANNER = scanner = FakeScanner(None)
    file = send()
    assert (file.state, file.is_available) == (State.QUARANTINED, False)
    actions.process_due(by=SYSTEM)
    file.refresh_from_db()
    assert scanner.seen == [samples.photograph()]
    assert (file.state, file.has_rendition) == (State.READY, True)
    assert Event.objects.filter(thread=file.thread, verb="release").count() == 1


@pytest.mark.parametrize("name", ["a.jpg", "a.docx"])
def test_what_the_scanner_finds_is_kept_back_and_said(send, settings, name: str) -> None:
    settings.SCANNER = FakeScanner("Eicar-Test-Signature")
    file = send(samples.jpeg() if name == "a.jpg" else samples.docx(), name)
    actions.process_due(by=SYSTEM)
    file.refresh_from_db()
    assert (file.state, file.is_available, file.has_rendition) == (State.REFUSED, False, False)
    assert "Eicar-Test-Signature" in file.why_kept_back
    assert Event.objects.filter(thread=file.thread, verb="refuse").count() == 1


def test_while_the_scanner_is_away_files_wait_and_intake_goes_on(send, settings) -> None:
    settings.SCANNER = FakeScanner(ConnectionRefusedError("scanner away"))
    file = send()
    for _ in range(10):
        assert actions.process_due(by=SYSTEM) == 1
        File.objects.update(next_try_at=timezone.now())
    assert send().state == State.QUARANTINED
    file.refresh_from_db()
    assert (file.state, file.attempts) == (State.QUARANTINED, 0)
    settings.SCANNER = FakeScanner(None)
    actions.process_due(by=SYSTEM)
    file.refresh_from_db()
    assert file.state == State.READY


def test_a_scanner_is_named_by_its_path_in_the_settings(settings) -> None:
    settings.SCANNER = "tests.documents.samples.archive"
    assert actions.scanning() is samples.archive
    settings.SCANNER = ""
    assert actions.scanning() is None


# --- Erasing, sweeping, comparing -----------------------------------------------------------------------


def test_erasing_takes_bytes_and_name_and_leaves_the_fact(
    send, store: Path, django_capture_on_commit_callbacks
) -> None:
    file = send(name="王芳.jpg")
    actions.process_due(by=SYSTEM)
    assert len(blobs(store)) == 3
    with django_capture_on_commit_callbacks(execute=True):
        actions.erase_file(file, by=SYSTEM)
        assert len(blobs(store)) == 3, "an undone transaction would need them"
    assert blobs(store) == []
    file.refresh_from_db()
    assert (file.claimed_name, file.is_available, file.has_rendition) == ("", False, False)
    assert Event.objects.filter(thread=file.thread, verb="erase").count() == 1
    actions.erase_file(file, by=SYSTEM)
    assert Event.objects.filter(thread=file.thread, verb="erase").count() == 1
    assert list(Sealed.objects.filter(event__thread=file.thread).values_list("new", flat=True)) == [None]


def test_a_waiting_file_can_be_erased(send, settings) -> None:
    settings.SCANNER = FakeScanner(None)
    actions.erase_file(send(), by=SYSTEM)
    assert actions.process_due(by=SYSTEM) == 0


def test_the_sweep_leaves_everything_that_a_row_knows(send, store: Path) -> None:
    for _ in range(3):
        send()
    actions.process_due(by=SYSTEM)
    before = sorted(blobs(store))
    later = timezone.now() + dt.timedelta(days=400)
    assert actions.sweep_orphans(later) == actions.Swept(0, 0)
    assert sorted(blobs(store)) == before


def test_a_check_counts_what_is_missing_changed_and_left_over(send, store: Path) -> None:
    files = [send() for _ in range(4)]
    assert actions.reconcile(timezone.now()).is_clean
    private().delete(files[1].original.name)
    (store / files[2].original.name).write_bytes(b"changed")
    (store / "originals" / "left-over").write_bytes(b"x")
    check = actions.reconcile(timezone.now(), digests=True)
    assert (check.rows, check.blobs, check.rows_without_bytes, check.bytes_without_row) == (4, 4, 1, 1)
    assert (check.changed, check.first_missing, check.is_clean) == (1, files[1].pk, False)
    assert queries.latest_check() == check


def test_a_store_without_any_file_is_clean(store: Path) -> None:
    assert actions.reconcile(timezone.now()).is_clean
    assert actions.sweep_orphans(timezone.now()) == actions.Swept(0, 0)


def test_the_tasks_only_call_the_actions(send) -> None:
    send()
    assert tasks.process_due.delay().get() == 1
    assert tasks.sweep_orphans.delay().get() == 0
    assert tasks.reconcile.delay().get() is True
    assert StoreCheck.objects.count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"size": 0},
        {"sha256": "x" * 64},
        {"kind": "svg"},
        {"state": "seen"},
        {"state": State.REFUSED, "next_try_at": None},
        {"refusal": "infected"},
        {"state": State.READY},
        {"original": ""},
        {"erased_at": "2026-01-01T00:00Z"},
    ],
    ids=str,
)
def test_the_database_refuses_a_row_that_cannot_be(send, change: dict[str, object]) -> None:
    file = send()
    with pytest.raises(IntegrityError), transaction.atomic():
        File.objects.filter(pk=file.pk).update(**change)


def test_due_files_are_found_by_their_index(send) -> None:
    send()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = File.objects.due(timezone.now()).explain()
    assert "documents_file_due" in plan


def test_looking_for_rows_of_stored_names_uses_the_indexes(send) -> None:
    names = [f"originals/{n}" for n in range(500)]
    for column, index in [("original", "documents_file_original"), ("rendition", "documents_file_rendition")]:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
        plan = File.objects.filter(**{f"{column}__in": names}).exclude(**{column: ""}).explain()
        assert index in plan


def test_the_application_role_can_do_all_of_it(send, as_application_role) -> None:
    file = send()
    actions.process_due(by=SYSTEM)
    actions.erase_file(File.objects.get(pk=file.pk), by=SYSTEM)
    actions.reconcile(timezone.now())


@pytest.mark.django_db(transaction=True)
def test_several_workers_at_once_paint_each_picture_once(send) -> None:
    files = [send(samples.jpeg((400, 300))) for _ in range(6)]

    def work(_number: int) -> int:
        try:
            return actions.process_due(by=SYSTEM)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        done = sum(pool.map(work, range(6)))
    assert done == len(files)
    assert set(File.objects.values_list("state", flat=True)) == {State.READY}
    assert Event.objects.filter(verb="show").count() == len(files)
