"""One self-contained HTML page about one run or several; reads run folders only."""
