"""SBOMs of images, as CycloneDX and SPDX."""
