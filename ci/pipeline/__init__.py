"""The DAG types that a pipeline has to build, and the results of its jobs."""
