"""JSON Schemas of registrations and of what regbulk reads (installed as `regbulk.schemas`)."""
