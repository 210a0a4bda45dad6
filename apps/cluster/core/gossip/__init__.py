"""Who is there: SWIM with Lifeguard. Evidence, never a decision."""
