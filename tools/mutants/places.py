"""Where a source file can be changed by one operator, constant or statement, and into what."""
import re
from collections import namedtuple

# `old` at `offset` becomes `new`; `text` is the line it stands in, without its indentation.
Mutation = namedtuple("Mutation", "file offset line text old new")

# What cannot change what the program does: comments, texts, directives, checks at compile time, capacities.
SKIPPED = re.compile(
    r"""//[^\n]* | /\*.*?\*/ | R"(?P<mark>[^("]*)\(.*?\)(?P=mark)"
      | "(?:\\.|[^"\\\n])*" | (?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'
      | ^[ \t]*\#(?:\\\n|[^\n])*
      | \bstatic_assert\s*\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)
      | \breserve\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)""",
    re.S | re.M | re.X)

# clang-format puts spaces round every binary operator and none round the brackets of a template, the star of a pointer or
# a reference, so that spaces tell them apart.
OPERATORS = {
    "<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"], "==": ["!="], "!=": ["=="],
    "&&": ["||"], "||": ["&&"], "+": ["-"], "-": ["+"], "*": ["+"], "/": ["*"], "%": ["*"], "+=": ["-="], "-=": ["+="],
}
WORDS = {"true": ["false"], "false": ["true"], "std::min": ["std::max"], "std::max": ["std::min"]}
OPERATOR = re.compile(r"(?<=[ \n])(%s)(?=[ \n])" % "|".join(
    re.escape(text) for text in sorted(OPERATORS, key=len, reverse=True)))
WORD = re.compile(r"(?<![\w:])(true|false|std::min|std::max)\b")
INTEGER = re.compile(r"(?<![\w.'])(\d+)(?=[uUlL]*\b)(?![.'xX])")
NEGATION = re.compile(r"(?<![!\w)\]])!(?=[\w(*:])")
# A call or an assignment on a line of its own; a declaration has two words in front.
STATEMENT = re.compile(
    r"^[ ]+((?!return\b|using\b|throw\b|goto\b|delete\b|else\b)[\w:.>\[\]()*-]+(?:\([^\n;]*\)| [-+*/|&]?= [^\n;]+)|continue|break);$",
    re.M)


def blank(text):
    """The text with everything that is not code replaced by spaces, at the same offsets."""
    return SKIPPED.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def mutations(file, text):
    """Every mutation of one file, in the order of its text."""
    code = blank(text)
    found = []

    def add(offset, old, new):
        begin = text.rfind("\n", 0, offset) + 1
        end = text.find("\n", offset)
        found.append(Mutation(file, offset, text.count("\n", 0, offset) + 1, text[begin:end].strip(), old, new))

    for match in OPERATOR.finditer(code):
        beside = text[:match.start()].rstrip()[-1:] + text[match.end():].lstrip()[:1]
        if match.group() in ("+", "+=") and '"' in beside:
            continue  # texts cannot be subtracted
        for new in OPERATORS[match.group()]:
            add(match.start(), match.group(), new)
    for match in WORD.finditer(code):
        for new in WORDS[match.group()]:
            add(match.start(), match.group(), new)
    for match in INTEGER.finditer(code):
        add(match.start(), match.group(1), str(int(match.group(1)) + 1))
        if match.group(1) != "0":
            add(match.start(), match.group(1), str(int(match.group(1)) - 1))
    for match in NEGATION.finditer(code):
        add(match.start(), "!", "")
    for match in STATEMENT.finditer(code):
        # The blanked texts of the statement come back with its offsets.
        add(match.start(1), text[match.start(1):match.end(1)], "")
    return sorted(found)
