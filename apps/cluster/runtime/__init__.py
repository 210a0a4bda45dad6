"""What surrounds the machines of the core: files, sealed links, datagrams, and the thread that drives them."""
