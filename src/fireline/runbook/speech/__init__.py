"""The words of complaints and runbooks, and what people mean by them."""
