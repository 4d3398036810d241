"""What people see of a picture was painted by us."""

import io

import pytest
from PIL import Image

from documents import pictures
from documents.kinds import Kind
from documents.refusals import Refusal
from tests.documents import samples
from tests.documents.corpus import polyglots

PICTURES = [sent for sent in polyglots() if sent.expected in {"jpeg", "png", "webp", "heic"}]


def assert_clean(rendition: pictures.Rendition) -> None:
    """No byte of what stood behind or beside the points is in the new files."""
    for content in (rendition.content, rendition.thumbnail):
        assert samples.MARK not in content
        assert b"canary" not in content
        assert b"PK\3\4" not in content
        with Image.open(io.BytesIO(content)) as picture:
            picture.load()
            assert not picture.getexif()
            assert not set(picture.info) & {"exif", "comment", "icc_profile", "xmp", "XML:com.adobe.xmp", "Comment"}
            assert picture.format in {"JPEG", "WEBP"}


@pytest.mark.req("INT-11")
@pytest.mark.parametrize("sent", PICTURES, ids=[sent.label for sent in PICTURES])
def test_what_hides_in_a_picture_does_not_come_through(sent) -> None:
    assert_clean(pictures.render(Kind(sent.expected), io.BytesIO(sent.make())))


@pytest.mark.parametrize("sent", PICTURES, ids=[sent.label for sent in PICTURES])
def test_control_without_painting_anew_it_would_come_through(sent, monkeypatch: pytest.MonkeyPatch) -> None:
    content = sent.make()
    monkeypatch.setattr(pictures, "encode", lambda _picture, _form: content)
    with pytest.raises(AssertionError):
        assert_clean(pictures.render(Kind(sent.expected), io.BytesIO(content)))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_photograph_stands_upright_and_has_forgotten_its_place(form: str) -> None:
    source = samples.photograph(form, size=(120, 90), orientation=6)
    with Image.open(io.BytesIO(source)) as picture:
        assert picture.getexif().get_ifd(0x8825)
    rendition = pictures.render(Kind(form.lower()), io.BytesIO(source))
    assert (rendition.width, rendition.height) == (90, 120)
    assert_clean(rendition)


def test_a_large_picture_is_shown_at_most_2048_wide_and_320_small() -> None:
    rendition = pictures.render(Kind.JPEG, io.BytesIO(samples.jpeg((5_000, 2_500))))
    assert (rendition.width, rendition.height) == (2_048, 1_024)
    with Image.open(io.BytesIO(rendition.thumbnail)) as small:
        assert small.size == (320, 160)


def test_a_small_picture_is_not_blown_up() -> None:
    rendition = pictures.render(Kind.PNG, io.BytesIO(samples.png((30, 20))))
    assert (rendition.width, rendition.height) == (30, 20)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "I;16"])
@pytest.mark.parametrize("size", [(90, 60), (4_500, 2_250)])
def test_every_sort_of_png_is_shown(mode: str, size: tuple[int, int]) -> None:
    rendition = pictures.render(Kind.PNG, io.BytesIO(samples.png(size, mode)))
    assert rendition.media_type == "image/webp"
    assert (rendition.width, rendition.height) in {(90, 60), (2_048, 1_024)}


def test_shrinking_in_bands_shows_the_same_picture() -> None:
    source = samples.png((4_500, 4_200), "RGBA")
    rendition = pictures.render(Kind.PNG, io.BytesIO(source))
    with Image.open(io.BytesIO(source)) as whole, Image.open(io.BytesIO(rendition.content)) as shown:
        expected = whole.convert("RGB").resize((64, 60), Image.Resampling.BOX)
        got = shown.convert("RGB").resize((64, 60), Image.Resampling.BOX)
    pairs = zip(expected.tobytes(), got.tobytes(), strict=True)
    assert sum(abs(one - other) for one, other in pairs) / len(expected.tobytes()) < 4


def test_transparent_ground_stays_and_print_colours_become_screen_colours() -> None:
    clear = Image.new("RGBA", (20, 20), (255, 0, 0, 0))
    out = io.BytesIO()
    clear.save(out, "PNG")
    rendition = pictures.render(Kind.PNG, out)
    with Image.open(io.BytesIO(rendition.content)) as picture:
        assert picture.convert("RGBA").getpixel((10, 10))[3] == 0
    rendition = pictures.render(Kind.JPEG, io.BytesIO(samples.jpeg(mode="CMYK")))
    with Image.open(io.BytesIO(rendition.content)) as picture:
        assert picture.mode == "RGB"


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "heic"])
def test_a_picture_that_breaks_off_is_refused_and_not_shown_half(kind: str) -> None:
    content = samples.GOOD[kind]()
    with pytest.raises(Refusal) as caught:
        pictures.render(Kind(kind), io.BytesIO(content[: len(content) * 2 // 3]))
    assert caught.value.code == "picture_broken"


@pytest.mark.parametrize("size", [(6_500, 6_400), (11_000, 11_000), (20_000, 20_000)])
def test_too_many_points_are_refused_before_they_are_decoded(size: tuple[int, int]) -> None:
    for act in (pictures.probe, pictures.render):
        with pytest.raises(Refusal) as caught:
            act(Kind.PNG, io.BytesIO(samples.png_flood(*size)))
        assert caught.value.code == "pixels"
