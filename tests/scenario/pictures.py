"""Pictures for tests, made here: PNG by hand, so that every byte is known."""

import ctypes
import struct
import zlib


def chunk(name, data):
    body = name + data
    return struct.pack(">I", len(data)) + body + struct.pack(
        ">I", zlib.crc32(body))


def png(width, height, pixel=None, text=b"", alpha=False):
    """A PNG; `pixel(x, y)` gives the colour, `text` a remark to hide in it."""
    channels = 4 if alpha else 3
    if pixel is None:
        rows = [bytes([80, 120, 200, 255][:channels]) * width] * height
    else:
        rows = (b"".join(bytes(pixel(x, y)) for x in range(width))
                for y in range(height))
    return png_of_rows(width, height, rows, text, alpha)


def png_of_rows(width, height, rows, text=b"", alpha=False):
    return (b"\x89PNG\r\n\x1a\n" +
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8,
                                       6 if alpha else 2, 0, 0, 0)) +
            (chunk(b"tEXt", b"Author\0" + text) if text else b"") +
            chunk(b"IDAT", zlib.compress(
                b"".join(b"\0" + row for row in rows), 1)) +
            chunk(b"IEND", b""))


def exif(orientation, maker=b"SECRET CAMERA\0"):
    """The APP1 segment of a camera that was held in some way."""
    offset = 8 + 2 + 2 * 12 + 4
    tiff = (b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 2) +
            struct.pack("<HHII", 0x010F, 2, len(maker), offset) +
            struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0) +
            struct.pack("<I", 0) + maker)
    body = b"Exif\0\0" + tiff
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def with_exif(jpeg, orientation):
    return jpeg[:2] + exif(orientation) + jpeg[2:]


class Vips:
    """The library itself, for what cannot be made by hand."""

    def __init__(self):
        self.lib = ctypes.CDLL("libvips.so.42")
        for name in ("vips_image_new_from_buffer",
                     "vips_image_write_to_memory"):
            getattr(self.lib, name).restype = ctypes.c_void_p
        self.lib.vips_init(b"test")

    def open(self, data):
        image = self.lib.vips_image_new_from_buffer(
            ctypes.c_char_p(data), ctypes.c_size_t(len(data)), b"", None)
        if not image:
            raise ValueError("no picture")
        return ctypes.c_void_p(image)

    def convert(self, data, suffix):
        """The picture in another format: ".jpg[Q=90]", ".webp"."""
        out, count = ctypes.c_void_p(), ctypes.c_size_t()
        if self.lib.vips_image_write_to_buffer(
                self.open(data), suffix.encode(), ctypes.byref(out),
                ctypes.byref(count), None):
            raise ValueError(suffix)
        return ctypes.string_at(out, count.value)

    def size(self, data):
        image = self.open(data)
        return (self.lib.vips_image_get_width(image),
                self.lib.vips_image_get_height(image))

    def pixel(self, data, x, y):
        image, count = self.open(data), ctypes.c_size_t()
        raw = self.lib.vips_image_write_to_memory(image, ctypes.byref(count))
        bands = self.lib.vips_image_get_bands(image)
        width = self.lib.vips_image_get_width(image)
        return tuple(ctypes.string_at(
            raw + (y * width + x) * bands, bands))
