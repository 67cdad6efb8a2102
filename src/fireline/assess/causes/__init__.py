"""One file for each root cause, named as in the docs: `cause = Cause(label, family, judge, needs)`. Pure."""
