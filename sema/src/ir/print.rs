//! Prints a typed program for people and for golden tests.
