"""Writes the folders of __tests__/data/pictures.test.ts and what Pillow reads in them: pip install pillow numpy, then
python -P ../pictures.py in the folder pictures beside it (without -P, random.py would stand in for that of Python)."""
import json
import os
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps

H, W = 5, 7
rng = np.random.default_rng(0)
rgb = rng.integers(0, 256, (H, W, 3), dtype=np.uint8)
grey = rng.integers(0, 256, (H, W), dtype=np.uint8)
alpha = rng.integers(0, 256, (H, W), dtype=np.uint8)
alpha[0] = [0, 255, 0, 255, 128, 0, 255]
wide = rng.integers(0, 65536, (H, W, 3), dtype=np.uint16)
smooth = np.stack([*np.meshgrid(np.arange(W) * 30, np.arange(H) * 40), np.full((H, W), 90)], -1).astype(np.uint8)
golden = {}


def path(name):
    os.makedirs(os.path.dirname(name), exist_ok=True)
    return name


def keep(name, pixels, tolerance=0):
    golden[name] = {'pixels': np.asarray(pixels).transpose(2, 0, 1).reshape(-1).tolist(), 'tolerance': tolerance}


def on_white(image):
    image = image.convert('RGBA')
    return Image.alpha_composite(Image.new('RGBA', image.size, 'white'), image).convert('RGB')


def png16(name, pixels):
    """Pillow writes no colours of 16 bits."""
    height, width, channels = pixels.shape
    rows = b''.join(b'\0' + row.astype('>u2').tobytes() for row in pixels)
    chunk = lambda kind, data: struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
    header = struct.pack('>IIBBBBB', width, height, 16, {1: 0, 3: 2}[channels], 0, 0, 0)
    with open(path(name), 'wb') as file:
        file.write(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) + chunk(b'IDAT', zlib.compress(rows, 9)) + chunk(b'IEND', b''))


def save(name, image, tolerance=0, **options):
    image.save(path(name), **options)
    keep(name, on_white(Image.open(name)), tolerance)


save('png/rgb.png', Image.fromarray(rgb))
save('png/grey.png', Image.fromarray(grey))
save('png/bits.png', Image.fromarray(grey > 128))
save('png/palette.png', Image.fromarray(rgb).quantize(16))
save('png/grey-alpha.png', Image.merge('LA', [Image.fromarray(grey), Image.fromarray(alpha)]), 1)
save('png/alpha.png', Image.merge('RGBA', [*Image.fromarray(rgb).split(), Image.fromarray(alpha)]), 1)
save('png/palette-alpha.png', Image.fromarray(rgb).quantize(16), 1, transparency=3)
png16('png/wide.png', wide)
keep('png/wide.png', wide >> 8)
png16('png/wide-grey.png', wide[..., :1])
keep('png/wide-grey.png', np.repeat(wide[..., :1] >> 8, 3, -1))
save('nested/deep/er/animated.gif', Image.fromarray(grey).convert('P'), save_all=True, append_images=[Image.fromarray(255 - grey).convert('P')])
golden['nested/deep/er/animated.gif']['pixels'] = np.repeat(grey[..., None], 3, -1).transpose(2, 0, 1).reshape(-1).tolist()
save('nested/deep/lossless.webp', Image.fromarray(rgb), lossless=True)
save('nested/photo.tif', Image.fromarray(rgb), compression='tiff_lzw')
save('nested/progressive.JPG', Image.fromarray(smooth), 2, format='JPEG', quality=95, progressive=True, subsampling=0)
save('nested/luma.jpeg', Image.fromarray(smooth).convert('L'), 1, quality=95)
# CMYK is converted by the profile that the reader has, so that only plain ink is told: white, black and strong cyan.
ink = np.zeros((H, W, 4), np.uint8)
ink[:, 3:5, 3] = 255
ink[:, 5:, 0] = 255
Image.fromarray(ink, 'CMYK').save('nested/ink.jpg', quality=100, subsampling=0)
exif = Image.Exif()
exif[0x0112] = 6  # turned by 90 degrees
Image.fromarray(smooth.transpose(1, 0, 2)[::-1]).save('nested/turned.jpg', quality=95, subsampling=0, exif=exif)
keep('nested/turned.jpg', ImageOps.exif_transpose(Image.open('nested/turned.jpg')).convert('RGB'), 2)

with open('pillow.json', 'w') as file:
    json.dump(golden, file, separators=(',', ':'))
