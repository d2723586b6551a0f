"""Contract suites and fakes, for whoever writes a plug-in. They need pytest and hypothesis (the extra ``dev``)."""
