"""The upload corpus: what is sent under which name, and what must become of it."""

import functools
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.documents import samples
from tests.documents.samples import GOOD, MARK

MB = 1024 * 1024
ENDINGS = {
    "jpeg": "jpg",
    "png": "png",
    "webp": "webp",
    "heic": "heic",
    "pdf": "pdf",
    "docx": "docx",
    "xlsx": "xlsx",
    "mp3": "mp3",
    "wav": "wav",
    "m4a": "m4a",
    "amr": "amr",
    "mp4": "mp4",
}
FAMILIES = ({"jpeg", "png", "webp", "heic"}, {"mp3", "wav", "amr", "m4a", "mp4"})


@dataclass(frozen=True)
class Sent:
    """One file as it is sent.

    Attributes:
        expected: the kind it is taken as, or "!" and the code of its refusal.
        shown: the name it must have afterwards; empty: not looked at.
        size: what to say about its size instead of counting; 0: count.
    """

    label: str
    name: str
    make: Callable[[], bytes]
    expected: str
    shown: str = ""
    size: int = 0
    flags: tuple[str, ...] = ()


def fixed(content: bytes) -> Callable[[], bytes]:
    return lambda: content


def good() -> Iterator[Sent]:
    """Every kind under every ending that is its own, however it is typed."""
    own = {
        "jpeg": ("jpg", "jpeg", "jpe", "jfif", "JPG", "Jpeg", "ｊｐｇ"),
        "png": ("png", "PNG"),
        "webp": ("webp", "WEBP"),
        "heic": ("heic", "HEIC", "heif"),
        "pdf": ("pdf", "PDF", "ＰＤＦ"),
        "docx": ("docx", "DOCX"),
        "xlsx": ("xlsx", "XLSX"),
        "mp3": ("mp3", "MP3"),
        "wav": ("wav", "WAV"),
        "m4a": ("m4a", "M4A"),
        "amr": ("amr", "AMR"),
        "mp4": ("mp4", "MP4", "m4v"),
    }
    for kind, endings in own.items():
        for ending in endings:
            yield Sent(f"good {kind} as {ending}", f"现场照片 1.{ending}", GOOD[kind], kind)
    yield Sent("wide amr", "录音.amr", lambda: samples.amr(wide=True), "amr")
    yield Sent("mp3 with a tag", "录音.mp3", lambda: samples.mp3(tag=b"TIT2" + b"\0" * 60), "mp3")
    yield Sent("deep grey png", "扫描.png", lambda: samples.png(mode="I;16"), "png")
    yield Sent("jpeg in print colours", "印刷.jpg", lambda: samples.jpeg(mode="CMYK"), "jpeg")
    yield Sent("video that was cut off", "现场.mp4", lambda: samples.mp4(moov=False), "mp4", flags=("cut_off",))
    yield Sent(
        "docx with links", "说明.docx", lambda: samples.docx(_links("hyperlink", "https://example.com/")), "docx"
    )
    yield Sent("docx with a mail link", "说明.docx", lambda: samples.docx(_links("hyperlink", "mailto:a@b.cn")), "docx")
    chart = ("word/embeddings/Workbook1.xlsx", samples.xlsx())
    yield Sent("docx with a chart's table", "图表.docx", lambda: samples.docx(chart), "docx")
    yield Sent("xlsx of Apache POI", "导出.xlsx", lambda: samples.large_archive_record(samples.xlsx()), "xlsx")
    marks = {
        "/Encrypt 9 0 R": "encrypted",
        "/OpenAction<</S/JavaScript/JS(x)>>": "script",
        "/S/J#61vaScript": "script",
        "/Names<</EmbeddedFiles 3 0 R>>/EmbeddedFile": "attachments",
        "/S/Launch": "launch",
    }
    for text, mark in marks.items():
        yield Sent(
            f"pdf with {text[:12]}", "合同.pdf", functools.partial(samples.pdf, text.encode()), "pdf", flags=(mark,)
        )


def _links(kind: str, target: str) -> tuple[str, bytes]:
    return "word/_rels/document.xml.rels", samples.relations((kind, target, "External"))


def lying() -> Iterator[Sent]:
    """Every kind under the ending of every other."""
    for kind, make in GOOD.items():
        for other, ending in ENDINGS.items():
            if other == kind:
                continue
            together = any({kind, other} <= family for family in FAMILIES)
            yield Sent(f"{kind} called {ending}", f"a.{ending}", make, kind if together else "!lying")


def foreign() -> Iterator[Sent]:
    """What is never taken, under its own name and under a decent one."""
    contents = {
        "html": samples.HTML,
        "htm": samples.HTML,
        "xhtml": samples.HTML,
        "shtml": samples.HTML,
        "svg": samples.SVG,
        "svgz": samples.GZIP,
        "xml": samples.XML,
        "js": samples.JAVASCRIPT,
        "mjs": samples.JAVASCRIPT,
        "php": samples.PHP,
        "phtml": samples.PHP,
        "pht": samples.PHP,
        "phar": samples.PHP,
        "php5": samples.PHP,
        "asp": samples.PHP,
        "aspx": samples.PHP,
        "jsp": samples.PHP,
        "swf": samples.SWF,
        "exe": samples.EXE,
        "scr": samples.EXE,
        "bat": b"@echo off",
        "cmd": b"@echo off",
        "ps1": b"iex",
        "vbs": b"x",
        "hta": samples.HTML,
        "lnk": b"L\0\0\0",
        "sh": b"#!/bin/sh",
        "py": b"import os",
        "jar": samples.archive([("a", b"b")]),
        "zip": samples.archive([("a", b"b")]),
        "rar": samples.RAR,
        "7z": samples.SEVENZIP,
        "doc": samples.OLE,
        "xls": samples.OLE,
        "docm": samples.docx(),
        "xlsm": samples.xlsx(),
        "rtf": samples.RTF,
        "gif": samples.GIF,
        "bmp": samples.BMP,
        "txt": b"text",
        "csv": b"a,b\n1,2\n",
        "avif": samples.avif(),
        "mov": samples.quicktime(),
        "htaccess": b"AddType x .jpg",
        "eml": b"From: a",
        "mht": samples.HTML,
        "com": samples.EXE,
        "url": b"[x]",
    }
    for ending, content in contents.items():
        yield Sent(f"foreign {ending}", f"a.{ending}", fixed(content), "!type")
    disguises = {
        "html as jpg": ("a.jpg", samples.HTML),
        "svg as png": ("a.png", samples.SVG),
        "swf as pdf": ("a.pdf", samples.SWF),
        "exe as docx": ("a.docx", samples.EXE),
        "elf as mp3": ("a.mp3", samples.ELF),
        "xml as xlsx": ("a.xlsx", samples.XML),
        "js as wav": ("a.wav", samples.JAVASCRIPT),
        "php as jpg": ("a.jpg", samples.PHP),
        "gif as jpg": ("a.jpg", samples.GIF),
        "gif as png": ("a.png", samples.GIF),
        "bmp as webp": ("a.webp", samples.BMP),
        "rtf as docx": ("a.docx", samples.RTF),
        "old word as docx": ("a.docx", samples.OLE),
        "old excel as xlsx": ("a.xlsx", samples.OLE),
        "rar as docx": ("a.docx", samples.RAR),
        "avif as heic": ("a.heic", samples.avif()),
        "quicktime as mp4": ("a.mp4", samples.quicktime()),
        "html in pdf's name": ("a.pdf", samples.HTML),
        "text as amr": ("a.amr", b"#!AMRX\n"),
        "gzip as mp4": ("a.mp4", samples.GZIP),
        "text as csv": ("a.csv", b"a,b"),
        "plain zip as docx": ("a.docx", samples.archive([("a.txt", b"b")])),
        "jar as xlsx": ("a.xlsx", samples.archive([("META-INF/MANIFEST.MF", b"b")])),
        "template as docx": ("a.docx", samples.docx(main=samples.WORD.replace("document.main", "template.main"))),
        "pdf after a page": ("a.pdf", samples.HTML + samples.pdf()),
        "one frame mark": ("a.mp3", b"\xff\xfb\x90\0" + b"x" * 900),
        "html after a frame mark": ("a.mp3", b"\xff\xfb\x90\0" + samples.HTML * 20),
        "riff of another": ("a.wav", b"RIFF\0\0\0\0AVI "),
        "riff in webp's name": ("a.webp", samples.wav()),
    }
    for label, (name, content) in disguises.items():
        yield Sent(label, name, fixed(content), "!type" if name.endswith(".csv") else "!lying")


def names() -> Iterator[Sent]:
    """Names that want to be something else. All are a good JPEG."""
    cases = {
        "../../etc/passwd.jpg": "passwd.jpg",
        "..\\..\\windows\\system32\\a.jpg": "a.jpg",
        "/etc/cron.d/a.jpg": "a.jpg",
        "C:\\a\\b.jpg": "b.jpg",
        "x.php.jpg": "x_php.jpg",
        "x.pht.jpg": "x_pht.jpg",
        "x.php%00.jpg": "x.php%00.jpg",
        "x.php\0.jpg": "x_php.jpg",
        "shell.\u200bphp.jpg": "shell_php.jpg",
        "x.jp\u200bg": "x.jpg",
        "a\u202egpj.jpg": "agpj.jpg",
        "报告.v1.2026年.final.jpg": "报告_v1.2026年_final.jpg",
        "投诉：照片（一）？.jpg": "投诉：照片（一）？.jpg",
        "a:stream.jpg": "a_stream.jpg",
        'a"b<c>d|e?f*.jpg': "a_b_c_d_e_f_.jpg",
        "con.jpg": "_con.jpg",
        "NUL.jpg": "_NUL.jpg",
        "com1.jpg": "_com1.jpg",
        "LPT9 .jpg": "_LPT9.jpg",
        "aux.2026年.jpg": "_aux.2026年.jpg",
        "...jpg": "jpg.jpg",
        "   .jpg": "jpg.jpg",
        ".jpg": "jpg.jpg",
        "a\r\nSet-Cookie: x=1.jpg": "aSet-Cookie_ x=1.jpg",
        "a\tb.jpg": "ab.jpg",
        "a.jpg.": "a.jpg",
        "a.jpg ": "a.jpg",
        "a．jpg": "a.jpg",
        "x．php．jpg": "x_php.jpg",
        "a／b.jpg": "a_b.jpg",
        "😀👍🏽.jpg": "😀👍🏽.jpg",
        "<img src=x onerror=alert(1)>.jpg": "_img src=x onerror=alert(1)_.jpg",
        "=1+1.jpg": "=1+1.jpg",
        "{{7*7}}%(x)s.jpg": "{{7_7}}%(x)s.jpg",
        "e\u0301.jpg": "é.jpg",
        "a\ud800b.jpg": "ab.jpg",
        "a\ufffe\uffffb.jpg": "ab.jpg",
        "\u202e\u2066\u200f.jpg": "jpg.jpg",
        ". .jpg": "jpg.jpg",
        "a.jpg/.html": "html.jpg",
        "图" * 100 + ".jpg": "图" * 65 + ".jpg",
        "a" * 300 + ".jpg": "a" * 196 + ".jpg",
        "IMG_0001": "IMG_0001.jpg",
    }
    for name, shown in cases.items():
        yield Sent(f"name {name[:24]!r}", name, GOOD["jpeg"], "jpeg", shown)
    bad = {
        "a.jpg::$DATA": "!type",
        "a.jpg.php": "!type",
        "a.jpg．php": "!type",
        "a.jpg\u200b.html": "!type",
        "a.gpj\u202e.exe": "!type",
        "a.p\u200bhp": "!type",
        "a.ｐｈｐ": "!type",
        "a.ph\u00adp": "!type",
        "a." + "x" * 300: "!type",
        "a.jpg;.html": "!type",
        "a.html\0": "!type",
    }
    for name, expected in bad.items():
        yield Sent(f"name {name[:24]!r}", name, GOOD["jpeg"], expected)
    yield Sent("table without an ending", "table", GOOD["xlsx"], "!no_ending")
    yield Sent("text without an ending", "readme", fixed(b"hello"), "!no_ending")
    yield Sent("hidden file", ".htaccess", fixed(b"AddType x .jpg"), "!no_ending")
    yield Sent("no name at all", "", fixed(b"hello"), "!no_ending")


def bombs() -> Iterator[Sent]:
    """Small files that become large, and large ones."""
    yield Sent("400 million points", "a.png", samples.png_flood, "!pixels")
    yield Sent("41 million points", "a.png", lambda: samples.png_flood(6_500, 6_400), "!pixels")
    yield Sent("121 million points, where Pillow warns", "a.png", lambda: samples.png_flood(11_000, 11_000), "!pixels")
    yield Sent("39 million points", "a.png", lambda: samples.png_flood(6_400, 6_200), "png")
    yield Sent("jpeg that claims 4 billion points", "a.jpg", lambda: samples.lying_jpeg(65_535, 65_535), "!pixels")
    yield Sent("jpeg without size", "a.jpg", lambda: samples.lying_jpeg(0, 0), "!picture_broken")
    yield Sent("picture of a header only", "a.png", lambda: samples.png()[:20], "!picture_broken")
    yield Sent("jpeg of three bytes", "a.jpg", lambda: samples.jpeg()[:3], "!picture_broken")
    yield Sent("heic of a header only", "a.heic", lambda: samples.heic()[:60], "!picture_broken")
    yield Sent("webp of a header only", "a.webp", lambda: samples.webp()[:16], "!picture_broken")
    yield Sent("zip bomb", "a.docx", lambda: samples.zip_bomb(200), "!archive_bomb")
    yield Sent(
        "sheet bomb",
        "a.xlsx",
        lambda: samples.zip_bomb(150, "xl/worksheets/sheet1.xml", samples.EXCEL),
        "!archive_bomb",
    )
    yield Sent("high ratio below the size", "a.docx", lambda: samples.zip_bomb(20), "!archive_bomb")
    yield Sent("1,001 entries", "a.docx", lambda: samples.many_entries(1_000), "!archive_bomb")
    yield Sent("1,000 entries", "a.docx", lambda: samples.many_entries(999), "docx")
    yield Sent("directory that lies", "a.docx", samples.large_directory, "!archive_bomb")
    yield Sent("zip cut off", "a.docx", lambda: samples.docx()[:-30], "!archive_broken")
    yield Sent("zip of a header only", "a.xlsx", fixed(b"PK\3\4" + b"\0" * 40), "!archive_broken")
    yield Sent("zip with a password", "a.docx", lambda: samples.locked(samples.docx()), "!archive_locked")
    parts = [(samples.CT, samples.content_types(samples.WORD)), ("word/document.xml", b"<a/>")]
    yield Sent("zip packed by LZMA", "a.docx", lambda: samples.archive(parts, zipfile.ZIP_LZMA), "!archive_broken")
    yield Sent(
        "damaged contents", "a.docx", lambda: samples.archive([(samples.CT, b"<Types"), *parts[1:]]), "!archive_broken"
    )
    yield Sent("same part twice", "a.docx", lambda: samples.docx(("WORD/document.xml", b"<b/>")), "!archive_broken")
    yield Sent("wav cut in its head", "a.wav", lambda: samples.wav()[:20], "!media_broken")
    yield Sent("wav without form", "a.wav", fixed(b"RIFF\0\0\0\0WAVEdata\4\0\0\0abcd"), "!media_broken")
    for kind in GOOD:
        yield Sent(f"empty {kind}", f"a.{ENDINGS[kind]}", fixed(b""), "!empty")
    yield Sent("exactly at the limit", "a.jpg", GOOD["jpeg"], "jpeg", size=20 * MB)
    yield Sent("one byte over the limit", "a.jpg", GOOD["jpeg"], "!too_large", size=20 * MB + 1)


def office() -> Iterator[Sent]:
    """Documents that do something when they are opened."""
    macro = "application/vnd.ms-word.document.macroEnabled.main+xml"
    sheet_macro = "application/vnd.ms-excel.macrosheet+xml"
    entity = b"<?xml version='1.0'?><!DOCTYPE w [<!ENTITY x SYSTEM 'file:///etc/hostname'>]><w>&x;</w>"
    cases: dict[str, tuple[Callable[[], bytes], str]] = {
        "macro part": (lambda: samples.docx(("word/vbaProject.bin", b"x")), "macro"),
        "macro document renamed": (lambda: samples.docx(main=macro), "macro"),
        "macro type": (lambda: samples.docx(types=("application/vnd.ms-office.vbaProject",)), "macro"),
        "macro relation": (lambda: samples.docx(_own("vbaProject", "vbaProject.bin")), "macro"),
        "remote template": (
            lambda: samples.docx(_links("attachedTemplate", "https://evil.example/t.dotm")),
            "external",
        ),
        "remote picture": (lambda: samples.docx(_links("image", "https://evil.example/a.png")), "external"),
        "remote object": (lambda: samples.docx(_links("oleObject", "https://evil.example/a.hta")), "embedded"),
        "remote frame": (lambda: samples.docx(_links("frame", "file:////evil/share/a.htm")), "external"),
        "link to a share": (lambda: samples.docx(_links("hyperlink", "\\\\evil\\share")), "external"),
        "link to a file": (lambda: samples.docx(_links("hyperlink", "file:///etc/hostname")), "external"),
        "link with a script": (lambda: samples.docx(_links("hyperlink", "javascript:alert(1)")), "external"),
        "embedded object": (lambda: samples.docx(("word/embeddings/oleObject1.bin", samples.OLE)), "embedded"),
        "embedded program": (lambda: samples.docx(("word/embeddings/a.exe", samples.EXE)), "embedded"),
        "control": (lambda: samples.docx(("word/activeX/activeX1.xml", b"<a/>")), "embedded"),
        "entity": (lambda: samples.docx(("word/settings.xml", entity)), "external"),
        "entity in UTF-16": (lambda: samples.docx(("word/settings.xml", entity.decode().encode("utf-16"))), "external"),
    }
    for label, (make, code) in cases.items():
        yield Sent(label, "a.docx", make, f"!{code}")
    book = samples.xlsx()
    elsewhere = samples.relations(("externalLinkPath", "file:///C:/a.xlsx", "External"))
    other_file = ("xl/externalLinks/_rels/e.xml.rels", elsewhere)
    sheets: dict[str, tuple[Callable[[], bytes], str]] = {
        "macro in a workbook": (lambda: samples.with_parts(book, ("xl/vbaProject.bin", b"x")), "macro"),
        "old macro sheet": (lambda: samples.with_parts(book, ("xl/macrosheets/sheet1.xml", b"<a/>")), "macro"),
        "old macro sheet's type": (lambda: samples.with_parts(book, types=(sheet_macro,)), "macro"),
        "table of another file": (lambda: samples.with_parts(book, other_file), "external"),
        "object in a workbook": (lambda: samples.with_parts(book, ("xl/embeddings/oleObject1.bin", b"x")), "embedded"),
    }
    for label, (make, code) in sheets.items():
        yield Sent(label, "a.xlsx", make, f"!{code}")


def _own(kind: str, target: str) -> tuple[str, bytes]:
    return "word/_rels/document.xml.rels", samples.relations((kind, target, ""))


def polyglots() -> Iterator[Sent]:
    """Valid files that are something else as well. They are taken; what people see of them is painted anew."""
    yield Sent("png with a page behind it", "a.png", lambda: samples.png() + samples.HTML, "png")
    yield Sent("jpeg with a page behind it", "a.jpg", lambda: samples.jpeg() + samples.HTML, "jpeg")
    yield Sent("webp with a page behind it", "a.webp", lambda: samples.webp() + samples.HTML, "webp")
    yield Sent("heic with a page behind it", "a.heic", lambda: samples.heic() + samples.HTML, "heic")
    yield Sent(
        "jpeg with an archive behind it", "a.jpg", lambda: samples.jpeg() + samples.archive([("a", MARK)]), "jpeg"
    )
    yield Sent("jpeg with a script as its comment", "a.jpg", samples.photograph, "jpeg")
    yield Sent("png with a script as its comment", "a.png", lambda: samples.photograph("PNG"), "png")
    yield Sent("pdf with a page behind it", "a.pdf", lambda: samples.pdf() + samples.HTML, "pdf")
    yield Sent("mp3 with a page in its tag", "a.mp3", lambda: samples.mp3(tag=samples.HTML), "mp3")


CORPUS: tuple[Sent, ...] = (*good(), *lying(), *foreign(), *names(), *bombs(), *office(), *polyglots())
