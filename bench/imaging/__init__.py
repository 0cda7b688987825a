"""The benchmark of the imaging core: CPU time, memory and bytes, compared with the usual alternatives.

    python -m bench.imaging [--photos FOLDER] [--quick]

It needs the packages of `bench/requirements.txt`, and sharp from `bench/sharp/package.json`. The report names what is not
installed.
"""
