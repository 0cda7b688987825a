"""Files taken apart without decoding them: how large, how many frames, and how to strip metadata losslessly."""
