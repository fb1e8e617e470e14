"""What an agent does: each act turns a scene and typed answers into a batch, or says what is unfit."""
