"""The one place where parts are put together: settings, store, targets, runbooks, shelves, operations."""
