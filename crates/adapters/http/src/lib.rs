//! The HTTP edge of Grantor on actix-web. Decides how bytes become domain types and how outcomes
//! become responses and pages; it knows no rule of its own.

pub mod pages;
