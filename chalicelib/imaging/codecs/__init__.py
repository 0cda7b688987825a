"""One module for each format: its files taken apart without decoding, stripped of metadata, and written.

`base.Codec` lists what the engine calls. `formats.FORMATS` names the modules.
"""
