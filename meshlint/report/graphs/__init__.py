"""Room: report. The mesh drawn: one document of plain data, and a writer per format."""
