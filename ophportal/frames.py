"""Pages of an account in their frame: what stands around a page's content is the same for everybody, and made once.

A frame is made in a request of its own that brings nothing of a visitor, so that nothing of one can stay in it, with
holes for the token of the visitor and for the blocks that tell of them. Those are rendered at each request, and never
kept.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from flask import current_app
from flask_wtf.csrf import generate_csrf
from jinja2 import Template
from jinja2.runtime import Context

from ophportal.kept_pages import TOKEN, request_of_nobody

# The blocks of templates/base.html that tell of a visitor; and their token, wherever a frame has a form.
VISITORS = ("whose", "messages", "content", "foot")
Block = Callable[[Context], Iterator[str]]
HOLE = re.compile(r"\0(\w+)\0")


class Frame(NamedTuple):
    """`pieces` are texts and, between them, the names of what is the visitor's, which `blocks` render.

    `macros` are what the page's templates import.
    """

    pieces: list[str]
    blocks: dict[str, list[Block]]
    macros: dict[str, Any]

    def around(self, context: Context) -> Iterator[str]:
        """The page in `context`, piece by piece."""
        context.blocks, context.vars = self.blocks, self.macros
        yield self.pieces[0]
        for name, text in zip(self.pieces[1::2], self.pieces[2::2], strict=True):
            if name == TOKEN:
                yield generate_csrf()
            else:
                yield from self.blocks[name][0](context)
            yield text


def render_framed(name: str, **told: Any) -> str:
    """As Flask's `render_template`, for a page whose title and menu are the same for whoever opens it."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    template = app.jinja_env.get_template(name)
    kept = app.extensions["kept_pages"]
    frame = kept.get(name)
    if frame is None:
        frame = kept[name] = frame_of(template)
    app.update_template_context(told)
    try:
        return "".join(frame.around(template.new_context(told)))
    except Exception:
        template.environment.handle_exception()  # raises it with the templates' own lines
        raise


def frame_of(template: Template) -> Frame:
    with request_of_nobody(token=f"\0{TOKEN}\0"):
        nobody = {"must_choose": False}
        current_app.update_template_context(nobody)
        context = template.new_context(nobody)
        for block in VISITORS:
            # The first of a block's is what Jinja renders, the others what `super()` calls.
            context.blocks.setdefault(block, []).insert(0, hole(block))
        pieces = HOLE.split("".join(template.root_render_func(context)))
    return Frame(pieces, {block: context.blocks[block][1:] for block in VISITORS}, context.vars)


def hole(name: str) -> Block:
    return lambda _context: iter([f"\0{name}\0"])
