"""How a DAG type begins: scaffolded anew, or adopted from a repository of Dockerfiles."""
