"""The second bucket of the demo: a short video, a document, a sound, and photographs of a gate, all made here."""

from __future__ import annotations

import io
import math
import struct
import wave
from collections.abc import Sequence

import av
import numpy as np
from examples.demo.server import Upload
from PIL import Image, ImageDraw, ImageFont, ImageOps

GATE = "gate/"  # the folder of the photographs
PHOTOGRAPHS = 12  # enough that losing most of them is held
FRAME = (480, 270)
RATE = 12  # frames a second
SECONDS = 6
PAGE = (595, 842)  # A4 in points
SOUND_RATE = 16_000


def make_recordings(photographs: Sequence[bytes]) -> tuple[Upload, ...]:
    """The objects, made of at least one photograph."""
    gate = [photographs[number % len(photographs)] for number in range(PHOTOGRAPHS)]
    return (
        Upload(key="walk through the yard.webm", body=_video(photographs[0]), media_type="video/webm"),
        Upload(key="inspection report.pdf", body=_document(photographs[0]), media_type="application/pdf"),
        Upload(key="gate bell.wav", body=_sound(), media_type="audio/wav"),
        *(
            Upload(key=f"{GATE}{number:02}.jpg", body=_small(body, number), media_type="image/jpeg")
            for number, body in enumerate(gate)
        ),
    )


def _picture(body: bytes, size: tuple[int, int]) -> Image.Image:
    with Image.open(io.BytesIO(body)) as image:
        return ImageOps.fit(image.convert("RGB"), size)


def _small(body: bytes, number: int) -> bytes:
    """The photograph at an hour of the day, so that no two objects are equal."""
    out = io.BytesIO()
    shade = Image.new("RGB", (320, 240), (20, 20, 60))
    Image.blend(_picture(body, shade.size), shade, number / (2 * PHOTOGRAPHS)).save(out, "JPEG", quality=85)
    return out.getvalue()


def _video(body: bytes) -> bytes:
    """The camera moves over the photograph. VP8, which every browser plays."""
    width, height = FRAME
    wide = np.asarray(_picture(body, (2 * width, height)))
    out = io.BytesIO()
    with av.open(out, "w", format="webm") as container:
        film = container.add_stream("libvpx", rate=RATE)
        film.width, film.height, film.pix_fmt = width, height, "yuv420p"
        film.options = {"deadline": "realtime", "cpu-used": "8"}
        frames = RATE * SECONDS
        for number in range(frames):
            left = round(width * (1 - math.cos(math.pi * number / frames)) / 2)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(wide[:, left : left + width]), format="rgb24")
            frame.pts = number
            container.mux(film.encode(frame))
        container.mux(film.encode())
    return out.getvalue()


def _document(body: bytes) -> bytes:
    """Two pages, the first with the photograph."""
    pages = [Image.new("RGB", PAGE, "white") for _ in range(2)]
    font = ImageFont.load_default(20)
    pages[0].paste(_picture(body, (475, 320)), (60, 160))
    for number, (page, words) in enumerate(zip(pages, ("Inspection of the yard", "Findings"), strict=True), start=1):
        pen = ImageDraw.Draw(page)
        pen.text((60, 80), words, fill="black", font=font)
        pen.text((60, 780), f"Page {number} of {len(pages)}", fill="grey", font=font)
    out = io.BytesIO()
    pages[0].save(out, "PDF", save_all=True, append_images=pages[1:], title="Inspection of the yard")
    return out.getvalue()


def _sound() -> bytes:
    """Four strokes of a bell."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SOUND_RATE)
        for _ in range(4):
            times = (place / SOUND_RATE for place in range(SOUND_RATE))
            strokes = (math.exp(-4 * time) * math.sin(2 * math.pi * 660 * time) for time in times)
            file.writeframes(b"".join(struct.pack("<h", round(20_000 * stroke)) for stroke in strokes))
    return out.getvalue()
