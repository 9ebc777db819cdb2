"""Pages of an account in their frame: what stands around what is the tenant's is the same for everybody, and made once.

A frame is made in a request of its own that brings nothing of a visitor, so that nothing of one can stay in it, with
holes for the token of the visitor and for the blocks that tell of them. Those are rendered at each request, and never
kept.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from flask import Response, current_app, make_response, request
from jinja2 import Template
from jinja2.runtime import Context

from ophportal.account.room import tell_session
from ophportal.htmx import asked_by_htmx, page_or_fragment, varying
from ophportal.kept_pages import request_of_nobody
from ophportal.signatures import TOKEN, form_token

# The blocks of templates/base.html that tell of a visitor.
VISITORS = {"whose", "messages", "foot"}
# A page's content does too; or else, where it has any, its blocks whose names begin so.
OWN = "own_"
Block = Callable[[Context], Iterator[str]]


class Frame(NamedTuple):
    """`pieces` are what stands before each hole, as it is sent, and what is to fill it; `end` stands after the last.

    `blocks` are what may fill a hole, and `macros` what the page's templates import.
    """

    template: Template
    pieces: list[tuple[bytes, str]]
    end: bytes
    blocks: dict[str, list[Block]]
    macros: dict[str, Any]

    def filled(self, context: Context) -> Iterator[bytes]:
        """The page in `context`, piece by piece."""
        context.blocks, context.vars = self.blocks, self.macros
        for piece, name in self.pieces:
            yield piece
            yield (form_token() if name == TOKEN else "".join(self.blocks[name][0](context))).encode()
        yield self.end


def render_framed(name: str, **told: Any) -> bytes:
    """As Flask's `render_template`, for a page that is the same for whoever opens it but for its blocks of OWN."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    kept = app.extensions["kept_pages"]
    # The menu tells whether the page is the one that it leads to.
    page = name, request.endpoint
    frame = kept.get(page)
    if frame is None:
        frame = kept[page] = frame_of(app.jinja_env.get_template(name))
    try:
        return b"".join(frame.filled(frame.template.new_context({**tell_session(), **told, "request": request})))
    except Exception:
        app.jinja_env.handle_exception()  # raises it with the templates' own lines
        raise


def framed_or_fragment(name: str, **told: Any) -> Response:
    """As `page_or_fragment`, for such a page."""
    if asked_by_htmx():
        return page_or_fragment(name, **told)
    return varying(make_response(render_framed(name, fragment=False, **told)))


def frame_of(template: Template) -> Frame:
    with request_of_nobody(token=f"\0{TOKEN}\0"):
        context = template.new_context({**tell_session(), "must_choose": False, "request": request})
        holes = VISITORS | ({name for name in template.blocks if name.startswith(OWN)} or {"content"})
        for block in holes:
            # The first of a block's is what Jinja renders, the others what `super()` calls.
            context.blocks.setdefault(block, []).insert(0, hole(block))
        *pieces, end = "".join(template.root_render_func(context)).split("\0")
    pairs = [(text.encode(), name) for text, name in zip(pieces[::2], pieces[1::2], strict=True)]
    return Frame(template, pairs, end.encode(), {block: context.blocks[block][1:] for block in holes}, context.vars)


def hole(name: str) -> Block:
    return lambda _context: iter([f"\0{name}\0"])
