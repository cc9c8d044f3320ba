//! Starts the real servers and programs that tests drive.
