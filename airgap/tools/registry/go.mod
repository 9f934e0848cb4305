module airflow-images/airgap/tools/registry

go 1.26.1

require github.com/olareg/olareg v0.1.2

require github.com/opencontainers/go-digest v1.0.0 // indirect
