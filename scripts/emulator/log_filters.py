"""Filter patterns of CloudWatch Logs that search for text; MiniStack takes a phrase in quotes for several words.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import re

from ministack_adapter import logs

_TERM = re.compile(r'(?P<sign>[-?]?)(?:"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+))')


def _compile(pattern):
    """Matches terms with `?`: any of them; with `-`: none of them; others: all of them. Case-sensitive."""
    if pattern and pattern.lstrip()[:1] in ("{", "[", "%"):
        raise ValueError("The emulator knows only patterns that search for text.")
    terms = {"": [], "-": [], "?": []}
    for match in _TERM.finditer(pattern or ""):
        terms[match["sign"]].append(match["word"] or match["phrase"])

    def matches(message):
        return (
            all(term in message for term in terms[""])
            and not any(term in message for term in terms["-"])
            and (not terms["?"] or any(term in message for term in terms["?"]))
        )

    return matches


def register():
    """Replaces MiniStack's filters."""
    logs.replace_filter_compiler(_compile)
