// Looks again at what is still going on. Loaded only while it is.

const AGAIN_MS = 1500;

setTimeout(() => location.reload(), AGAIN_MS);
