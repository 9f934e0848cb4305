"""What DAG code writes into pods, read without running it: images, and the variables of containers."""
