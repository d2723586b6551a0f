"""The Tune executor: long-lived Tune trials report chunk after chunk; Tune's own state is scratch."""
