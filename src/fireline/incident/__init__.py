"""What people respond to: incident, alert, people, clocks, the outbox row, findings and the timeline."""
