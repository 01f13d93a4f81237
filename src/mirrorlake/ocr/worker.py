"""A process that reads text in pictures: `worker THREADS`. It reads pictures from standard input, and answers.

The bytes of pictures are decoded here only, so that a damaged or hostile one can end nothing but this process.
"""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from PIL import Image

from mirrorlake.core.cpu_limit import limit_cpu
from mirrorlake.core.messages import read_message, write_message
from mirrorlake.model.picture_texts import kept_text
from mirrorlake.ocr.engine import open_reader

if TYPE_CHECKING:
    from numpy import uint8
    from numpy.typing import NDArray

    Read = Callable[[NDArray[uint8]], list[str]]

CPU_S = 360.0  # of a processor for each thread and picture: twice as long as its owner waits
MEMORY_BYTES = 8 << 30  # of address space: networks, their runtime and one picture take a fraction of it
GREETING = b""  # is answered when the networks are loaded
MAX_PIXELS = 4_000_000  # of a preview: more is none of ours


class Recognised(msgspec.Struct, frozen=True, array_like=True):
    """The text of a picture, or why it could not be read."""

    text: str = ""
    shortened: bool = False
    failure: str | None = None


def main() -> None:
    """Answer pictures until standard input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no answer
    threads = int(sys.argv[1])
    read = open_reader(threads)
    while (message := read_message(sys.stdin.buffer)) is not None:
        limit_cpu(CPU_S * threads)
        answer = Recognised() if message == GREETING else recognise(message, read)
        write_message(answers, msgspec.msgpack.encode(answer))


def recognise(picture: bytes, read: Read) -> Recognised:
    """Read the text of a WebP, on white."""
    try:
        with Image.open(BytesIO(picture), formats=["WEBP"]) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                return Recognised(failure=f"Its preview has more than {MAX_PIXELS:,} pixels.")
            white = Image.new("RGBA", opened.size, (255, 255, 255, 255))
            white.alpha_composite(opened.convert("RGBA"))
            pixels = np.asarray(white.convert("RGB"))
        lines = read(pixels)
    except MemoryError:
        return Recognised(failure="Reading its text needs more memory than the process may take.")
    except Exception as error:  # noqa: BLE001  a strange picture fails alone
        return Recognised(failure=f"Its text could not be read ({type(error).__name__}: {error})."[:500])
    text, shortened = kept_text("\n".join(lines))
    return Recognised(text=text, shortened=shortened)


if __name__ == "__main__":
    main()
