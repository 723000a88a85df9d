//! The three kinds of system that Grantor replaces: what a client of each sends, replayed.

mod a;
mod b;
mod c;
