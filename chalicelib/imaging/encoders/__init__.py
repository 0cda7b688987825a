"""Pixels to files: one module for each format that is written.

Every encoder is given an image in sRGB (mode L, RGB or RGBA, no transparency in RGB) and writes no metadata.
"""
