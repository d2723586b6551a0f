"""Statistics for reports, tracking and monitors: curves, intervals, tests, correlations. numpy and scipy only."""
