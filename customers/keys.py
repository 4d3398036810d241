"""Keys under which alike things stand beside each other, computed and indexed by the database.

They are expressions over what is stored already, so nobody has to write them, and what is erased is gone from them too.
Every function in them is immutable, as an index asks for. Another expression is another index: it takes a migration.
"""

from __future__ import annotations

from django.db.models import CharField, Func

#: What may stand in a name without meaning anything, after folding.
_SIGNS = " -_.,·・•()（）[]【】“”\"'`、，。&/\\|:;"
#: What an organisation may add to its name or leave away. The longer ones first.
_SUFFIXES = (
    "股份有限公司|有限责任公司|股份公司|有限公司|集团公司|总公司|公司|集团"
    "|coltd|companylimited|limited|ltd|inc|llc|corp"
)
#: A serial or plate: letters and digits count, whatever stands between.
_SERIAL_SIGNS = " -_.·・•/\\"


def _quoted(signs: str) -> str:
    return signs.replace("'", "''")


class NameKey(Func):
    """A folded name without spaces, signs and corporate suffixes: 苏州安居物业（集团）有限公司 is 苏州安居物业.

    A name that is nothing but a suffix keeps no key, and so resembles nobody's.
    """

    template = f"regexp_replace(translate(%(expressions)s, '{_quoted(_SIGNS)}', ''), '({_SUFFIXES})+$', '')"
    output_field = CharField()
    arity = 1


class SerialKey(Func):
    """A serial number or number plate without spaces and signs, in half width and small letters."""

    template = f"translate(lower(normalize(%(expressions)s, NFKC)), '{_quoted(_SERIAL_SIGNS)}', '')"
    output_field = CharField()
    arity = 1
