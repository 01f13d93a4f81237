"""Read and decode objects in worker processes: facts, thumbnails and companions."""
