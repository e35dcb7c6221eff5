//! Blobs on the real file system and under simulation.
