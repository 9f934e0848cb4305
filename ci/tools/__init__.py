"""The engine, and tools in containers: git, regctl, Trivy, cosign, uv."""
