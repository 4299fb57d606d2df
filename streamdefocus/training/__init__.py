"""Training of depth networks: batches, losses, the trainer."""
