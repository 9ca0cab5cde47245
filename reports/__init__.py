"""What is read: one record in, pages out."""
