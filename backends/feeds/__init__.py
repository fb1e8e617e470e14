"""Sources of outages alone: network alarms and status pages."""
