"""The benchmark of the imaging core: CPU, memory and bytes beside what engineers would otherwise pick.

    python -m bench.imaging [--photos FOLDER] [--quick]

Its packages are in `requirements.txt`, and sharp in `sharp/package.json`; what is not installed is reported so.
"""
