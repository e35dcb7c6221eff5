//! The gateway over real loopback sockets, before a service made for the purpose.

mod auth;
mod client;
mod depot;
mod echo;
mod events;
mod front_door;
mod limits;
mod pages;
mod protocols;
mod rest;
