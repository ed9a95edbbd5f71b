"""Texts as vectors: asked of the embedding service, kept with the products."""
