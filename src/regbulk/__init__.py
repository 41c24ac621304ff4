"""regbulk: moves event registrations in and out of the Registrations API in bulk."""
