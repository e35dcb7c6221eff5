//! What an account has in a region: settings and totals that quotas count.
