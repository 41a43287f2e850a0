"""Bookings of transports: a web API, a worker that dispatches them, and a scheduler."""
