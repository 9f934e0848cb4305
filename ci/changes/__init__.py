"""What a change touches: snapshots of before and after, imports between files, and the rules upon them."""
