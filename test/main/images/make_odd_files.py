"""Makes odd-files.json: tiny image files of unusual kinds and the RGB pixels that Pillow reads from them.

grey16.png is the exception: Pillow clips 16-bit grey to white, so its pixels are the high bytes here.
Made with Python 3.11, pillow 12.3.0, numpy 2.4.6. Run: python make_odd_files.py
"""

import base64
import io
import json
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

y, x = np.mgrid[0:5, 0:6]
rgb = np.stack([(x * 40 + y * 3) % 256, (x * 11 + y * 45) % 256, (x * 29 ^ y * 37) % 256], -1).astype(np.uint8)
image = Image.fromarray(rgb)
translucent = image.convert("RGBA")
translucent.putalpha(Image.fromarray((x * 50).astype(np.uint8)))
rotated = Image.Exif()
rotated[0x112] = 6
files: dict[str, bytes] = {}


def add(name: str, source: Image.Image, form: str, **options) -> None:
    stream = io.BytesIO()
    source.save(stream, form, **options)
    files[name] = stream.getvalue()


def png16(values: np.ndarray, colour_type: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width = values.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


files["rgb16.png"] = png16(rgb.astype(np.uint16) * 256 + 200, 2)
add("cmyk.tif", image.convert("CMYK"), "TIFF")
add("rgb.bmp", image, "BMP")
add("palette.bmp", image.quantize(16), "BMP")
add("one.bmp", image.convert("1"), "BMP")
add("alpha.webp", translucent, "WEBP", lossless=True, exact=True)
add("alpha.bmp", translucent, "BMP")
add("rgb.ppm", image, "PPM")
add("grey.pgm", image.convert("L"), "PPM")
add("one.png", image.convert("1"), "PNG")
add("la.png", image.convert("LA"), "PNG")
add("exif.jpg", image, "JPEG", exif=rotated, quality=80)
add("frames.gif", image.quantize(8), "GIF", save_all=True, append_images=[Image.fromarray(255 - rgb).quantize(8)])
files["text.ppm"] = b"P3\n# six by five\n6 5\n15\n" + " ".join(str(v // 17) for v in rgb.flatten()).encode() + b"\n"


def entry(name: str, data: bytes, pixels: np.ndarray) -> dict[str, str]:
    return {"name": name, "bytes": base64.b64encode(data).decode(), "rgb": base64.b64encode(pixels.tobytes()).decode()}


entries = [entry(name, data, np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))) for name, data in files.items()]
grey = (x * 9000 + y * 2000).astype(np.uint16)
entries.append(entry("grey16.png", png16(grey, 0), np.repeat((grey >> 8).astype(np.uint8)[..., None], 3, -1)))
Path(__file__).with_name("odd-files.json").write_text(json.dumps(entries, indent=2) + "\n", encoding="utf-8")
