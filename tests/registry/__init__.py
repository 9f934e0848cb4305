"""The registry that airgap builds, run for real: its images are made by a program that tests steer."""
