"""Looking back at an incident: the post-mortem, what the runbook lacked, what is to be done."""
