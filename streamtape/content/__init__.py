"""What is inside a body: content codings, the fields of forms, cookies. Bytes and texts alone."""
