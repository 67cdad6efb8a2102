"""What bash calls: programs with their words, behind `sudo`, in a container, behind ssh, and in a pipeline."""
