"""New DAG types, and the adoption of a repository of Dockerfiles."""
