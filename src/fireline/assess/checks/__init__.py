"""One file for each thing that a look reads into the snapshot: `check = Check(name, read)`."""
