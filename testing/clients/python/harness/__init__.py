"""What the client tests share: a server process, clients for it, and readers of what comes back."""
